"""``studio-detector worker``: takes jobs from the queues of a service that runs elsewhere."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, get_args

import click

from studio_detector.cli.options import debug_option
from studio_detector.cli.service.opening import log_to_console, opened_parts
from studio_detector.cli.service.options import KEEPING, PLACES, service_settings
from studio_detector.cli.service.serve import log_format_option, log_level_option
from studio_detector.errors import EXIT_OK
from studio_detector.service.memory import reuse_memory
from studio_detector.service.records import Queue

if TYPE_CHECKING:
    from types import FrameType

    from studio_detector.cli.options import Chosen
    from studio_detector.cli.run import Run
    from studio_detector.service.logs.layout import Form

_QUEUES: tuple[Queue, ...] = get_args(Queue)
_OWN = {
    "workers": click.option(
        "--workers", metavar="N", type=int, help="Processes that analyse; default all cores."
    ),
    "split_phases": click.option(
        "--split-phases",
        is_flag=True,
        default=None,
        help="Leave details to workers of the queue detail.",
    ),
    "metrics_host": click.option(
        "--metrics-host", metavar="ADDRESS", help="Tell metrics here; default 127.0.0.1."
    ),
    "metrics_port": click.option(
        "--metrics-port", metavar="PORT", type=int, help="Tell metrics here; default not at all."
    ),
}


def _queues(context: click.Context, _: click.Parameter, text: str) -> tuple[Queue, ...]:
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    unknown = [name for name in names if name not in _QUEUES]
    if unknown or not names:
        raise click.BadParameter(
            f"{text!r}; name some of {', '.join(_QUEUES)}, separated by commas", ctx=context
        )
    return tuple(queue for queue in _QUEUES if queue in names)


@click.command(
    "worker",
    short_help="Work for a service that runs elsewhere.",
    help="""Take jobs of a service from a broker and do them.

    Give it the same --database-url, --broker-url, --cache-url, --blobs-url and --keep-pictures as
    the service, and the same STUDIO_DETECTOR_MASTER_KEYS.
    Any number of workers may run on any number of machines; one that is killed loses nothing.

    SIGTERM ends it gracefully: it finishes what runs and takes nothing new.""",
)
@click.option(
    "--queues",
    callback=_queues,
    default=",".join(_QUEUES),
    show_default=True,
    metavar="NAMES",
    help="Queues to work for.",
)
@service_settings(PLACES | KEEPING | _OWN)
@log_level_option
@log_format_option
@debug_option
@click.pass_obj
def worker(
    run: Run, *, queues: tuple[Queue, ...], log_level: str, log_format: Form, chosen: Chosen
) -> int:
    """Work until told to stop; see the help above."""
    if not chosen.resolve().service.is_scaled:
        raise click.UsageError(
            "a worker needs --broker-url; alone, 'studio-detector serve' has its own workers"
        )
    log_to_console(log_level, log_format)
    reuse_memory()
    stop = threading.Event()
    with opened_parts(chosen, serves=False, queues=queues) as (resolved, parts):
        from studio_detector.service.metrics.server import served
        from studio_detector.service.queues.worker import run_worker

        def end(_: int, __: FrameType | None) -> None:
            if stop.is_set():
                raise KeyboardInterrupt
            stop.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        run.console.say(f"studio-detector works for {', '.join(queues)}\n")
        service = resolved.service
        with served(parts.metrics.registry, service.metrics_host, service.metrics_port):
            run_worker(parts, queues, stop)
    return EXIT_OK
