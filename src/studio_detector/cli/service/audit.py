"""``studio-detector audit``: who did what with a service, and whether that log was changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from studio_detector.cli.options import debug_option
from studio_detector.cli.service.opening import opened_store, secret_of
from studio_detector.cli.service.options import PLACES, service_settings
from studio_detector.errors import ServiceError
from studio_detector.reporting.printable import printable
from studio_detector.reporting.words import counted

if TYPE_CHECKING:
    from studio_detector.cli.options import Chosen
    from studio_detector.cli.run import Run
    from studio_detector.service.audit.verify import Fault, Verdict
    from studio_detector.service.store.audit import AuditRow

_PAGE = 500
_COLUMNS = ["row", "at", "tenant", "actor", "action", "object", "outcome", "address"]
_SAYS: dict[Fault, str] = {
    "changed": "is not as it was written, or not where it was written",
    "missing": "is missing",
    "inserted": "was put in by somebody who has not the secret",
    "cut": "is missing, and so is all that came after it",
    "head": "is the last that is in order, and what is kept beside the log says otherwise",
    "noticed": "says that the service found the log cut off, or its end changed",
    "anchor": "is not the one that was anchored; somebody who has the secret wrote the log anew",
}
_FIRST = (
    "; a service_secret other than the one it was written with makes every row look changed, "
    "so make sure of that first"
)


@click.group("audit", short_help="Verify, list and export the audit log of a service.")
def audit() -> None:
    """The log of accesses and administrative acts, through the database of a service.

    The service may run or rest.
    """


@audit.command(
    "verify",
    short_help="Tell whether the log was changed.",
    help="""Walk the log and tell whether rows were changed, taken out, put in or cut off.

    Needs the secret of the service, service_secret or the one in its folder. An anchor that
    "audit head" printed, and that was kept elsewhere, also shows a log that was cut back to an
    older copy of its end, thrown away, or written anew with the secret. Exits with 4 if the log
    was changed.""",
)
@click.option(
    "--anchor", "anchor_text", metavar="SEQ:SEAL", help="What the log must still contain."
)
@service_settings(PLACES)
@debug_option
@click.pass_obj
def verify(run: Run, *, anchor_text: str | None, chosen: Chosen) -> None:
    """Walk the log and say what is wrong; see the help above."""
    with opened_store(chosen) as (resolved, store):
        from studio_detector.service.audit.verify import Anchor
        from studio_detector.service.audit.verify import verify as walk

        anchor = None if anchor_text is None else Anchor.read(anchor_text)
        verdict = walk(store.audit, secret_of(resolved), anchor)
    if verdict.fault is not None:
        raise ServiceError(_broken(verdict), code="audit_broken")
    run.output.write(f"{counted(verdict.rows, 'row')} in order; the end is {verdict.anchor}\n")


@audit.command(
    "head",
    short_help="Print an anchor to keep elsewhere.",
    help="""Verify the log and print its last row and seal, SEQ:SEAL, for "audit verify --anchor".

    Keep it where nobody who can write the database can reach it: on paper, in another system.""",
)
@service_settings(PLACES)
@debug_option
@click.pass_obj
def head(run: Run, *, chosen: Chosen) -> None:
    """Print an anchor; see the help above."""
    with opened_store(chosen) as (resolved, store):
        from studio_detector.service.audit.verify import verify as walk

        verdict = walk(store.audit, secret_of(resolved))
    if verdict.fault is not None:
        raise ServiceError(_broken(verdict), code="audit_broken")
    run.output.write(f"{verdict.anchor}\n")


@audit.command("list", short_help="List the log, the newest first.")
@click.option("--tenant", help="Only what concerns this tenant.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most.")
@service_settings(PLACES)
@debug_option
@click.pass_obj
def list_rows(run: Run, *, tenant: str | None, limit: int, chosen: Chosen) -> None:
    """List accesses and acts; times are UTC."""
    from studio_detector.cli.sinks import write_table

    found: list[AuditRow] = []
    with opened_store(chosen) as (_, store):
        cursor = None
        while len(found) < limit:
            page = store.audit.find(tenant, cursor, min(_PAGE, limit - len(found)))
            found += page.items
            cursor = page.cursor
            if cursor is None:
                break
    rows = [tuple(printable(text) for text in _as_row(row)) for row in found]
    write_table(run.output, _COLUMNS, rows)


@audit.command(
    "export",
    short_help="Write the log as lines of JSON.",
    help="""Write the log as lines of JSON with its seals, the oldest first.

    To keep a copy where the database does not reach, run it now and then with --after.""",
)
@click.option(
    "--after",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    metavar="ROW",
    help="Only rows with higher numbers.",
)
@service_settings(PLACES)
@debug_option
@click.pass_obj
def export(run: Run, *, after: int, chosen: Chosen) -> None:
    """Write every row; see the help above."""
    with opened_store(chosen) as (_, store):
        while rows := store.audit.after(after, _PAGE):
            for row in rows:
                run.output.write(json.dumps(_as_data(row)) + "\n")
            after = rows[-1].seq


def _broken(verdict: Verdict) -> str:
    fault = verdict.fault
    assert fault is not None  # noqa: S101 - for mypy
    hint = _FIRST if fault == "changed" and not verdict.rows else ""
    return (
        f"the audit log was changed: row {verdict.seq} {_SAYS[fault]} "
        f"({counted(verdict.rows, 'row')} in order before it); keep a copy of the database as it "
        f"is and compare it with a backup{hint}"
    )


def _as_row(row: AuditRow) -> tuple[str, ...]:
    return (
        str(row.seq),
        row.moment.isoformat(timespec="seconds"),
        row.tenant,
        row.actor,
        row.action,
        row.object,
        row.outcome,
        row.address or "",
    )


def _as_data(row: AuditRow) -> dict[str, Any]:
    return {
        "seq": row.seq,
        "at": row.moment.isoformat(),
        "tenant": row.tenant,
        "actor": row.actor,
        "action": row.action,
        "object": row.object,
        "outcome": row.outcome,
        "address": row.address,
        "seal": row.seal,
    }
