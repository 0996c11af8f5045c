"""``studio-detector erase``: pictures, subjects, jobs and tenants are forgotten for good."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click

from studio_detector.cli.options import debug_option
from studio_detector.cli.service.master_key_hook import load_hook
from studio_detector.cli.service.opening import audit_of, opened_store, secret_of
from studio_detector.cli.service.options import PLACES, data_folder, format_option, service_settings
from studio_detector.errors import EXIT_OK, EXIT_SOME_FAILED
from studio_detector.reporting.printable import printable
from studio_detector.reporting.words import counted
from studio_detector.service.records import DEFAULT_TENANT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from studio_detector.cli.options import Chosen
    from studio_detector.cli.run import Run
    from studio_detector.service.erasure.erase import Erased, Eraser

_HASH = re.compile("[0-9a-f]{64}")
_STANDARD_INPUT = "-"
_tenant_option = click.option(
    "--tenant", default=DEFAULT_TENANT, show_default=True, help="Whose pictures."
)
_format_option = format_option("text", "json", help="Form of the counts.")


@click.group("erase", short_help="Erase pictures, subjects, jobs or a tenant for good.")
def erase() -> None:
    """Erase from a service, through its database and its pictures: it may run or rest.

    Rows, pictures and their keys, remembered answers and callbacks go, and the erasure is noted
    in the database and in the journal erasures.jsonl of the data folder.
    """


def _hashes(context: click.Context, _: click.Parameter, texts: tuple[str, ...]) -> tuple[str, ...]:
    for text in texts:
        if not _HASH.fullmatch(text):
            raise click.BadParameter(
                f"{text[:80]!r} is no SHA-256; give 64 hexadecimal digits", ctx=context
            )
    return texts


@erase.command("picture", short_help="Erase everything about pictures.")
@click.argument("hashes", nargs=-1, required=True, callback=_hashes, metavar="SHA256...")
@_tenant_option
@_format_option
@service_settings(PLACES)
@debug_option
@click.pass_obj
def erase_pictures(
    run: Run, *, hashes: tuple[str, ...], tenant: str, output_format: str, chosen: Chosen
) -> None:
    """Erase pictures by the SHA-256 of their files, with all that came of them."""
    with _opened(chosen) as eraser:
        _say(run, (eraser.picture(tenant, image_hash) for image_hash in hashes), output_format)


@erase.command("job", short_help="Erase jobs, and pictures that no other job is of.")
@click.argument("job_ids", nargs=-1, required=True, type=UUID, metavar="JOB...")
@_tenant_option
@_format_option
@service_settings(PLACES)
@debug_option
@click.pass_obj
def erase_jobs(
    run: Run, *, job_ids: tuple[UUID, ...], tenant: str, output_format: str, chosen: Chosen
) -> None:
    """Erase jobs, over or not, with everything about their pictures if no other job is of them."""
    with _opened(chosen) as eraser:
        _say(run, (eraser.job(tenant, job_id) for job_id in job_ids), output_format)


@erase.command("subject", short_help="Erase every picture that shows a subject.")
@click.argument("tag")
@_tenant_option
@_format_option
@service_settings(PLACES)
@debug_option
@click.pass_obj
def erase_subject(run: Run, *, tag: str, tenant: str, output_format: str, chosen: Chosen) -> None:
    """Erase every picture that was sent with TAG; "-" reads TAG from standard input.

    Other people on this machine can read what stands on a command line.
    """
    name = sys.stdin.readline().rstrip("\r\n") if tag == _STANDARD_INPUT else tag
    with _opened(chosen) as eraser:
        _say(run, [eraser.subject(tenant, name)], output_format)


@erase.command("tenant", short_help="Erase all that a tenant has.")
@click.argument("tenant")
@_format_option
@service_settings(PLACES)
@debug_option
@click.pass_obj
def erase_tenant(run: Run, *, tenant: str, output_format: str, chosen: Chosen) -> None:
    """Erase all that TENANT has, but for its keys and what the audit log says of who used them."""
    with _opened(chosen) as eraser:
        _say(run, [eraser.everything(tenant)], output_format)


@erase.command("replay", short_help="Repeat erasures that a restored database has forgotten.")
@click.argument(
    "files", nargs=-1, type=click.Path(exists=True, dir_okay=False), metavar="[FILE]..."
)
@service_settings(PLACES)
@debug_option
@click.pass_obj
def replay(run: Run, *, files: tuple[str, ...], chosen: Chosen) -> None:
    """Repeat the erasures of journals, or of the one in the data folder, and say how many.

    Only those are repeated that the database knows nothing of. What was sent since stays.
    """
    with _opened(chosen) as eraser:
        from studio_detector.service.erasure.journal import Journal

        given = [erasure for file in files for erasure in Journal(Path(file)).read()]
        count = eraser.replay(given if files else None)
    run.output.write(f"{count}\n")


@erase.command("scrub", short_help="Write the database anew, so that nothing deleted is left.")
@service_settings(PLACES)
@debug_option
@click.pass_obj
def scrub(run: Run, *, chosen: Chosen) -> int:
    """Have the database overwrite all that deleted rows leave behind; others wait meanwhile.

    The service does it for an SQLite of up to 256 MiB. For a larger one, and for PostgreSQL,
    whose tables are locked while they are written anew, do it when there is little to do. Exits
    with 3 if somebody who reads or writes hinders it.
    """
    with opened_store(chosen) as (_, store):
        is_done = store.erasures.scrub(math.inf)
    if not is_done:
        run.console.say("somebody reads or writes; run it again when there is less to do\n")
        return EXIT_SOME_FAILED
    return EXIT_OK


@erase.command("list", short_help="List erasures, the newest first.")
@click.option("--tenant", help="Only those of this tenant.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most.")
@service_settings(PLACES)
@debug_option
@click.pass_obj
def list_erasures(run: Run, *, tenant: str | None, limit: int, chosen: Chosen) -> None:
    """List what was erased, without what it was; times are UTC."""
    from studio_detector.cli.sinks import write_table

    with opened_store(chosen) as (_, store):
        found = store.erasures.find(tenant, limit)
    rows: list[tuple[str, ...]] = [
        (
            one.erased_at.isoformat(timespec="seconds"),
            printable(one.tenant),
            one.kind,
            printable(one.object),
            str(one.id),
        )
        for one in found
    ]
    write_table(run.output, ["at", "tenant", "kind", "object", "erasure"], rows)


@contextlib.contextmanager
def _opened(chosen: Chosen) -> Iterator[Eraser]:
    with opened_store(chosen) as (resolved, store):
        from studio_detector.service.erasure.open import opened_eraser

        with opened_eraser(
            resolved.service,
            data_folder(resolved),
            store=store,
            secret=secret_of(resolved),
            audit=audit_of(resolved, store),
            hook=load_hook(resolved.service.master_key_hook),
        ) as eraser:
            yield eraser


def _say(run: Run, each: Iterable[Erased], output_format: str) -> None:
    """Say how much went, as soon as it is gone."""
    for erased in each:
        counts = dataclasses.asdict(erased)
        if output_format == "json":
            run.output.write(json.dumps(counts) + "\n")
            continue
        said = ", ".join(
            (
                counted(erased.pictures, "picture"),
                counted(erased.jobs, "job"),
                counted(erased.results, "result"),
                f"{erased.feedback} of feedback",
                counted(erased.callbacks, "callback"),
            )
        )
        run.output.write(f"erased: {said}\n")
        if erased.pictures_left:
            run.console.say(
                f"{counted(erased.pictures_left, 'picture')} could not be deleted now, since the "
                "place for them is away; the service deletes them once it is back\n"
            )
