"""``studio-detector remote status``, ``cancel`` and ``retry``: jobs of a service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from studio_detector.cli.exits import Tally
from studio_detector.cli.remote_options import service_options
from studio_detector.cli.remote_records import FORMAT, write_records

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any
    from uuid import UUID

    from studio_detector.cli.run import Run
    from studio_detector.cli.sinks import Format
    from studio_detector.client import Client
    from studio_detector.client.answers import Job, JobState

_COLUMNS = (
    "id",
    "state",
    "answer",
    "attempts",
    "result_id",
    "error.code",
    "error.message",
    "created_at",
)
_JOBS = click.argument("jobs", nargs=-1, required=True, type=click.UUID, metavar="JOB...")


@click.command(
    "status",
    short_help="Tell what became of jobs.",
    help="""Tell what became of each JOB; without any, of the newest.

    The exit status is that of "analyse": a job that is dead or cancelled counts as failed.""",
)
@click.argument("jobs", nargs=-1, type=click.UUID, metavar="[JOB...]")
@click.option(
    "--state",
    type=click.Choice(["queued", "running", "done", "dead", "cancelled"]),
    help="Without a JOB: only those in this state.",
)
@click.option(
    "--most",
    type=click.IntRange(1),
    default=100,
    show_default=True,
    help="Without a JOB: how many.",
)
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(0),
    default=0.0,
    show_default=True,
    help="Seconds to wait for each JOB.",
)
@FORMAT
@service_options
@click.pass_obj
def status(
    run: Run,
    *,
    jobs: tuple[UUID, ...],
    client: Client,
    state: JobState | None,
    most: int,
    wait_s: float,
    output_format: Format,
) -> int:
    """Tell what became of jobs; see the help above."""
    from itertools import islice

    tally = Tally()

    def seen() -> Iterator[Mapping[str, Any]]:
        found = (_looked_at(client, job, wait_s) for job in jobs)
        for job in found if jobs else islice(client.jobs(state=state), most):
            if job.state in {"dead", "cancelled"}:
                tally.failed += 1
            else:
                tally.labels[job.state] += 1
            yield job.raw

    write_records(run.output, output_format, seen(), _COLUMNS)
    return tally.exit_status() if jobs else 0


@click.command(
    "cancel",
    short_help="Cancel jobs.",
    help="Cancel each JOB; one that is over stays as it is, with its result.",
)
@_JOBS
@click.option("--erase", is_flag=True, help="Erase those that are over, with what belongs to them.")
@service_options
@click.pass_obj
def cancel(run: Run, *, jobs: tuple[UUID, ...], erase: bool, client: Client) -> int:
    """Cancel jobs; see the help above."""
    outcome = "cancelled or erased" if erase else "cancelled, unless it was over"
    for job in jobs:
        client.cancel(job, erase=erase)
        run.console.say(f"{job}: {outcome}\n")
    return 0


@click.command(
    "retry",
    short_help="Try jobs anew that are dead or cancelled.",
    help="Try each JOB anew; it must be dead or cancelled.",
)
@_JOBS
@FORMAT
@service_options
@click.pass_obj
def retry(run: Run, *, jobs: tuple[UUID, ...], client: Client, output_format: Format) -> int:
    """Try jobs anew; see the help above."""
    records = (client.retry(job).raw for job in jobs)
    write_records(run.output, output_format, records, _COLUMNS)
    return 0


def _looked_at(client: Client, job: UUID, wait_s: float) -> Job:
    from studio_detector.client import JobPendingError

    if wait_s <= 0:
        return client.job(job)
    try:
        return client.wait(job, wait_s=wait_s)
    except JobPendingError as error:  # its state says so
        return error.job
