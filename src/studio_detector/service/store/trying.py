"""One try of a job: begun under a lease, renewed, and ended in one of five ways."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, Uuid, and_, bindparam, func, or_, select, update

from studio_detector.service.store import ending, finishing, placing
from studio_detector.service.store.conditions import IS_RUNNING, WAITS_ITSELF
from studio_detector.service.store.finishing import UNSENT
from studio_detector.service.store.prepared import Prepared
from studio_detector.service.store.rows import JOB_COLUMNS, job_of
from studio_detector.service.store.tables import jobs
from studio_detector.service.store.types import JSON_VALUE, UtcTime

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection, Row
    from sqlalchemy.sql.dml import ReturningUpdate

    from studio_detector.service.records import Job, Queue
    from studio_detector.service.store.terms import Terms


_JOB = jobs.c.id == bindparam("job", type_=Uuid())
_NOW = bindparam("now", type_=UtcTime())
_LEASED = and_(_JOB, jobs.c.lease_token == bindparam("token", type_=Text()))


def _claim(
    which: ColumnElement[bool], *and_are: ColumnElement[bool]
) -> ReturningUpdate[*tuple[Any, ...]]:
    return (
        update(jobs)
        .where(
            which,
            WAITS_ITSELF,
            or_(jobs.c.retry_at.is_(None), jobs.c.retry_at <= _NOW),
            *and_are,
        )
        .values(
            state="running",
            attempts=jobs.c.attempts + 1,
            lease_token=bindparam("new_token", type_=Text()),
            lease_owner=bindparam("owner", type_=Text()),
            lease_until=bindparam("until", type_=UtcTime()),
            started_at=func.coalesce(jobs.c.started_at, _NOW),
            retry_at=None,
        )
        .returning(*JOB_COLUMNS, jobs.c.message_at)
    )


_CLAIM = Prepared(_claim(_JOB, jobs.c.attempts < jobs.c.max_attempts))
_CLAIM_NEW = _claim(
    jobs.c.id.in_(bindparam("those", type_=Uuid(), expanding=True)),
    jobs.c.queue != "high",
    jobs.c.attempts == 0,
    jobs.c.max_attempts > 1,
    jobs.c.image_hash.is_not(None),
    jobs.c.image_url.is_(None),
)
_EXHAUSTED = select(jobs.c.id).where(
    _JOB,
    WAITS_ITSELF,
    jobs.c.attempts >= jobs.c.max_attempts,
)
_HELD = select(*JOB_COLUMNS).where(_LEASED)
_WORKS_ON = update(jobs).where(_LEASED).values(image_hash=bindparam("hash", type_=Text()))
_FOLLOWS = (
    update(jobs)
    .where(_LEASED)
    .values(
        UNSENT
        | {
            "image_hash": bindparam("hash", type_=Text()),
            "leader_id": bindparam("leader", type_=Uuid()),
            # The try ended well, only without work to do.
            "attempts": jobs.c.attempts - 1,
        }
    )
)
_HAND_ON = (
    update(jobs)
    .where(_LEASED)
    .values(
        UNSENT
        | {
            "queue": bindparam("to_queue", type_=Text()),
            "attempts": 0,
            "partial": bindparam("row", type_=JSON_VALUE),
        }
    )
    .returning(*JOB_COLUMNS)
)
_RENEW = (
    update(jobs)
    .where(IS_RUNNING, jobs.c.lease_owner == bindparam("owner", type_=Text()))
    .values(lease_until=bindparam("until", type_=UtcTime()))
)
_RELEASE = (
    update(jobs)
    .where(IS_RUNNING, jobs.c.lease_owner == bindparam("owner", type_=Text()))
    .values(UNSENT | {"attempts": jobs.c.attempts - 1})
    .returning(*JOB_COLUMNS)
)
_RELEASE_SOME = _RELEASE.where(jobs.c.id.in_(bindparam("those", type_=Uuid(), expanding=True)))


def claim(tx: Connection, terms: Terms, job_id: UUID, owner: str) -> Job | None:
    """See `Jobs.claim`."""
    now = terms.clock()
    row = _CLAIM.first(tx, {"job": job_id, **_lease(terms, owner, now)})
    if row is not None:
        return _claimed(row, now)
    if tx.execute(_EXHAUSTED, {"job": job_id}).first() is not None:
        finishing.exhaust(tx, terms, job_id, None, now)
    return None


def claim_new(tx: Connection, terms: Terms, job_ids: Sequence[UUID], owner: str) -> list[Job]:
    """See `WorkerJobs.claim_new`."""
    now = terms.clock()
    rows = tx.execute(_CLAIM_NEW, {"those": job_ids, **_lease(terms, owner, now)})
    return sorted((_claimed(row, now) for row in rows), key=lambda job: job_ids.index(job.id))


def _lease(terms: Terms, owner: str, now: datetime) -> dict[str, Any]:
    return {
        "now": now,
        "new_token": secrets.token_hex(16),
        "owner": owner,
        "until": terms.lease_until(now),
    }


def _claimed(row: Row[*tuple[Any, ...]] | Sequence[Any], now: datetime) -> Job:
    job = job_of(row)
    return replace(job, waited_s=_waited_s(job, row[-1], now))


def _waited_s(job: Job, message_at: datetime | None, now: datetime) -> float | None:
    """Since it was accepted, the first time; later, since its message was sent when it was due."""
    since = job.created_at if job.started_at == now else message_at
    return None if since is None else max(0.0, (now - since).total_seconds())


def learn_hash(
    tx: Connection, terms: Terms, job_id: UUID, token: str, image_hash: str
) -> placing.Place:
    """See `Jobs.learn_hash`.

    Raises:
        LostError: If the lease is another's.
    """
    now = terms.clock()
    values: dict[str, Any] = {"job": job_id, "token": token, "hash": image_hash}
    row = tx.execute(_HELD, values).first()
    if row is None:
        raise finishing.LostError
    job = job_of(row)
    if job.image_hash not in {None, image_hash}:
        # The address shows another picture than it did: who waited for the first goes on alone.
        placing.pass_on(tx, job_id)
    place, other = placing.place(tx, job, image_hash, now, arrives=True)
    if place == "answered":
        ended = finishing.end(tx, values | {"result": other, "how": "cached", "now": now})
        ending.tell(tx, terms, ended, {}, now)
    elif place == "work":
        finishing.must_hold(tx.execute(_WORKS_ON, values).rowcount)
    else:
        finishing.must_hold(tx.execute(_FOLLOWS, values | {"leader": other}).rowcount)
    return place


def hand_on(
    tx: Connection,
    job_id: UUID,
    token: str,
    queue: Queue,
    partial: Mapping[str, Any],
) -> Job | None:
    """See `Jobs.hand_on`."""
    values = {"job": job_id, "token": token, "to_queue": queue, "row": partial}
    row = tx.execute(_HAND_ON, values).first()
    return None if row is None else job_of(row)


def renew(tx: Connection, terms: Terms, owner: str) -> int:
    """See `Jobs.renew`."""
    until = terms.lease_until(terms.clock())
    return tx.execute(_RENEW, {"owner": owner, "until": until}).rowcount


def release(tx: Connection, owner: str, job_ids: Sequence[UUID] | None) -> list[Job]:
    """See `Jobs.release`."""
    if job_ids is None:
        return [job_of(row) for row in tx.execute(_RELEASE, {"owner": owner})]
    return [job_of(row) for row in tx.execute(_RELEASE_SOME, {"owner": owner, "those": job_ids})]
