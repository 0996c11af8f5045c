"""The end of a try: a result, another try, or none."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, Uuid, and_, bindparam, func, select, update

from studio_detector.service.records import NewResult
from studio_detector.service.store import ending, placing, storing
from studio_detector.service.store.conditions import IS_UNFINISHED
from studio_detector.service.store.prepared import Prepared
from studio_detector.service.store.rows import JOB_COLUMNS, job_of
from studio_detector.service.store.tables import jobs
from studio_detector.service.store.types import SentText, UtcTime

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.engine import Connection

    from studio_detector.service.records import Answer, Job, Result
    from studio_detector.service.store.terms import Terms


class LostError(Exception):
    """The lease is another's: what was done in this transaction is taken back."""


#: What a job loses when its try is over.
FREED: dict[str, Any] = {"lease_token": None, "lease_owner": None, "lease_until": None}
#: What makes the sweeper send a message for a job again.
UNSENT: dict[str, Any] = {**FREED, "state": "queued", "message_at": None}

_JOB = jobs.c.id == bindparam("job", type_=Uuid())
_NOW = bindparam("now", type_=UtcTime())
_LEASED = and_(_JOB, jobs.c.lease_token == bindparam("token", type_=Text()))
_HELD = select(*JOB_COLUMNS).where(_LEASED)

_DONE = Prepared(
    update(jobs)
    .where(_LEASED)
    .values(
        FREED
        | {
            "state": "done",
            "result_id": bindparam("result", type_=Uuid()),
            "answer": bindparam("how", type_=Text()),
            "partial": None,
            "error_code": None,
            "error_message": None,
            "finished_at": _NOW,
            "image_hash": func.coalesce(bindparam("hash", type_=Text()), jobs.c.image_hash),
        }
    )
    .returning(*JOB_COLUMNS)
)
_FOLLOWERS_DONE = (
    update(jobs)
    .where(jobs.c.leader_id == bindparam("job", type_=Uuid()))
    .values(
        state="done",
        leader_id=None,
        result_id=bindparam("result", type_=Uuid()),
        answer=bindparam("how", type_=Text()),
        error_code=None,
        error_message=None,
        finished_at=_NOW,
    )
    .returning(*JOB_COLUMNS)
)
_FOLLOWERS_ALIKE = _FOLLOWERS_DONE.where(jobs.c.near_duplicates.is_(True))
_AGAIN = (
    update(jobs)
    .where(_LEASED)
    .values(
        UNSENT
        | {
            "error_code": bindparam("code", type_=Text()),
            "error_message": bindparam("message", type_=SentText()),
            "retry_at": bindparam("again_at", type_=UtcTime()),
        }
    )
    .returning(*JOB_COLUMNS)
)
_DEAD = (
    update(jobs)
    .where(
        _JOB,
        IS_UNFINISHED,
        jobs.c.lease_token.is_not_distinct_from(bindparam("token", type_=Text())),
    )
    .values(
        FREED
        | {
            "state": "dead",
            "leader_id": None,
            "error_code": bindparam("code", type_=Text()),
            "error_message": bindparam("message", type_=SentText()),
            "retry_at": None,
            "finished_at": _NOW,
        }
    )
    .returning(*JOB_COLUMNS)
)
_FOLLOWERS_DEAD = (
    update(jobs)
    .where(jobs.c.leader_id == bindparam("job", type_=Uuid()))
    .values(
        state="dead",
        leader_id=None,
        error_code=bindparam("code", type_=Text()),
        error_message=bindparam("message", type_=SentText()),
        finished_at=_NOW,
    )
    .returning(*JOB_COLUMNS)
)


def finish(
    tx: Connection,
    terms: Terms,
    job_id: UUID,
    token: str,
    outcome: tuple[NewResult | UUID, Answer],
) -> Job:
    """See `Jobs.finish`.

    Raises:
        LostError: If the lease is another's.
    """
    now = terms.clock()
    found, answer = outcome
    is_alike = answer == "near_duplicate"
    if is_alike:
        placing.lock(tx, job_id)
    else:
        placing.leave(tx, job_id)
    stored = (
        storing.store(tx, found, now) if isinstance(found, NewResult) else storing.kept(tx, found)
    )
    values = {
        "job": job_id,
        "token": token,
        "hash": found.image_hash if isinstance(found, NewResult) else None,
        "result": stored.id,
        "how": answer,
        "now": now,
    }
    ended = end(tx, values, is_alike=is_alike)
    if is_alike:
        # Who asked for this very picture is not answered by one that looks alike.
        placing.pass_on(tx, job_id)
    if stored.is_shadow and any(job.shadow_of is None for job in ended):
        placing.bring_out_of_shadow(tx, stored.id)
    ending.tell(tx, terms, ended, {stored.id: stored}, now)
    return _with(ended[0], stored)


def finish_all(
    tx: Connection, terms: Terms, ends: Sequence[tuple[UUID, str, NewResult]]
) -> list[Job]:
    """See `WorkerJobs.finish_all`.

    Raises:
        LostError: If a lease is another's.
    """
    now = terms.clock()
    job_ids = [job_id for job_id, _, _ in ends]
    placing.leave_all(tx, job_ids)
    led = placing.followed(tx, job_ids)
    all_ended: list[list[Job]] = []
    own: list[Job] = []
    stored: dict[UUID, Result] = {}
    for job_id, token, found in ends:
        result = storing.store(tx, found, now)
        values = {
            "job": job_id,
            "token": token,
            "hash": found.image_hash,
            "result": result.id,
            "how": "analysed",
            "now": now,
        }
        ended = end(tx, values, has_followers=job_id in led)
        if result.is_shadow and any(job.shadow_of is None for job in ended):
            placing.bring_out_of_shadow(tx, result.id)
        all_ended.append(ended)
        own.append(_with(ended[0], result))
        stored[result.id] = result
    ending.tell(tx, terms, list(chain.from_iterable(all_ended)), stored, now)
    return own


def _with(job: Job, stored: Result) -> Job:
    """The job with its result in hand, but for one that is changed after it was read."""
    return job if stored.is_shadow else replace(job, result=stored)


def fail(
    tx: Connection,
    terms: Terms,
    job_id: UUID,
    token: str,
    reason: tuple[str, str],
    *,
    is_passing: bool,
    retry_after_s: float | None,
) -> Job | None:
    """See `Jobs.fail`.

    Raises:
        LostError: If the lease was lost meanwhile.
    """
    now = terms.clock()
    row = tx.execute(_HELD, {"job": job_id, "token": token}).first()
    if row is None:
        return None
    job = job_of(row)
    if not is_passing or job.attempts >= job.max_attempts:
        return die(tx, terms, (job_id, token), reason, now)
    values = {
        "job": job_id,
        "token": token,
        "code": reason[0],
        "message": reason[1],
        "again_at": terms.retry_at(now, job.attempts, retry_after_s),
    }
    again = tx.execute(_AGAIN, values).first()
    return None if again is None else job_of(again)


def exhaust(tx: Connection, terms: Terms, job_id: UUID, token: str | None, now: datetime) -> Job:
    """End a job whose tries are used up; see `die`."""
    message = (
        "every try ended without an answer: its worker died or was stopped each time; see the "
        "workers' log, and retry the job once the cause is mended"
    )
    return die(tx, terms, (job_id, token), ("attempts_exhausted", message), now)


def die(
    tx: Connection,
    terms: Terms,
    held: tuple[UUID, str | None],
    reason: tuple[str, str],
    now: datetime,
) -> Job:
    """End an unfinished job and its followers without a result.

    Args:
        tx: A transaction that writes.
        terms: Make the words of callbacks.
        held: The job and its lease's token; None for a job that waits.
        reason: Code and message.
        now: The moment.

    Raises:
        LostError: If it is over, or another's.
    """
    job_id, token = held
    placing.leave(tx, job_id)
    values = {"job": job_id, "code": reason[0], "message": reason[1], "now": now}
    row = tx.execute(_DEAD, values | {"token": token}).first()
    if row is None:
        raise LostError
    followers = [job_of(row) for row in tx.execute(_FOLLOWERS_DEAD, values)]
    job = job_of(row)
    ending.tell(tx, terms, [job, *followers], {}, now)
    return job


def end(
    tx: Connection,
    values: dict[str, Any],
    *,
    is_alike: bool = False,
    has_followers: bool = True,
) -> list[Job]:
    """Set a job and its followers to done.

    Args:
        tx: A transaction that writes and holds the work.
        values: "job", "token", "hash" or None, "result", "how" and "now".
        is_alike: Whether the result is of a picture that looks alike: then only followers that
            asked for such are done.
        has_followers: Whether it may have followers; their rows are not asked for otherwise.

    Returns:
        The jobs that are done, the first one first.

    Raises:
        LostError: If the lease is another's.
    """
    row = _DONE.first(tx, values)
    if row is None:
        raise LostError
    if not has_followers:
        return [job_of(row)]
    statement = _FOLLOWERS_ALIKE if is_alike else _FOLLOWERS_DONE
    how = "near_duplicate" if is_alike else "shared"
    followers = tx.execute(
        statement,
        {
            "job": values["job"],
            "result": values["result"],
            "how": how,
            "now": values["now"],
        },
    )
    return [job_of(row), *(job_of(follower) for follower in followers)]


def must_hold(holds: object) -> None:
    """Give up the transaction unless the lease was held.

    Raises:
        LostError: If it was not.
    """
    if not holds:
        raise LostError
