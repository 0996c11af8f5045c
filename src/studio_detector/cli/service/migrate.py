"""``studio-detector migrate``: the tables of a service, made or brought up to date beforehand."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import click

from studio_detector.cli.options import debug_option
from studio_detector.cli.service.opening import opened_store, resolved_service
from studio_detector.cli.service.options import PLACES, data_folder, service_settings
from studio_detector.errors import EXIT_OK

if TYPE_CHECKING:
    from studio_detector.cli.options import Chosen
    from studio_detector.cli.run import Run


@click.command(
    "migrate",
    short_help="Bring the tables of a service up to date.",
    help="""Make the tables of a service, or bring those of an earlier release up to date.

    Every process of the service does so at its start, one at a time. This does it beforehand, so
    that a step that fails stops an upgrade before any process of the new release runs.""",
)
@click.option(
    "--check",
    is_flag=True,
    help="Change nothing, and exit with 2 unless they are up to date.",
)
@service_settings({name: PLACES[name] for name in ("data_dir", "database_url")})
@debug_option
@click.pass_obj
def migrate(run: Run, *, check: bool, chosen: Chosen) -> int:
    """Make or check the tables and say their version; see the help above."""
    if check:
        resolved = resolved_service(chosen)

        from studio_detector.service.parts import database_url_of
        from studio_detector.service.store.looking import Looking
        from studio_detector.service.store.open import require_newest

        url = database_url_of(resolved.service, data_folder(resolved))
        with contextlib.closing(Looking(url)) as looking:
            version = None if looking.is_missing else looking.tables_version()
        require_newest(version)
    else:
        with opened_store(chosen) as (_, store):
            version = store.schema_version()
    run.output.write(f"the tables have version {version}\n")
    return EXIT_OK
