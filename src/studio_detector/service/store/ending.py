"""What the end of a job brings with it: callbacks, and the end of its batch."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import Integer, Uuid, bindparam, case, func, insert, null, select, update

from studio_detector.service.records import Batch
from studio_detector.service.store.rows import RESULT_COLUMNS, result_of
from studio_detector.service.store.tables import (
    batches,
    deliveries,
    disabled_endpoints,
    jobs,
    results,
)
from studio_detector.service.store.types import UtcTime

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from studio_detector.service.records import Job, Result
    from studio_detector.service.store.terms import Terms

_COUNT_DOWN = (
    update(batches)
    .where(batches.c.id == bindparam("batch", type_=Uuid()))
    .values(
        unfinished=batches.c.unfinished - bindparam("over", type_=Integer()),
        finished_at=case(
            (
                batches.c.unfinished <= bindparam("over", type_=Integer()),
                bindparam("now", type_=UtcTime()),
            ),
            else_=null(),
        ),
    )
    .returning(*batches.c)
)
_COUNTS = (
    select(jobs.c.state, func.count())
    .where(jobs.c.batch_id == bindparam("batch", type_=Uuid()))
    .group_by(jobs.c.state)
)
_RESULT = select(*RESULT_COLUMNS).where(results.c.id == bindparam("result", type_=Uuid()))


def tell(
    tx: Connection,
    terms: Terms,
    ended: Sequence[Job],
    known: Mapping[UUID, Result],
    now: datetime,
) -> None:
    """Note the callbacks of jobs that have just ended, and count their batches down.

    Args:
        tx: The transaction in which they ended.
        terms: Make the words.
        ended: The jobs, as they are now.
        known: Results at hand, by id; others are looked up.
        now: The moment.
    """
    rows = _calls(tx, terms, ended, known, now)
    over = Counter(job.batch_id for job in ended if job.batch_id is not None)
    for batch_id in sorted(over):
        batch = _count_down(tx, batch_id, over[batch_id], now)
        if batch is not None:
            text = terms.payload_of(batch, None)
            last = next(job for job in ended if job.batch_id == batch_id)
            row = _delivery(batch, "batch.finished", text, now, origin=last)
            rows.append(row | {"batch_id": batch.id})
    add_deliveries(tx, rows)


def call_back(tx: Connection, terms: Terms, job: Job, now: datetime) -> None:
    """Note the callback of a job that was never unfinished."""
    add_deliveries(tx, _calls(tx, terms, [job], {}, now))


def add_deliveries(tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Store callbacks; those to an endpoint that wants none any more are disabled at once."""
    if not rows:
        return
    urls = sorted({row["url"] for row in rows})
    refused = {
        (tenant, url)
        for tenant, url in tx.execute(
            select(disabled_endpoints.c.tenant, disabled_endpoints.c.url).where(
                disabled_endpoints.c.url.in_(urls)
            )
        )
    }
    for row in rows:
        if (row["tenant"], row["url"]) in refused:
            row["state"] = "disabled"
    tx.execute(insert(deliveries), rows)


def batch_of(tx: Connection, row: Any) -> Batch:  # noqa: ANN401
    """A batch from its row, with its progress."""
    counts = {row[0]: row[1] for row in tx.execute(_COUNTS, {"batch": row.id})}
    return Batch(
        id=row.id,
        tenant=row.tenant,
        created_at=row.created_at,
        counts=counts,
        total=sum(counts.values()),
        callback_url=row.callback_url,
        finished_at=row.finished_at,
    )


def _calls(
    tx: Connection,
    terms: Terms,
    ended: Sequence[Job],
    known: Mapping[UUID, Result],
    now: datetime,
) -> list[dict[str, Any]]:
    rows = []
    for job in ended:
        if job.callback_url is not None and job.state in {"done", "dead"}:
            text = terms.payload_of(job, _result(tx, job, known))
            row = _delivery(job, f"job.{job.state}", text, now, origin=job)
            rows.append(row | {"job_id": job.id})
    return rows


def _count_down(tx: Connection, batch_id: UUID, over: int, now: datetime) -> Batch | None:
    """The batch, if these were its last jobs and somebody wants to know."""
    row = tx.execute(_COUNT_DOWN, {"batch": batch_id, "over": over, "now": now}).first()
    if row is None or row.finished_at is None or row.callback_url is None:
        return None
    return batch_of(tx, row)


def _result(tx: Connection, job: Job, known: Mapping[UUID, Result]) -> Result | None:
    if job.result_id is None or job.result_id in known:
        return None if job.result_id is None else known[job.result_id]
    row = tx.execute(_RESULT, {"result": job.result_id}).first()
    return None if row is None else result_of(row)


def _delivery(
    subject: Job | Batch, event: str, payload: str, now: datetime, *, origin: Job
) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "tenant": subject.tenant,
        "url": subject.callback_url,
        "event": event,
        "payload": payload,
        "state": "pending",
        "attempts": 0,
        "created_at": now,
        "job_id": None,
        "batch_id": None,
        "request_id": origin.request_id,
        "traceparent": origin.traceparent,
    }
