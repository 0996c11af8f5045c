"""What the metrics tell of the store: few numbers, each counted in an index that is small."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import bindparam, case, func, select

from studio_detector.service.records import JOB_QUEUES
from studio_detector.service.store.conditions import (
    HAS_FAILED,
    IS_DEAD,
    IS_PENDING,
    IS_RUNNING,
    WAITS,
)
from studio_detector.service.store.tables import api_keys, deliveries, jobs, master_keys
from studio_detector.service.store.types import UtcTime

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from studio_detector.service.records import Queue
    from studio_detector.service.store.engine import Database
    from studio_detector.service.store.terms import Terms

#: A job as the metrics see it: "retrying" waits for its next try, "waiting" for a worker.
ObservedState = Literal["waiting", "running", "retrying", "dead"]

#: A key that was not used for so long is not in use.
_IN_USE = timedelta(days=7)

_NOW = bindparam("now", type_=UtcTime())
_IS_LATER = case((jobs.c.retry_at > _NOW, 1), else_=0).label("is_later")
# Named for the sake of the index, which begins with them.
_IN_QUEUES = jobs.c.queue.in_(JOB_QUEUES)
# Whoever follows another job is no work for anybody.
_WAITING = (
    select(
        jobs.c.queue,
        _IS_LATER,
        func.count(),
        func.min(func.coalesce(jobs.c.retry_at, jobs.c.created_at)),
    )
    .where(_IN_QUEUES, WAITS)
    # By its name: PostgreSQL does not see that two expressions with parameters are the same.
    .group_by(jobs.c.queue, _IS_LATER.name)
)
_COUNT = select(jobs.c.queue, func.count()).where(_IN_QUEUES).group_by(jobs.c.queue)
_RUNNING = _COUNT.where(IS_RUNNING)
_DEAD = _COUNT.where(IS_DEAD)
_OWED = select(func.count()).select_from(deliveries).where(IS_PENDING)
_GIVEN_UP = select(func.count()).select_from(deliveries).where(HAS_FAILED)
_NEXT_EXPIRY = select(func.min(api_keys.c.expires_at)).where(
    api_keys.c.revoked_at.is_(None),
    api_keys.c.expires_at.is_not(None),
    api_keys.c.last_used_at > bindparam("used_since", type_=UtcTime()),
)
_MASTER = select(master_keys.c.first_used_at).order_by(master_keys.c.noted_at.desc()).limit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """The store at one moment.

    Attributes:
        jobs: Queue and state -> jobs of all tenants, zeros included.
        oldest_s: Queue -> seconds that its oldest job waits for a worker; 0 where none does.
        owed: Callbacks that are still to be told.
        given_up: Callbacks that nobody listened to for a day.
        master_key_age_s: Seconds since the newest master key was first used; None if none was.
        key_expires_in_s: Seconds until the next API key expires that was used in the last week,
            negative for one that has expired; None if none does.
    """

    jobs: Mapping[tuple[Queue, ObservedState], int]
    oldest_s: Mapping[Queue, float]
    owed: int
    given_up: int
    master_key_age_s: float | None
    key_expires_in_s: float | None


class Observations:
    """Looks at all tenants together.

    Args:
        db: Where everything is.
        terms: The clock.
    """

    def __init__(self, db: Database, terms: Terms) -> None:
        self._db = db
        self._terms = terms

    def now(self) -> Observed:
        """Take a look.

        Raises:
            BusyError: ``store_unavailable``.
        """
        now = self._terms.clock()
        return self._db.read(lambda tx: _observed(tx, now))


def _observed(tx: Connection, now: datetime) -> Observed:
    counts: dict[tuple[Queue, ObservedState], int] = {
        (queue, state): 0
        for queue in JOB_QUEUES
        for state in ("waiting", "running", "retrying", "dead")
    }
    oldest: dict[Queue, float] = dict.fromkeys(JOB_QUEUES, 0.0)
    for queue, is_later, count, since in tx.execute(_WAITING, {"now": now}):
        counts[queue, "retrying" if is_later else "waiting"] += count
        if not is_later:
            oldest[queue] = max(0.0, (now - since).total_seconds())
    queue_counts: tuple[tuple[ObservedState, Any], ...] = (("running", _RUNNING), ("dead", _DEAD))
    for state, query in queue_counts:
        for queue, count in tx.execute(query):
            counts[queue, state] += count
    expiry = tx.execute(_NEXT_EXPIRY, {"used_since": now - _IN_USE}).scalar()
    master = tx.execute(_MASTER).scalar()
    return Observed(
        jobs=counts,
        oldest_s=oldest,
        owed=tx.execute(_OWED).scalar_one(),
        given_up=tx.execute(_GIVEN_UP).scalar_one(),
        master_key_age_s=None if master is None else (now - master).total_seconds(),
        key_expires_in_s=None if expiry is None else (expiry - now).total_seconds(),
    )
