"""What is erased for its age alone: jobs that are over, and results that no job has any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, func, select

from studio_detector.service.store import dropping, erasing
from studio_detector.service.store.conditions import IS_OVER
from studio_detector.service.store.erasing import Gone
from studio_detector.service.store.rows import JOB_COLUMNS, job_of
from studio_detector.service.store.tables import batches, deliveries, jobs, results

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from studio_detector.service.store.terms import Terms

#: Jobs or pictures that one transaction erases, so that others wait only briefly.
PART = 200

_newer = results.alias("newer")


def tenants(tx: Connection) -> list[str]:
    """Everybody who has jobs or results, found by leaping from one to the next in an index."""
    found: set[str] = set()
    for table in (jobs, results):
        query = select(func.min(table.c.tenant))
        name = tx.execute(query).scalar()
        while name is not None:
            found.add(name)
            name = tx.execute(query.where(table.c.tenant > name)).scalar()
    return sorted(found)


def drop_old_jobs(tx: Connection, terms: Terms, tenant: str, before: datetime) -> Gone | None:
    """Delete some jobs that were over before a moment; None when there are none left."""
    now = terms.clock()
    query = (
        select(*JOB_COLUMNS)
        .where(
            jobs.c.tenant == tenant,
            # Accepted earlier still, and that is what there is an index for.
            jobs.c.created_at < before,
            jobs.c.finished_at < before,
            IS_OVER,
        )
        .order_by(jobs.c.created_at)
        .limit(PART)
        .with_for_update(skip_locked=True)
    )
    old = [job_of(row) for row in tx.execute(query)]
    if not old:
        return None
    calls, emptied = dropping.drop_jobs(tx, terms, tenant, old, now)
    return Gone(tenant=tenant, jobs=tuple(old), callbacks=calls, batches=emptied)


def erase_old_results(tx: Connection, terms: Terms, tenant: str, before: datetime) -> Gone | None:
    """Erase some pictures whose results are old and that no job is of; None when none is left."""
    has_job = exists().where(jobs.c.tenant == tenant, jobs.c.image_hash == results.c.image_hash)
    is_judged_anew = exists().where(
        _newer.c.tenant == tenant,
        _newer.c.image_hash == results.c.image_hash,
        _newer.c.created_at >= before,
    )
    query = (
        select(results.c.image_hash)
        .where(
            results.c.tenant == tenant,
            results.c.created_at < before,
            ~has_job,
            ~is_judged_anew,
        )
        .order_by(results.c.created_at, results.c.seq)
        .limit(PART)
    )
    hashes = sorted(set(tx.execute(query).scalars()))
    if not hashes:
        return None
    return erasing.erase_pictures(tx, terms, tenant, hashes, before=before)


def drop_leftovers(tx: Connection, before: datetime) -> None:
    """Delete callbacks and batches that ended before a moment and that no job has any more."""
    is_old = deliveries.c.created_at < before
    tx.execute(delete(deliveries).where(deliveries.c.state != "pending", is_old))
    has_jobs = exists().where(jobs.c.batch_id == batches.c.id)
    tx.execute(delete(batches).where(batches.c.finished_at < before, ~has_jobs))
