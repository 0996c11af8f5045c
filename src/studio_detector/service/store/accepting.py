"""Taking jobs in: one transaction, after which they are never lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, delete, or_, select, update
from sqlalchemy import insert as plain_insert
from sqlalchemy.dialects.postgresql import insert

from studio_detector.errors import RequestError
from studio_detector.service.store import ending, placing, storing
from studio_detector.service.store.conditions import IS_QUEUED
from studio_detector.service.store.prepared import Prepared
from studio_detector.service.store.rows import (
    JOB_COLUMNS,
    job_of,
    job_of_values,
    values_of_job,
    with_values,
)
from studio_detector.service.store.tables import batches, idempotency, jobs, subjects
from studio_detector.service.store.types import UtcTime

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from studio_detector.service.records import Job, NewJob, Origin
    from studio_detector.service.store.terms import Idempotency, NewBatch, Terms

_PROMISE = (
    insert(idempotency)
    .on_conflict_do_nothing(index_elements=["tenant", "key"])
    .returning(idempotency.c.key)
)
_PROMISED = select(
    idempotency.c.request_digest, idempotency.c.batch_id, idempotency.c.job_ids
).where(
    idempotency.c.tenant == bindparam("tenant", type_=Text()),
    idempotency.c.key == bindparam("key"),
)
_ADD = plain_insert(jobs)
_ADD_ONE = Prepared(_ADD)
_NAME_SUBJECT = plain_insert(subjects)
_SENT = (
    update(jobs)
    .where(
        jobs.c.id == bindparam("job", type_=Uuid()),
        IS_QUEUED,
        # One that failed so fast that it waits for its next try already needs a new message.
        or_(jobs.c.retry_at.is_(None), jobs.c.retry_at <= bindparam("now", type_=UtcTime())),
    )
    .values(message_at=bindparam("now", type_=UtcTime()))
)
_NOT_SENT = (
    update(jobs)
    .where(jobs.c.id == bindparam("job", type_=Uuid()), IS_QUEUED)
    .values(message_at=None)
)


def accept(
    tx: Connection,
    terms: Terms,
    new: Sequence[NewJob],
    promise: Idempotency | None,
    batch: NewBatch | None,
    *,
    sends: bool,
    origin: Origin | None,
) -> list[Job]:
    """See `Jobs.accept`."""
    now = terms.clock()
    if promise is not None:
        first = _kept(tx, new, promise, batch, now)
        if first is not None:
            return first
    rows = [values_of_job(job, now, origin) for job in new]
    leaders = _place(tx, rows, now)
    if batch is not None:
        _add_batch(tx, rows, batch, now)
    if sends:
        for row in rows:
            if row["state"] == "queued" and row["leader_id"] is None:
                row["message_at"] = now
    if len(rows) == 1:
        _ADD_ONE.run(tx, rows[0])
    else:
        tx.execute(_ADD, with_values(rows))
    _name_subjects(tx, new)
    placing.hurry(tx, leaders)
    accepted = [job_of_values(row) for row in rows]
    ended = [job for job in accepted if job.is_over]
    if ended:
        # The batch counts these as unfinished, for this to count them down.
        ending.tell(tx, terms, ended, {}, now)
    return accepted


def accept_done(
    tx: Connection, terms: Terms, new: NewJob, result_id: UUID, origin: Origin | None
) -> Job | None:
    """See `Jobs.accept_done`."""
    if not storing.holds(tx, new.tenant, result_id):
        return None
    now = terms.clock()
    row = values_of_job(new, now, origin)
    _answer(row, result_id, now)
    _ADD_ONE.run(tx, row)
    _name_subjects(tx, [new])
    job = job_of_values(row)
    ending.call_back(tx, terms, job, now)
    return job


def sent(tx: Connection, values: Sequence[dict[str, Any]]) -> None:
    """See `Jobs.sent`; each value names a ``job`` and ``now``."""
    tx.execute(_SENT, values[0] if len(values) == 1 else values)


def not_sent(tx: Connection, values: Sequence[dict[str, Any]]) -> None:
    """See `Jobs.not_sent`; each value names a ``job``."""
    tx.execute(_NOT_SENT, values[0] if len(values) == 1 else values)


def _place(tx: Connection, rows: Sequence[dict[str, Any]], now: datetime) -> set[UUID]:
    """Decide for each job whether it works, waits for another or is answered already.

    Returns:
        The leaders that somebody in a hurry waits for.
    """
    asked: dict[str, tuple[str, str, str, str]] = {}
    wanted: dict[str, UUID] = {}
    keyed: list[tuple[str, dict[str, Any]]] = []
    for row in rows:
        if row["image_hash"] is None or row["state"] != "queued":
            continue
        names = (row["tenant"], row["image_hash"], row["variant"], row["pipeline_version"])
        key = placing.work_key(*names)
        keyed.append((key, row))
        asked.setdefault(key, names)
        wanted.setdefault(key, row["id"])
    if not keyed:
        return set()
    holders = placing.take(tx, wanted)
    known = placing.known_results(tx, asked)
    placing.leave_keys(tx, (key for key in known if holders[key] == wanted[key]))
    placing.need_pictures(tx, (names[:2] for names in asked.values()), now, arrived=True)
    hurried: set[UUID] = set()
    for key, row in keyed:
        if key in known:
            result_id, is_shadow = known[key]
            _answer(row, result_id, now)
            if is_shadow and row["shadow_of"] is None:
                placing.bring_out_of_shadow(tx, result_id)
        elif holders[key] != row["id"]:
            row["leader_id"] = holders[key]
            if row["priority"] == "high":
                hurried.add(holders[key])
    return hurried


def _name_subjects(tx: Connection, new: Sequence[NewJob]) -> None:
    rows = [
        {"job_id": job.id, "tenant": job.tenant, "subject": job.subject}
        for job in new
        if job.subject is not None
    ]
    if rows:
        tx.execute(_NAME_SUBJECT, rows)


def _answer(row: dict[str, Any], result_id: UUID, now: datetime) -> None:
    row.update(state="done", answer="cached", result_id=result_id, finished_at=now)


def _add_batch(
    tx: Connection, rows: Sequence[dict[str, Any]], batch: NewBatch, now: datetime
) -> None:
    values = {
        "id": batch.id,
        "tenant": batch.tenant,
        "created_at": now,
        "callback_url": batch.callback_url,
        "unfinished": sum(row["batch_id"] == batch.id for row in rows),
        "finished_at": None,
    }
    tx.execute(plain_insert(batches), values)


def _kept(
    tx: Connection,
    new: Sequence[NewJob],
    promise: Idempotency,
    batch: NewBatch | None,
    now: datetime,
) -> list[Job] | None:
    """The jobs of the first request under this key; None if this is the first."""
    tenant = batch.tenant if batch is not None else new[0].tenant
    values = {
        "tenant": tenant,
        "key": promise.key,
        "request_digest": promise.request_digest,
        "created_at": now,
        "batch_id": None if batch is None else batch.id,
        "job_ids": [str(job.id) for job in new if batch is None and job.shadow_of is None],
    }
    # Waits for another request under the same key until that one is stored or given up.
    if tx.execute(_PROMISE, values).first() is not None:
        return None
    first = promised(tx, tenant, promise)
    if first:
        return first
    # The jobs were deleted since: the key is free again.
    tx.execute(
        delete(idempotency).where(idempotency.c.tenant == tenant, idempotency.c.key == promise.key)
    )
    tx.execute(_PROMISE, values)
    return None


def promised(tx: Connection, tenant: str, promise: Idempotency) -> list[Job]:
    """See `Jobs.promised`."""
    kept = tx.execute(_PROMISED, {"tenant": tenant, "key": promise.key}).first()
    if kept is None:
        return []
    if kept.request_digest != promise.request_digest:
        raise RequestError(
            f"the idempotency key {promise.key[:60]!r} was used for another request; take a "
            "new key for a new request, and send the same one again word for word",
            code="idempotency_conflict",
        )
    return _jobs_of(tx, kept.batch_id, kept.job_ids)


def knows_key(tx: Connection, tenant: str, key: str) -> bool:
    """See `Jobs.knows_key`."""
    return tx.execute(_PROMISED, {"tenant": tenant, "key": key}).first() is not None


def _jobs_of(tx: Connection, batch_id: UUID | None, job_ids: Sequence[str]) -> list[Job]:
    query = select(*JOB_COLUMNS)
    if batch_id is not None:
        query = query.where(jobs.c.batch_id == batch_id).order_by(jobs.c.position, jobs.c.id)
        return [job_of(row) for row in tx.execute(query)]
    ids = [UUID(text) for text in job_ids]
    by_id = {
        job.id: job for job in (job_of(row) for row in tx.execute(query.where(jobs.c.id.in_(ids))))
    }
    return [by_id[job_id] for job_id in ids if job_id in by_id]
