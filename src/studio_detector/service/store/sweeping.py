"""Finding what was left lying: jobs without a message, without a worker, without a leader."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from itertools import chain, islice, zip_longest
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, Text, and_, bindparam, or_, select, union_all, update

from studio_detector.service.store import ending, finishing, placing
from studio_detector.service.store.conditions import IS_QUEUED, IS_RUNNING, WAITS
from studio_detector.service.store.rows import JOB_COLUMNS, job_of
from studio_detector.service.store.tables import jobs
from studio_detector.service.store.types import UtcTime

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.engine import Connection

    from studio_detector.service.records import Job, Queue
    from studio_detector.service.store.engine import Database
    from studio_detector.service.store.terms import Terms

#: Most jobs that one sweep puts right; the next one goes on.
_PART = 1000

_NOW = bindparam("now", type_=UtcTime())
_UNSENT = (
    select(jobs.c.id, jobs.c.queue)
    .where(
        WAITS,
        jobs.c.queue == bindparam("in_queue", type_=Text()),
        jobs.c.message_at.is_(None),
        or_(jobs.c.retry_at.is_(None), jobs.c.retry_at <= _NOW),
    )
    .order_by(jobs.c.created_at)
    .limit(bindparam("most", type_=Integer()))
)
_STALE = (
    select(jobs.c.id)
    .where(
        WAITS,
        jobs.c.queue == bindparam("in_queue", type_=Text()),
        or_(jobs.c.retry_at.is_(None), jobs.c.retry_at <= _NOW),
        or_(
            jobs.c.message_at < bindparam("before", type_=UtcTime()),
            # Only a clock that was set back makes a message come from the future.
            jobs.c.message_at > bindparam("after", type_=UtcTime()),
        ),
    )
    .order_by(jobs.c.message_at)
    .limit(bindparam("most", type_=Integer()))
)
_RUNNING = select(jobs.c.id, jobs.c.lease_token, jobs.c.attempts, jobs.c.max_attempts).where(
    IS_RUNNING
)
_EXPIRED = _RUNNING.where(jobs.c.lease_until < _NOW).order_by(jobs.c.lease_until).limit(_PART)
_FORGET_MESSAGES = (
    update(jobs).where(IS_QUEUED, jobs.c.message_at.is_not(None)).values(message_at=None)
)
_REQUEUE = (
    update(jobs)
    .where(
        jobs.c.id == bindparam("job"),
        jobs.c.lease_token == bindparam("token", type_=Text()),
    )
    .values(finishing.UNSENT)
    .returning(*JOB_COLUMNS)
)
_STILL_EXPIRED = (
    select(jobs.c.id)
    .where(jobs.c.id == bindparam("job"), jobs.c.lease_until < _NOW)
    .with_for_update(skip_locked=True)
)
_LAST_LEASE = bindparam("last_lease", type_=UtcTime())
_LAST_RETRY = bindparam("last_retry", type_=UtcTime())
_LONG_LEASE = and_(IS_RUNNING, jobs.c.lease_until > _LAST_LEASE)
_LONG_PAUSE = and_(WAITS, jobs.c.message_at.is_(None), jobs.c.retry_at > _LAST_RETRY)
_AHEAD = union_all(
    select(jobs.c.id).where(_LONG_LEASE), select(jobs.c.id).where(_LONG_PAUSE)
).limit(1)
_SHORTEN_LEASES = update(jobs).where(_LONG_LEASE).values(lease_until=_LAST_LEASE)
_SHORTEN_PAUSES = update(jobs).where(_LONG_PAUSE).values(retry_at=_LAST_RETRY)
_leaders = jobs.alias("leaders")
_ORPHANS = (
    select(jobs.c.id)
    .outerjoin_from(jobs, _leaders, _leaders.c.id == jobs.c.leader_id)
    .where(
        jobs.c.leader_id.is_not(None),
        or_(_leaders.c.id.is_(None), _leaders.c.state.not_in(("queued", "running"))),
    )
    .order_by(jobs.c.created_at)
    .limit(_PART)
)


def unsent(tx: Connection, now: datetime, limit: int) -> list[tuple[UUID, Queue]]:
    """See `Jobs.unsent`."""
    high, standard, detail = (
        tx.execute(_UNSENT, {"now": now, "most": limit, "in_queue": queue}).all()
        for queue in ("high", "standard", "detail")
    )
    # Neither of the slower queues starves the other.
    rest = (row for pair in zip_longest(detail, standard) for row in pair if row is not None)
    return [(row[0], row[1]) for row in islice(chain(high, rest), limit)]


def stale(
    tx: Connection, now: datetime, queue: Queue, older_than_s: float, limit: int
) -> list[UUID]:
    """See `Jobs.stale`."""
    age = timedelta(seconds=older_than_s)
    values = {
        "in_queue": queue,
        "now": now,
        "before": now - age,
        "after": now + age,
        "most": limit,
    }
    return list(tx.execute(_STALE, values).scalars())


def expire(db: Database, terms: Terms) -> list[Job]:
    """See `Jobs.expire`."""
    now = terms.clock()
    # Most sweeps find nothing, and reading hinders nobody.
    expired, is_ahead, orphans = db.read(lambda tx: _look(tx, terms, now))
    if is_ahead:
        db.write(lambda tx: _clamp(tx, terms, now))
    changed = [_one_by_one(db, partial(_expire, terms=terms, row=row, now=now)) for row in expired]
    changed += [
        _one_by_one(db, partial(_adopt, terms=terms, orphan=row, now=now)) for row in orphans
    ]
    return [job for job in changed if job is not None]


def reset_running(db: Database, terms: Terms) -> int:
    """See `Jobs.reset_running`."""
    now = terms.clock()
    running = db.read(lambda tx: tx.execute(_RUNNING).all())
    for row in running:
        _one_by_one(db, partial(_take_back, terms=terms, row=row, now=now))
    db.write(lambda tx: tx.execute(_FORGET_MESSAGES).rowcount)
    return len(running)


def _look(
    tx: Connection, terms: Terms, now: datetime
) -> tuple[Sequence[Any], bool, Sequence[UUID]]:
    expired = tx.execute(_EXPIRED, {"now": now}).all()
    is_ahead = tx.execute(_AHEAD, _bounds(terms, now)).first() is not None
    return expired, is_ahead, tx.execute(_ORPHANS).scalars().all()


def _one_by_one(db: Database, work: Callable[[Connection], Job | None]) -> Job | None:
    """Each in a transaction of its own, so that one that ends meanwhile spoils no other."""
    try:
        return db.write(work)
    except finishing.LostError:
        return None


def _expire(tx: Connection, terms: Terms, row: Any, now: datetime) -> Job | None:  # noqa: ANN401
    # A worker that froze inside a transaction holds these rows until the database ends its
    # session. The other jobs do not wait for that; the next sweep asks again.
    if not placing.lock_if_free(tx, row.id):
        return None
    # Locked too, so that a worker that gives a sign at this moment comes before or after.
    if tx.execute(_STILL_EXPIRED, {"job": row.id, "now": now}).first() is None:
        return None
    return _take_back(tx, terms, row, now)


def _take_back(tx: Connection, terms: Terms, row: Any, now: datetime) -> Job:  # noqa: ANN401
    if row.attempts >= row.max_attempts:
        return finishing.exhaust(tx, terms, row.id, row.lease_token, now)
    again = tx.execute(_REQUEUE, {"job": row.id, "token": row.lease_token}).first()
    if again is None:
        raise finishing.LostError
    return job_of(again)


def _bounds(terms: Terms, now: datetime) -> dict[str, datetime]:
    most = timedelta(seconds=max(terms.retry_most_s, terms.retry_first_s))
    return {"last_lease": terms.lease_until(now), "last_retry": now + most}


def _clamp(tx: Connection, terms: Terms, now: datetime) -> None:
    """Bring back what lies further ahead than it can: the clock was set back since."""
    bounds = _bounds(terms, now)
    tx.execute(_SHORTEN_LEASES, bounds)
    tx.execute(_SHORTEN_PAUSES, bounds)


def _adopt(tx: Connection, terms: Terms, orphan: UUID, now: datetime) -> Job | None:
    """Let a follower whose leader is gone find another, or its result, or lead."""
    row = tx.execute(select(*JOB_COLUMNS).where(jobs.c.id == orphan)).first()
    job = None if row is None else job_of(row)
    if job is None or job.leader_id is None or job.image_hash is None:
        return None
    placing.oust(tx, job, job.image_hash)
    place, other = placing.place(tx, job, job.image_hash, now)
    values: dict[str, Any] = {"leader_id": other if place == "follows" else None}
    if place == "answered":
        values |= {"state": "done", "answer": "shared", "result_id": other, "finished_at": now}
    changed = tx.execute(
        update(jobs)
        .where(jobs.c.id == orphan, jobs.c.leader_id == job.leader_id)
        .values(values)
        .returning(*JOB_COLUMNS)
    ).first()
    if changed is None:
        raise finishing.LostError
    adopted = job_of(changed)
    if adopted.is_over:
        ending.tell(tx, terms, [adopted], {}, now)
    return adopted
