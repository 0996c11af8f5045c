"""``studio-detector jobs``: the jobs of a service, looked at and mended from the command line."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, get_args
from uuid import UUID

import click

from studio_detector.cli.options import debug_option
from studio_detector.cli.service.opening import audit_of, opened_store
from studio_detector.cli.service.options import PLACES, format_option, service_settings
from studio_detector.errors import EXIT_ALL_FAILED, EXIT_OK, EXIT_SOME_FAILED, RequestError
from studio_detector.reporting.printable import printable
from studio_detector.service.records import DEFAULT_TENANT, JobState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_detector.cli.options import Chosen
    from studio_detector.cli.run import Run
    from studio_detector.service.records import Job
    from studio_detector.service.store.open import Store

_PAGE = 500
_OVER = ("done", "dead", "cancelled")
_tenant_option = click.option(
    "--tenant", default=DEFAULT_TENANT, show_default=True, help="Whose jobs."
)


@click.group("jobs", short_help="List, retry and purge the jobs of a service.")
def jobs() -> None:
    """Jobs of a service, through its database: the service may run or rest."""


@jobs.command("list", short_help="List jobs, the newest first.")
@click.option("--state", type=click.Choice(get_args(JobState)), help="Only such.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most.")
@format_option("table", "jsonl", help="Form of the list.")
@_tenant_option
@service_settings(PLACES)
@debug_option
@click.pass_obj
def list_jobs(
    run: Run,
    *,
    state: JobState | None,
    limit: int,
    output_format: str,
    tenant: str,
    chosen: Chosen,
) -> None:
    """List jobs with the reason of those that failed."""
    from studio_detector.cli.sinks import write_table

    found: list[Job] = []
    with opened_store(chosen) as (_, store):
        cursor = None
        while len(found) < limit:
            page = store.jobs.find(
                tenant, state=state, cursor=cursor, limit=min(_PAGE, limit - len(found))
            )
            found += page.items
            cursor = page.cursor
            if cursor is None:
                break
    if output_format == "jsonl":
        for job in found:
            run.output.write(json.dumps(_as_data(job)) + "\n")
        return
    rows = [tuple(printable(text) for text in _as_row(job)) for job in found]
    write_table(run.output, ["job", "state", "queue", "tries", "created", "code", "reason"], rows)


@jobs.command("retry", short_help="Try dead or cancelled jobs again.")
@click.argument("job_ids", nargs=-1, type=UUID, metavar="[JOB]...")
@click.option("--all-dead", is_flag=True, help="All that are dead.")
@_tenant_option
@service_settings(PLACES)
@debug_option
@click.pass_obj
def retry(
    run: Run, *, job_ids: tuple[UUID, ...], all_dead: bool, tenant: str, chosen: Chosen
) -> int:
    """Put jobs back into their queue, with all their tries before them."""
    if bool(job_ids) == all_dead:
        raise click.UsageError("name jobs, or give --all-dead")
    retried = failed = 0
    with opened_store(chosen) as (resolved, store):
        from studio_detector.service.audit.acts import COMMAND_LINE, act_of

        log = audit_of(resolved, store)
        for job_id in _dead(store, tenant) if all_dead else job_ids:
            try:
                store.jobs.retry(tenant, job_id)
            except RequestError as error:
                failed += 1
                run.console.say(f"{printable(error.message)}\n")
            else:
                retried += 1
                log.act(act_of(COMMAND_LINE, "job.retried", str(job_id), tenant=tenant))
                run.output.write(f"{job_id}\n")
    if failed:
        return EXIT_SOME_FAILED if retried else EXIT_ALL_FAILED
    return EXIT_OK


@jobs.command("purge", short_help="Forget jobs that are over.")
@click.option(
    "--state", type=click.Choice(_OVER), required=True, help="Which; their results are kept."
)
@click.option(
    "--older-than",
    "days",
    type=click.FloatRange(0),
    default=30.0,
    show_default=True,
    metavar="DAYS",
    help="Over for so long.",
)
@service_settings(PLACES)
@debug_option
@click.pass_obj
def purge(run: Run, *, state: JobState, days: float, chosen: Chosen) -> None:
    """Delete jobs and say how many; those that still owe a callback stay."""
    with opened_store(chosen) as (resolved, store):
        from studio_detector.service.audit.acts import COMMAND_LINE, act_of

        log = audit_of(resolved, store)
        count = store.jobs.purge(state, timedelta(days=days).total_seconds())
        log.act(act_of(COMMAND_LINE, "jobs.purged", f"{count} {state} for {days:g} days"))
    run.output.write(f"{count}\n")


def _dead(store: Store, tenant: str) -> Iterator[UUID]:
    """Each once, though some die again, or stay dead, while this goes on."""
    cursor = None
    while True:
        page = store.jobs.find(tenant, state="dead", cursor=cursor, limit=_PAGE)
        yield from (job.id for job in page.items)
        cursor = page.cursor
        if cursor is None:
            return


def _as_row(job: Job) -> tuple[str, ...]:
    return (
        str(job.id),
        job.state,
        job.queue,
        str(job.attempts),
        job.created_at.isoformat(timespec="seconds"),
        job.error_code or "",
        job.error_message or "",
    )


def _as_data(job: Job) -> dict[str, Any]:
    return {
        "id": str(job.id),
        "state": job.state,
        "queue": job.queue,
        "attempts": job.attempts,
        "created_at": job.created_at.isoformat(),
        "finished_at": job.finished_at.isoformat() if job.finished_at else None,
        "image_hash": job.image_hash,
        "variant": job.work.variant,
        "batch_id": str(job.batch_id) if job.batch_id else None,
        "result_id": str(job.result_id) if job.result_id else None,
        "error": {"code": job.error_code, "message": job.error_message} if job.error_code else None,
    }
