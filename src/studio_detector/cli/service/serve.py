"""``studio-detector serve``: the service over HTTP, with its own workers unless others work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from studio_detector.cli.options import debug_option
from studio_detector.cli.service.opening import log_to_console, opened_parts
from studio_detector.cli.service.options import PLACES, service_settings

if TYPE_CHECKING:
    from studio_detector.cli.options import Chosen
    from studio_detector.cli.run import Run

# Where only this machine reaches it.
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_OWN = {
    "host": click.option("--host", metavar="ADDRESS", help="Listen here; default 127.0.0.1."),
    "port": click.option("--port", metavar="PORT", type=int, help="Listen here; default 8000."),
    "workers": click.option(
        "--workers", metavar="N", type=int, help="Processes that analyse; default all cores."
    ),
    "split_phases": click.option(
        "--split-phases",
        is_flag=True,
        default=None,
        help="Look at details in a queue of its own.",
    ),
}

log_level_option = click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
    help="How much is told on standard error.",
)


@click.command(
    "serve",
    short_help="Serve pictures over HTTP.",
    help="""Take pictures over HTTP, analyse them and keep the results.

    Alone, it needs nothing else: SQLite, a folder for pictures and worker processes of its own.
    With --broker-url, it only takes pictures and answers; "studio-detector worker" does the
    work, on this machine or on others.

    SIGTERM ends it gracefully: it finishes what runs and takes nothing new.""",
)
@service_settings(PLACES | _OWN)
@log_level_option
@debug_option
@click.pass_obj
def serve(run: Run, *, log_level: str, chosen: Chosen) -> int:
    """Serve until told to stop; see the help above."""
    log_to_console(log_level)
    with opened_parts(chosen, serves=True) as (resolved, parts):
        from studio_detector.service.api.server import serve as run_server

        host = resolved.service.host
        if host not in _LOOPBACK:
            run.console.say(
                f"studio-detector serve: {host} can be reached by others, and nobody is asked who "
                "they are; put a proxy that authenticates in front of it\n"
            )

        def ready(address: str) -> None:
            run.console.say(f"studio-detector serves at {address} ({address}/openapi.json)\n")

        status: int = run_server(parts, host=host, port=resolved.service.port, on_ready=ready)
        return status
