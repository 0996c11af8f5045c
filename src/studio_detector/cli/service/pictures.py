"""``studio-detector pictures``: the kept pictures of a service, and the keys they are under."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from studio_detector.cli.options import debug_option
from studio_detector.cli.service.master_key_hook import load_hook
from studio_detector.cli.service.opening import audit_of, opened_store
from studio_detector.cli.service.options import PLACES, data_folder, format_option, service_settings
from studio_detector.errors import EXIT_ALL_FAILED, EXIT_OK, EXIT_SOME_FAILED
from studio_detector.reporting.words import counted

if TYPE_CHECKING:
    from studio_detector.cli.options import Chosen
    from studio_detector.cli.run import Run


@click.group("pictures", short_help="See to the keys of kept pictures.")
def pictures() -> None:
    """Kept pictures of a service, through its database: the service may run or rest."""


@pictures.command(
    "rewrap",
    short_help="Put pictures under the newest master key.",
    help="""Wrap the keys of all kept pictures by the newest master key, so that older ones may go.

    The pictures themselves are not touched. It may be stopped and run again, while the service
    runs. Exits with 3 or 4 if the master key of some or of all is missing.""",
)
@click.option("--dry-run", is_flag=True, help="Try everything and change nothing.")
@format_option("text", "json", help="Form of the counts.")
@service_settings(PLACES)
@debug_option
@click.pass_obj
def rewrap_keys(run: Run, *, dry_run: bool, output_format: str, chosen: Chosen) -> int:
    """Rewrap and say how many; see the help above."""
    with opened_store(chosen) as (resolved, store):
        from studio_detector.service.audit.acts import COMMAND_LINE, act_of
        from studio_detector.service.vault.master_keys import open_master_keys
        from studio_detector.service.vault.rewrap import rewrap

        service = resolved.service
        log = audit_of(resolved, store)
        hook = load_hook(service.master_key_hook)
        masters = open_master_keys(service, data_folder(resolved), hook)
        counts = rewrap(store.data_keys, masters, is_trial=dry_run)
        if not dry_run:
            log.act(act_of(COMMAND_LINE, "pictures.rewrapped", masters.newest_id))
    failed = counts.damaged + sum(counts.missing.values())
    if output_format == "json":
        found = {
            "master_key": masters.newest_id,
            "rewrapped": counts.rewrapped,
            "current": counts.current,
            "missing": counts.missing,
            "damaged": counts.damaged,
        }
        run.output.write(json.dumps(found) + "\n")
    else:
        verb = "would be put" if dry_run else "put"
        run.output.write(
            f"{counted(counts.rewrapped, 'picture')} {verb} under the master key "
            f"{masters.newest_id}; {counts.current} had it already\n"
        )
        for master_id, count in counts.missing.items():
            run.output.write(
                f"{counted(count, 'picture')} under the master key {master_id}, which is not in "
                "master_keys\n"
            )
        if counts.damaged:
            run.output.write(f"{counted(counts.damaged, 'key')} damaged\n")
    if failed:
        return EXIT_SOME_FAILED if counts.rewrapped + counts.current else EXIT_ALL_FAILED
    return EXIT_OK
