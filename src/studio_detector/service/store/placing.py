"""Who does the work, and who waits for whom: equal work on equal bytes is done once.

`in_flight` has one row for each piece of work that an unfinished job does: its leader. Its row
is always locked before the rows of jobs, so that no two transactions wait for one another, and
before results are looked up, so that a result stored meanwhile is seen.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Integer, Text, Uuid, and_, bindparam, case, delete, select, update

# This one speaks both dialects: SQLite took over PostgreSQL's ON CONFLICT word for word.
from sqlalchemy.dialects.postgresql import insert

from studio_detector.service.store.conditions import IS_QUEUED, IS_UNFINISHED
from studio_detector.service.store.prepared import Prepared
from studio_detector.service.store.tables import in_flight, jobs, pictures, results

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.engine import Connection

    from studio_detector.service.records import Job

#: What a job has to do: nothing any more, the work, or wait for who does it.
Place = Literal["answered", "work", "follows"]
#: Values in one IN list, well below what either database takes.
CHUNK = 500

# Setting the row to what it is locks it and gives back who holds it, in one statement.
_TAKE = (
    insert(in_flight)
    .on_conflict_do_update(index_elements=["work_key"], set_={"job_id": in_flight.c.job_id})
    .returning(in_flight.c.work_key, in_flight.c.job_id)
)
_TAKE_ONE = Prepared(_TAKE)
_LEAVE = Prepared(delete(in_flight).where(in_flight.c.job_id == bindparam("job_id", type_=Uuid())))
_LEAVE_ALL = delete(in_flight).where(
    in_flight.c.job_id.in_(bindparam("job_ids", type_=Uuid(), expanding=True))
)
_FOLLOWED = (
    select(jobs.c.leader_id)
    .where(jobs.c.leader_id.in_(bindparam("leaders", type_=Uuid(), expanding=True)))
    .distinct()
)
_LOCK = (
    select(in_flight.c.work_key)
    .where(in_flight.c.job_id == bindparam("job_id", type_=Uuid()))
    .with_for_update()
)
_LOCK_IF_FREE = _LOCK.with_for_update(skip_locked=True)
_LEADS = select(in_flight.c.work_key).where(in_flight.c.job_id == bindparam("job_id", type_=Uuid()))
_HAND_OVER = (
    update(in_flight)
    .where(in_flight.c.work_key == bindparam("key", type_=Text()))
    .values(job_id=bindparam("to", type_=Uuid()))
)
_KNOWN = Prepared(
    select(results.c.id, results.c.is_shadow).where(
        results.c.tenant == bindparam("tenant", type_=Text()),
        results.c.image_hash == bindparam("image_hash", type_=Text()),
        results.c.variant == bindparam("variant", type_=Text()),
        results.c.pipeline_version == bindparam("pipeline_version", type_=Text()),
    )
)
_OUT_OF_SHADOW = (
    update(results).where(results.c.id == bindparam("result", type_=Uuid())).values(is_shadow=False)
)
_HURRY = (
    update(jobs)
    .where(
        jobs.c.id == bindparam("job", type_=Uuid()),
        IS_QUEUED,
        jobs.c.queue == "standard",
    )
    .values(queue="high", message_at=None)
)
_FOLLOWERS = (
    select(jobs.c.id)
    .where(jobs.c.leader_id == bindparam("leader", type_=Uuid()))
    .order_by(jobs.c.priority, jobs.c.created_at, jobs.c.id)
)
_FOLLOW_ANOTHER = (
    update(jobs)
    .where(jobs.c.leader_id == bindparam("leader", type_=Uuid()))
    .values(leader_id=bindparam("to", type_=Uuid()))
)
_LEAD = (
    update(jobs)
    .where(
        jobs.c.id == bindparam("job", type_=Uuid()),
        # It may have been cancelled since it was read.
        jobs.c.leader_id == bindparam("leader", type_=Uuid()),
    )
    .values(leader_id=None, message_at=None, retry_at=None)
)
_WORKS = select(jobs.c.id).where(
    jobs.c.id == bindparam("job", type_=Uuid()),
    IS_UNFINISHED,
    jobs.c.leader_id.is_(None),
)
_NEED = insert(pictures)
_ARRIVING = pictures.c.arriving + bindparam("change", type_=Integer())
_NEED = _NEED.on_conflict_do_update(
    index_elements=["tenant", "image_hash"],
    set_={
        "needed_at": _NEED.excluded.needed_at,
        "arriving": case((_ARRIVING > 0, _ARRIVING), else_=0),
    },
)
_NEED_ONE = Prepared(_NEED)


def work_key(tenant: str, image_hash: str, variant: str, pipeline_version: str) -> str:
    """The name of a piece of work, 64 hex digits."""
    text = json.dumps([tenant, image_hash, variant, pipeline_version])
    return hashlib.sha256(text.encode()).hexdigest()


def place(
    tx: Connection, job: Job, image_hash: str, now: datetime, *, arrives: bool = False
) -> tuple[Place, UUID]:
    """Find out what an unfinished job has to do for a picture.

    Args:
        tx: A transaction that writes; the caller changes the job's row in it.
        job: The job.
        image_hash: SHA-256 of the picture, hex.
        now: The moment.
        arrives: Whether the picture was noted as arriving for this job.

    Returns:
        "answered" and the result that is there, "work" and the job itself, or "follows" and
        the job that is at it.
    """
    names = (job.tenant, image_hash, job.work.variant, job.work.pipeline_version)
    key = work_key(*names)
    holder = take(tx, {key: job.id})[key]
    known = known_result(tx, *names)
    need_pictures(tx, [names[:2]], now, arrived=arrives)
    if known is not None:
        result_id, is_shadow = known
        if holder == job.id:
            leave(tx, job.id)
        if is_shadow and job.shadow_of is None:
            bring_out_of_shadow(tx, result_id)
        return "answered", result_id
    if holder == job.id:
        return "work", holder
    if job.priority == "high":
        hurry(tx, [holder])
    return "follows", holder


def oust(tx: Connection, job: Job, image_hash: str) -> None:
    """Let a job lead a piece of work whose leader is over, which no transaction leaves behind."""
    key = work_key(job.tenant, image_hash, job.work.variant, job.work.pipeline_version)
    holder = take(tx, {key: job.id})[key]
    if holder != job.id and tx.execute(_WORKS, {"job": holder}).first() is None:
        hand_over(tx, key, job.id)


def take(tx: Connection, wanted: Mapping[str, UUID]) -> dict[str, UUID]:
    """Try to become leader of pieces of work; all of them stay locked until the end.

    Args:
        tx: A transaction that writes.
        wanted: Work key -> the job that would do it.

    Returns:
        Work key -> the job that does it: the one given, or who was there before.
    """
    # In one order for everybody, so that two batches of the same pictures do not lock crosswise.
    rows = [{"work_key": key, "job_id": wanted[key]} for key in sorted(wanted)]
    if len(rows) == 1:
        key, holder = _TAKE_ONE.one(tx, rows[0])
        return {key: holder}
    return {row[0]: row[1] for row in tx.execute(_TAKE, rows)} if rows else {}


def leave(tx: Connection, job_id: UUID) -> bool:
    """Stop being a leader; False if the job was none."""
    return _LEAVE.run(tx, {"job_id": job_id}) > 0


def leave_all(tx: Connection, job_ids: Sequence[UUID]) -> None:
    """Stop being leaders, a handful of them."""
    tx.execute(_LEAVE_ALL, {"job_ids": job_ids})


def followed(tx: Connection, leaders: Sequence[UUID]) -> set[UUID]:
    """Those of a handful of leaders whom others follow."""
    return set(tx.execute(_FOLLOWED, {"leaders": leaders}).scalars())


def leave_keys(tx: Connection, keys: Iterable[str]) -> None:
    """Give back pieces of work that were just taken."""
    for part in chunks(sorted(keys)):
        tx.execute(delete(in_flight).where(in_flight.c.work_key.in_(part)))


def pass_on(tx: Connection, leader_id: UUID) -> UUID | None:
    """Let a follower do the work of a leader that will not, the others follow it.

    Args:
        tx: A transaction that writes.
        leader_id: Who leads no more.

    Returns:
        The new leader; None if nobody followed and the work is given up.
    """
    key = lock(tx, leader_id)
    followers: Sequence[UUID] = tx.execute(_FOLLOWERS, {"leader": leader_id}).scalars().all()
    for heir in followers:
        if tx.execute(_LEAD, {"job": heir, "leader": leader_id}).rowcount:
            tx.execute(_FOLLOW_ANOTHER, {"leader": leader_id, "to": heir})
            if key is not None:
                hand_over(tx, key, heir)
            return heir
    leave(tx, leader_id)
    return None


def lock(tx: Connection, leader_id: UUID) -> str | None:
    """Keep others from following a leader until the end; the key of its work, if it leads."""
    key: str | None = tx.execute(_LOCK, {"job_id": leader_id}).scalar()
    return key


def lock_if_free(tx: Connection, leader_id: UUID) -> bool:
    """Lock like `lock`, but wait for nobody; False if another transaction has the lock."""
    values = {"job_id": leader_id}
    if tx.execute(_LOCK_IF_FREE, values).first() is not None:
        return True
    # Either it leads nothing, or its row is locked; this look, which locks nothing, tells which.
    return tx.execute(_LEADS, values).first() is None


def hand_over(tx: Connection, key: str, heir: UUID) -> None:
    """Make ``heir`` the leader of a piece of work that is locked."""
    tx.execute(_HAND_OVER, {"key": key, "to": heir})


def known_result(
    tx: Connection, tenant: str, image_hash: str, variant: str, pipeline_version: str
) -> tuple[UUID, bool] | None:
    """The stored result of a piece of work and whether it is a shadow's."""
    row = _KNOWN.first(
        tx,
        {
            "tenant": tenant,
            "image_hash": image_hash,
            "variant": variant,
            "pipeline_version": pipeline_version,
        },
    )
    return None if row is None else (row[0], row[1])


def known_results(
    tx: Connection, asked: Mapping[str, tuple[str, str, str, str]]
) -> dict[str, tuple[UUID, bool]]:
    """Work key -> stored result, for those that have one.

    Args:
        tx: A transaction, in which the work was taken before.
        asked: Work key -> tenant, hash, variant, pipeline version.
    """
    if len(asked) == 1:
        ((key, names),) = asked.items()
        known = known_result(tx, *names)
        return {} if known is None else {key: known}
    groups: dict[tuple[str, str, str], dict[str, str]] = {}
    for key, (tenant, image_hash, variant, version) in asked.items():
        groups.setdefault((tenant, variant, version), {})[image_hash] = key
    found: dict[str, tuple[UUID, bool]] = {}
    for (tenant, variant, version), keys in groups.items():
        for part in chunks(list(keys)):
            query = select(results.c.image_hash, results.c.id, results.c.is_shadow).where(
                and_(
                    results.c.tenant == tenant,
                    results.c.variant == variant,
                    results.c.pipeline_version == version,
                    results.c.image_hash.in_(part),
                )
            )
            found.update((keys[row[0]], (row[1], row[2])) for row in tx.execute(query))
    return found


def bring_out_of_shadow(tx: Connection, result_id: UUID) -> None:
    """Let a result that was scored for comparison be returned from now on."""
    tx.execute(_OUT_OF_SHADOW, {"result": result_id})


def hurry(tx: Connection, leaders: Iterable[UUID]) -> None:
    """Move leaders that still wait to the queue "high", since somebody in a hurry follows."""
    for leader in sorted(set(leaders)):
        tx.execute(_HURRY, {"job": leader})


def expect_pictures(tx: Connection, expected: Iterable[tuple[str, str]], now: datetime) -> None:
    """Note that pictures, by tenant and hash, are about to be kept for jobs not here yet."""
    _need(tx, [_needed(*names, now, arriving=1, change=1) for names in sorted(set(expected))])


def need_pictures(
    tx: Connection, needed: Iterable[tuple[str, str]], now: datetime, *, arrived: bool
) -> None:
    """Note that jobs want pictures, by tenant and hash, from now on.

    Args:
        tx: The transaction in which the jobs are stored.
        needed: The pictures.
        now: The moment.
        arrived: Whether each was noted as expected for these jobs before.
    """
    change = -1 if arrived else 0
    _need(tx, [_needed(*names, now, arriving=0, change=change) for names in sorted(set(needed))])


def _need(tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
    if len(rows) == 1:
        _NEED_ONE.run(tx, rows[0])
    elif rows:
        tx.execute(_NEED, rows)


def _needed(tenant: str, image_hash: str, now: datetime, **counts: int) -> dict[str, Any]:
    return {"tenant": tenant, "image_hash": image_hash, "needed_at": now, **counts}


def chunks(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """Parts short enough for one statement."""
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))
