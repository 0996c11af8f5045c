"""What an erasure reaches: from a job, a subject or a tenant to pictures, a part at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import delete, exists, func, or_, select, union

from studio_detector.service.store.placing import chunks
from studio_detector.service.store.rows import JOB_COLUMNS, job_of
from studio_detector.service.store.tables import (
    batches,
    deliveries,
    disabled_endpoints,
    feedback,
    idempotency,
    jobs,
    pictures,
    results,
    subjects,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from studio_detector.service.records import Erasure, Job
    from studio_detector.service.store.erasing import Gone

#: Pictures that one transaction erases, so that others wait only briefly.
PART = 100
# Where the second half of a tenant begins: before the hash of any picture. The first are jobs of
# no picture (yet), since one that learned it after its turn would be passed over.
_PICTURES = "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one transaction erases.

    Attributes:
        hashes: Pictures.
        others: Jobs of no picture.
        job: The job, where it is one.
        next: Where the next part begins; None after the last.
    """

    hashes: Sequence[str] = ()
    others: Sequence[Job] = ()
    job: Job | None = None
    next: str | None = None


def part_of(tx: Connection, erasure: Erasure, after: str, before: datetime) -> Part:
    """Find what a part of an erasure reaches.

    Args:
        tx: The transaction that erases it.
        erasure: What is to be erased.
        after: Where the part begins; "" at the beginning.
        before: Only what was created until then.
    """
    if erasure.kind == "picture":
        return Part(hashes=[erasure.object])
    if erasure.kind == "job":
        found = _jobs(tx, erasure.tenant, [UUID(erasure.object)], before)
        return Part(job=found[0]) if found else Part()
    if erasure.kind == "subject":
        return _of_subject(tx, erasure, after, before)
    return _of_tenant(tx, erasure.tenant, after, before)


def with_rest(tx: Connection, gone: Gone, before: datetime) -> Gone:
    """Delete what a tenant has beside pictures and jobs, once these are gone.

    Keys and the audit log stay: they tell of those who act for the tenant, not of pictures.
    """
    tenant = gone.tenant
    has_jobs = exists().where(jobs.c.batch_id == batches.c.id)
    emptied = tx.execute(
        delete(batches).where(batches.c.tenant == tenant, batches.c.created_at <= before, ~has_jobs)
    ).rowcount
    counts = [
        tx.execute(
            delete(table).where(table.c.tenant == tenant, table.c.created_at <= before)
        ).rowcount
        for table in (deliveries, feedback, idempotency, disabled_endpoints)
    ]
    return replace(
        gone,
        batches=gone.batches + emptied,
        callbacks=gone.callbacks + counts[0],
        notes=gone.notes + counts[1],
    )


def _of_subject(tx: Connection, erasure: Erasure, after: str, before: datetime) -> Part:
    rows = tx.execute(
        select(subjects.c.job_id, func.coalesce(jobs.c.image_hash, subjects.c.image_hash))
        .outerjoin_from(subjects, jobs, jobs.c.id == subjects.c.job_id)
        .where(
            subjects.c.tenant == erasure.tenant,
            subjects.c.subject == erasure.object,
            or_(jobs.c.id.is_(None), jobs.c.created_at <= before),
            *([subjects.c.job_id > UUID(after)] if after else []),
        )
        .order_by(subjects.c.job_id)
        .limit(PART)
    ).all()
    hashes = {row[1] for row in rows} - {None}
    others = _jobs(tx, erasure.tenant, [row[0] for row in rows if row[1] is None], before)
    hashes |= {job.image_hash for job in others} - {None}
    return Part(
        hashes=sorted(hashes),
        others=[job for job in others if job.image_hash is None],
        next=str(rows[-1][0]) if len(rows) == PART else None,
    )


def _of_tenant(tx: Connection, tenant: str, after: str, before: datetime) -> Part:
    if after:
        hashes = _hashes_after(tx, tenant, after)
        return Part(hashes=hashes, next=hashes[-1] if len(hashes) == PART else None)
    ids = (
        select(jobs.c.id)
        .where(jobs.c.tenant == tenant, jobs.c.image_hash.is_(None), jobs.c.created_at <= before)
        .limit(PART)
    )
    found = tx.execute(ids).scalars().all()
    others = _jobs(tx, tenant, found, before)
    return Part(
        hashes=sorted({job.image_hash for job in others if job.image_hash is not None}),
        others=[job for job in others if job.image_hash is None],
        next="" if found else _PICTURES,
    )


def _hashes_after(tx: Connection, tenant: str, after: str) -> list[str]:
    tables: tuple[Any, ...] = (jobs, results, pictures, subjects)
    parts = [
        select(table.c.image_hash)
        .where(table.c.tenant == tenant, table.c.image_hash > after)
        .distinct()
        .order_by(table.c.image_hash)
        .limit(PART)
        .subquery()
        for table in tables
    ]
    found = union(*(select(part.c.image_hash) for part in parts)).subquery()
    query = select(found.c.image_hash).order_by(found.c.image_hash).limit(PART)
    return list(tx.execute(query).scalars())


def _jobs(tx: Connection, tenant: str, ids: Sequence[UUID], before: datetime) -> list[Job]:
    """Jobs; those of no picture are kept from learning it until the end.

    The others are not locked here, since the work that they do has to be before them.
    """
    found: list[Job] = []
    for part in chunks(ids):
        query = select(*JOB_COLUMNS).where(
            jobs.c.id.in_(part), jobs.c.tenant == tenant, jobs.c.created_at <= before
        )
        tx.execute(query.where(jobs.c.image_hash.is_(None)).with_for_update()).all()
        found += map(job_of, tx.execute(query))
    return found
