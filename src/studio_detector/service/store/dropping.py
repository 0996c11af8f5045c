"""Rows that go together: a job and what is its own, a result and what was said of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import Text, bindparam, delete, exists, literal_column, or_, select, update

from studio_detector.service.store import ending
from studio_detector.service.store.placing import chunks
from studio_detector.service.store.tables import (
    batches,
    deliveries,
    feedback,
    idempotency,
    jobs,
    pictures,
    results,
    subjects,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.engine import Connection

    from studio_detector.service.records import Job
    from studio_detector.service.store.terms import Terms

_IS_ALIKE = jobs.c.answer == literal_column("'near_duplicate'")
_DROP_STRAY_SUBJECTS = delete(subjects).where(
    subjects.c.tenant == bindparam("of", type_=Text()),
    subjects.c.image_hash.in_(bindparam("hashes", expanding=True)),
    ~or_(
        *(
            exists().where(
                table.c.tenant == subjects.c.tenant, table.c.image_hash == subjects.c.image_hash
            )
            for table in (jobs, results, pictures)
        )
    ),
)


def drop_jobs(
    tx: Connection, terms: Terms, tenant: str, gone: Sequence[Job], now: datetime
) -> tuple[int, int]:
    """Delete jobs with their callbacks, idempotency keys, and batches that are empty then.

    Whom a picture shows is remembered beside the picture from now on. Followers of these jobs
    and the pieces of work that they do are the caller's to settle before.

    Args:
        tx: A transaction that writes.
        terms: Make the words of the callback of a batch whose last unfinished job goes.
        tenant: Whose.
        gone: The jobs.
        now: The moment.

    Returns:
        Callbacks and batches that went.
    """
    if not gone:
        return 0, 0
    calls = 0
    for part in chunks([job.id for job in gone]):
        calls += tx.execute(delete(deliveries).where(deliveries.c.job_id.in_(part))).rowcount
        _move_subjects(tx, part)
        tx.execute(delete(jobs).where(jobs.c.id.in_(part)))
    drop_stray_subjects(
        tx, tenant, sorted({job.image_hash for job in gone if job.image_hash is not None})
    )
    batch_ids = sorted({job.batch_id for job in gone if job.batch_id is not None})
    _drop_keys(tx, tenant, gone, batch_ids)
    unfinished = [replace(job, state="cancelled") for job in gone if not job.is_over]
    ending.tell(tx, terms, unfinished, {}, now)
    emptied = _drop_empty(tx, batch_ids)
    for part in chunks(emptied):
        calls += tx.execute(delete(deliveries).where(deliveries.c.batch_id.in_(part))).rowcount
    return calls, len(emptied)


def drop_results(tx: Connection, result_ids: Sequence[UUID]) -> tuple[int, int]:
    """Delete results, what people said of them, and callbacks that tell them of other pictures.

    Jobs of other pictures, which were answered by these since they look alike, stay as done
    without a result.

    Args:
        tx: A transaction that writes.
        result_ids: The results.

    Returns:
        Notes and callbacks that went.
    """
    notes = calls = 0
    for part in chunks(result_ids):
        notes += tx.execute(delete(feedback).where(feedback.c.result_id.in_(part))).rowcount
        alike = (
            tx.execute(
                update(jobs)
                .where(_IS_ALIKE, jobs.c.result_id.in_(part))
                .values(result_id=None)
                .returning(jobs.c.id)
            )
            .scalars()
            .all()
        )
        for few in chunks(alike):
            calls += tx.execute(delete(deliveries).where(deliveries.c.job_id.in_(few))).rowcount
        tx.execute(delete(results).where(results.c.id.in_(part)))
    return notes, calls


def drop_stray_subjects(tx: Connection, tenant: str, hashes: Sequence[str]) -> None:
    """Delete whom pictures show of which nothing is left: no job, no result, no bytes."""
    for part in chunks(hashes):
        tx.execute(_DROP_STRAY_SUBJECTS, {"of": tenant, "hashes": part})


def _move_subjects(tx: Connection, job_ids: Sequence[UUID]) -> None:
    """Let rows of subjects name the picture instead of a job that goes."""
    mine = subjects.c.job_id.in_(job_ids)
    shown = select(jobs.c.image_hash).where(jobs.c.id == subjects.c.job_id).scalar_subquery()
    tx.execute(update(subjects).where(mine).values(image_hash=shown))
    tx.execute(delete(subjects).where(mine, subjects.c.image_hash.is_(None)))


def _drop_keys(tx: Connection, tenant: str, gone: Iterable[Job], batch_ids: Sequence[UUID]) -> None:
    """Free the keys of requests that made any of these jobs, or their batch."""
    names = {str(job.id) for job in gone}
    # A key is stored with the very moment of its jobs, which is what there is an index for.
    for part in chunks(sorted({job.created_at for job in gone})):
        mine = idempotency.c.tenant == tenant
        rows = tx.execute(
            select(idempotency.c.key, idempotency.c.batch_id, idempotency.c.job_ids).where(
                mine, idempotency.c.created_at.in_(part)
            )
        ).all()
        keys = [
            row.key
            for row in rows
            if row.batch_id in batch_ids or not names.isdisjoint(row.job_ids)
        ]
        for few in chunks(keys):
            tx.execute(delete(idempotency).where(mine, idempotency.c.key.in_(few)))


def _drop_empty(tx: Connection, batch_ids: Sequence[UUID]) -> list[UUID]:
    emptied: list[UUID] = []
    for part in chunks(batch_ids):
        has_jobs = exists().where(jobs.c.batch_id == batches.c.id)
        emptied += tx.execute(
            delete(batches).where(batches.c.id.in_(part), ~has_jobs).returning(batches.c.id)
        ).scalars()
    return emptied
