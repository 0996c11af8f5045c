"""``studio-detector serve``: the service over HTTP, with its own workers unless others work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from studio_detector.cli.options import debug_option
from studio_detector.cli.service.opening import log_to_console, opened_parts
from studio_detector.cli.service.options import KEEPING, PLACES, service_settings
from studio_detector.cli.uncollected import uncollected
from studio_detector.service.memory import reuse_memory

if TYPE_CHECKING:
    from studio_detector.cli.options import Chosen
    from studio_detector.cli.run import Run
    from studio_detector.service.logs.layout import Form
    from studio_detector.service.parts import Parts

_OPEN = (
    "studio-detector serve: nobody is asked for a key, so whoever can use this machine can read "
    "and erase everything at {host}; --auth keys asks everybody\n"
)
_OWN = {
    "host": click.option("--host", metavar="ADDRESS", help="Listen here; default 127.0.0.1."),
    "auth": click.option(
        "--auth",
        type=click.Choice(["auto", "keys", "open"]),
        help="Ask everybody for a key, or nobody; auto, the default, asks unless only this machine "
        "reaches the service.",
    ),
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
log_format_option = click.option(
    "--log-format",
    type=click.Choice(["auto", "json", "console"]),
    default="auto",
    show_default=True,
    help="How it is told: a line of JSON for each event, or columns; auto takes columns on a "
    "terminal alone.",
)


@click.command(
    "serve",
    short_help="Serve pictures over HTTP.",
    help="""Take pictures over HTTP, analyse them and keep the results.

    Alone, it needs nothing else: SQLite, a folder for pictures and worker processes of its own.
    With --broker-url, it only takes pictures and answers; "studio-detector worker" does the
    work, on this machine or on others.

    On this machine alone it asks nobody for a key. With --host 0.0.0.0, or --auth keys, it asks
    everybody, and prints an admin's key at its first start.

    SIGTERM ends it gracefully: it finishes what runs and takes nothing new.""",
)
@service_settings(PLACES | KEEPING | _OWN)
@log_level_option
@log_format_option
@debug_option
@click.pass_obj
def serve(run: Run, *, log_level: str, log_format: Form, chosen: Chosen) -> int:
    """Serve until told to stop; see the help above."""
    log_to_console(log_level, log_format)
    reuse_memory()
    with opened_parts(chosen, serves=True) as (resolved, parts):
        with uncollected():
            from studio_detector.service.api.server import serve as run_server

        service = resolved.service
        if service.is_open:
            run.console.say(_OPEN.format(host=service.host))
        else:
            _tell_first_key(run, parts)

        def ready(address: str) -> None:
            run.console.say(f"studio-detector serves at {address} ({address}/openapi.json)\n")

        status: int = run_server(parts, host=service.host, port=service.port, on_ready=ready)
        return status


def _tell_first_key(run: Run, parts: Parts) -> None:
    from studio_detector.service.access.api_keys import first_key
    from studio_detector.service.access.key_text import read_key
    from studio_detector.service.audit.acts import SERVICE, act_of
    from studio_detector.service.records import DEFAULT_TENANT

    key = first_key(parts.store, parts.secret)
    if key is not None:
        made = read_key(key)
        on = "" if made is None else made.id
        parts.audit.act(act_of(SERVICE, "key.created", on, tenant=DEFAULT_TENANT))
        run.console.say(
            "studio-detector serve: this is the first key, an admin's, and it is shown this once: "
            f"{key}\nIt is sent as Authorization: Bearer {key[:6]}...; make others with: "
            "studio-detector keys create\n"
        )
