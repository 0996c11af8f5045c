"""What people do with jobs: try again, call off, purge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, Uuid, bindparam, delete, exists, select, update

from studio_detector.errors import RequestError
from studio_detector.service.store import dropping, ending, finishing, placing
from studio_detector.service.store.conditions import IS_PENDING, IS_UNFINISHED
from studio_detector.service.store.rows import JOB_COLUMNS, job_of
from studio_detector.service.store.tables import batches, deliveries, idempotency, jobs

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.engine import Connection

    from studio_detector.service.records import Job, JobState
    from studio_detector.service.store.terms import Terms

_GET = select(*JOB_COLUMNS).where(
    jobs.c.id == bindparam("job", type_=Uuid()), jobs.c.tenant == bindparam("of", type_=Text())
)
#: What a job forgets of the tries it had.
_FRESH: dict[str, Any] = {
    "attempts": 0,
    "retry_at": None,
    "error_code": None,
    "error_message": None,
    "finished_at": None,
}
#: What a cancelled job is.
_CANCELLED: dict[str, Any] = {
    "state": "cancelled",
    "leader_id": None,
    "retry_at": None,
    "error_code": "cancelled",
    "error_message": "the job was cancelled on request",
}
#: Times a job is looked at that changes under our eyes.
_LOOKS = 5
#: Most jobs that one statement deletes, so that others wait only briefly.
_PART = 500


def get(tx: Connection, tenant: str, job_id: UUID) -> Job:
    """See `Jobs.get`."""
    row = tx.execute(_GET, {"job": job_id, "of": tenant}).first()
    if row is None:
        raise RequestError(
            f"there is no job {job_id}; it may have been deleted, or belong to somebody else",
            code="job_unknown",
        )
    return job_of(row)


def retry(tx: Connection, terms: Terms, tenant: str, job_id: UUID) -> Job:
    """See `Jobs.retry`."""
    now = terms.clock()
    job = get(tx, tenant, job_id)
    if job.state not in {"dead", "cancelled"}:
        raise _conflict(job, "only a job that is dead or cancelled is tried again")
    if job.image_hash is None and job.image_url is None:
        raise _conflict(job, "it has neither a picture nor an address; send the photo anew")
    values: dict[str, Any] = {**finishing.UNSENT, **_FRESH}
    if job.image_hash is not None:
        place, other = placing.place(tx, job, job.image_hash, now)
        if place == "answered":
            values |= {"state": "done", "answer": "cached", "result_id": other, "finished_at": now}
        elif place == "follows":
            values["leader_id"] = other
    changed = tx.execute(
        update(jobs)
        .where(jobs.c.id == job_id, jobs.c.state == job.state)
        .values(values)
        .returning(*JOB_COLUMNS)
    ).first()
    if changed is None:
        raise _conflict(job, "it was changed at the same moment; look again")
    if job.batch_id is not None:
        tx.execute(
            update(batches)
            .where(batches.c.id == job.batch_id)
            .values(unfinished=batches.c.unfinished + 1, finished_at=None)
        )
    again = job_of(changed)
    if again.is_over:
        ending.tell(tx, terms, [again], {}, now)
    return again


def cancel(tx: Connection, terms: Terms, tenant: str, job_id: UUID) -> Job:
    """See `Jobs.cancel`."""
    now = terms.clock()
    for _ in range(_LOOKS):
        job = get(tx, tenant, job_id)
        if job.state == "cancelled":
            return job
        if job.is_over:
            raise _conflict(job, "only a job that waits or runs can be cancelled; delete this one")
        if job.leader_id is None:
            placing.pass_on(tx, job_id)
        # Only while it leads or follows as it did: a follower may have become leader meanwhile.
        is_same = jobs.c.leader_id.is_not_distinct_from(job.leader_id)
        row = tx.execute(
            update(jobs)
            .where(jobs.c.id == job_id, IS_UNFINISHED, is_same)
            .values(finishing.FREED | _CANCELLED | {"finished_at": now})
            .returning(*JOB_COLUMNS)
        ).first()
        if row is not None:
            cancelled = job_of(row)
            ending.tell(tx, terms, [cancelled], {}, now)
            return cancelled
    raise _conflict(job, "it changed each time that it was looked at; try again")


def purge(tx: Connection, terms: Terms, state: JobState, before: datetime) -> int:
    """Delete some of them; 0 when none is left. Those with a callback still to be told stay."""
    owes = exists().where(deliveries.c.job_id == jobs.c.id, IS_PENDING)
    some = (
        select(*JOB_COLUMNS)
        .where(jobs.c.state == state, jobs.c.finished_at < before, ~owes)
        .limit(_PART)
        # One that is tried again at this moment must not go.
        .with_for_update(skip_locked=True)
    )
    by_tenant: dict[str, list[Job]] = {}
    for row in tx.execute(some):
        job = job_of(row)
        by_tenant.setdefault(job.tenant, []).append(job)
    for tenant, gone in by_tenant.items():
        dropping.drop_jobs(tx, terms, tenant, gone, before)
    return sum(map(len, by_tenant.values()))


def forget_keys(tx: Connection, before: datetime) -> int:
    """See `Jobs.forget_keys`."""
    return tx.execute(delete(idempotency).where(idempotency.c.created_at < before)).rowcount


def _conflict(job: Job, why: str) -> RequestError:
    return RequestError(f"the job {job.id} is {job.state}: {why}", code="state_conflict")
