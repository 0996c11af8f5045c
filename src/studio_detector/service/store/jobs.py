"""Jobs: accepted once, worked on by one, ended exactly once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Uuid, bindparam, func, literal, select, tuple_

from studio_detector.errors import RequestError
from studio_detector.service.records import Page
from studio_detector.service.store import accepting, cursors, tending
from studio_detector.service.store.conditions import IS_OVER, IS_RUNNING, IS_UNFINISHED, WAITS
from studio_detector.service.store.placing import chunks
from studio_detector.service.store.rows import JOB_COLUMNS, job_of
from studio_detector.service.store.sweeper_jobs import SweeperJobs
from studio_detector.service.store.tables import jobs
from studio_detector.service.store.types import UtcTime
from studio_detector.service.store.worker_jobs import WorkerJobs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from studio_detector.service.records import (
        Job,
        JobState,
        NewJob,
        Origin,
        Queue,
    )
    from studio_detector.service.store.terms import Idempotency, NewBatch

_OVER = frozenset({"done", "dead", "cancelled"})


class Jobs(WorkerJobs, SweeperJobs):
    """The jobs of all tenants; each method is one transaction.

    Args:
        db: Where they are.
        terms: Clock, leases and pauses.
    """

    def accept(
        self,
        new: Sequence[NewJob],
        *,
        idempotency: Idempotency | None = None,
        batch: NewBatch | None = None,
        sends: bool = False,
        origin: Origin | None = None,
    ) -> list[Job]:
        """Take jobs in, all or none.

        A job whose result is known is done at once; one whose work another does follows that
        one; a follower in a hurry moves its waiting leader to the queue "high".

        Args:
            new: The jobs; those of the batch name it.
            idempotency: Where the same request came before, its jobs are returned and nothing
                is stored: their ids are not those of ``new``.
            batch: The batch to make with them.
            sends: Whether the caller sends the messages of those that wait for a worker as
                soon as this returns, which saves a transaction for `sent`. Should it fail,
                `not_sent` says so; should it die, the sweeper finds the messages lost.
            origin: The request that they came with.

        Returns:
            The jobs in the order given.

        Raises:
            RequestError: ``idempotency_conflict`` if the key was used for another request,
                ``request_invalid`` for a batch without jobs.
            BusyError: ``store_unavailable``.
        """
        if not new:
            if batch is None:
                return []
            raise RequestError("the batch has no photo; send at least one", code="request_invalid")
        terms = self._terms
        return self._db.write(
            lambda tx: accepting.accept(
                tx, terms, new, idempotency, batch, sends=sends, origin=origin
            )
        )

    def promised(self, tenant: str, promise: Idempotency) -> list[Job]:
        """The jobs of the first request under an idempotency key; none if there was none.

        Raises:
            RequestError: ``idempotency_conflict`` if the key was used for another request.
        """
        return self._db.read(lambda tx: accepting.promised(tx, tenant, promise))

    def knows_key(self, tenant: str, key: str) -> bool:
        """Whether a request came under an idempotency key before, whichever it was."""
        return self._db.read(lambda tx: accepting.knows_key(tx, tenant, key))

    def accept_done(
        self, new: NewJob, result_id: UUID, *, origin: Origin | None = None
    ) -> Job | None:
        """Take in a job that was answered before it waited.

        Args:
            new: The job, of no batch.
            result_id: Its result.
            origin: The request that it came with.

        Returns:
            The job; None if the result was erased meanwhile, and then nothing is stored.
        """
        terms = self._terms
        return self._db.write(lambda tx: accepting.accept_done(tx, terms, new, result_id, origin))

    def sent(self, job_ids: Sequence[UUID]) -> None:
        """Note that messages for these jobs were handed to the broker."""
        if not job_ids:
            return
        now = self._terms.clock()
        values = [{"job": job_id, "now": now} for job_id in sorted(job_ids)]
        for part in chunks(values):
            self._db.write(lambda tx, part=part: accepting.sent(tx, part))  # type: ignore[misc]

    def not_sent(self, job_ids: Sequence[UUID]) -> None:
        """Note that messages for these jobs could not be sent: the sweeper sends them."""
        values = [{"job": job_id} for job_id in sorted(job_ids)]
        for part in chunks(values):
            self._db.write(lambda tx, part=part: accepting.not_sent(tx, part))  # type: ignore[misc]

    def get(self, tenant: str, job_id: UUID) -> Job:
        """One job.

        Raises:
            RequestError: ``job_unknown``.
        """
        return self._db.read(lambda tx: tending.get(tx, tenant, job_id))

    def over(self, job_ids: Sequence[UUID]) -> list[Job]:
        """Those of the jobs that are over, of whatever tenant."""
        found: list[Job] = []
        for part in chunks(job_ids):
            values = {"ids": part}
            rows = self._db.read(lambda tx, values=values: tx.execute(_THOSE_OVER, values).all())  # type: ignore[misc]
            found += map(job_of, rows)
        return found

    def find(
        self,
        tenant: str,
        state: JobState | None = None,
        batch_id: UUID | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Job]:
        """Jobs, the newest first.

        Args:
            tenant: Whose.
            state: Only these.
            batch_id: Only of this batch.
            cursor: Where the page begins; from the page before.
            limit: Most jobs of a page.

        Raises:
            RequestError: ``request_invalid`` for a cursor that is none.
        """
        query = select(*JOB_COLUMNS).where(jobs.c.tenant == tenant)
        if state is not None:
            query = query.where(jobs.c.state == state)
        if batch_id is not None:
            query = query.where(jobs.c.batch_id == batch_id)
        if cursor is not None:
            moment, mark = cursors.moment_and_id("jobs", cursor)
            last = tuple_(literal(moment, UtcTime()), literal(mark, Uuid()))
            query = query.where(tuple_(jobs.c.created_at, jobs.c.id) < last)
        query = query.order_by(jobs.c.created_at.desc(), jobs.c.id.desc()).limit(limit + 1)
        rows = self._db.read(lambda tx: tx.execute(query).all())
        items = tuple(job_of(row) for row in rows[:limit])
        if len(rows) <= limit:
            return Page(items=items)
        last_one = items[-1]
        return Page(items=items, cursor=cursors.written("jobs", last_one.created_at, last_one.id))

    def retry(self, tenant: str, job_id: UUID) -> Job:
        """Queue a dead or cancelled job again, with all of its tries.

        Raises:
            RequestError: ``job_unknown``; ``state_conflict`` for a job in another state.
        """
        terms = self._terms
        return self._db.write(lambda tx: tending.retry(tx, terms, tenant, job_id))

    def cancel(self, tenant: str, job_id: UUID) -> Job:
        """Call off a job that waits or runs; a follower takes over its work.

        Raises:
            RequestError: ``job_unknown``; ``state_conflict`` for a job that is done or dead.
        """
        terms = self._terms
        return self._db.write(lambda tx: tending.cancel(tx, terms, tenant, job_id))

    def purge(self, state: JobState, older_than_s: float) -> int:
        """Throw away jobs that ended in a state so many seconds ago; their number.

        Their results stay, and it stays known whom the pictures show. Jobs stay while a callback
        of theirs is still to be told.

        Raises:
            RequestError: ``state_conflict`` for a state that is not final.
        """
        if state not in _OVER:
            raise RequestError(
                f"jobs that are {state} are not over; purge done, dead or cancelled ones",
                code="state_conflict",
            )
        terms = self._terms
        before = terms.clock() - timedelta(seconds=older_than_s)
        total = 0
        while gone := self._db.write(lambda tx: tending.purge(tx, terms, state, before)):
            total += gone
        return total

    def forget_keys(self, before: datetime) -> int:
        """Free idempotency keys that were used before a moment; their number."""
        return self._db.write(lambda tx: tending.forget_keys(tx, before))

    def backlog(self) -> int:
        """Jobs that wait or run."""
        return int(self._db.read(lambda tx: tx.execute(_BACKLOG).scalar_one()))

    def counts(self) -> dict[tuple[Queue, JobState], int]:
        """Jobs by queue and state."""
        rows = self._db.read(lambda tx: tx.execute(_COUNTS).all())
        return {(row[0], row[1]): row[2] for row in rows}

    def unfinished(self, tenant: str) -> dict[tuple[Queue, JobState], int]:
        """Jobs of a tenant that wait or run, by queue and state."""
        query = _COUNTS.where(jobs.c.tenant == tenant, IS_UNFINISHED)
        rows = self._db.read(lambda tx: tx.execute(query).all())
        return {(row[0], row[1]): row[2] for row in rows}

    def oldest_wait_s(self, tenant: str, queue: Queue) -> float:
        """Seconds since the oldest job of a tenant was accepted that waits in a queue, or 0."""
        query = select(func.min(jobs.c.created_at)).where(
            jobs.c.tenant == tenant,
            WAITS,
            jobs.c.queue == queue,
            jobs.c.retry_at.is_(None),
        )
        oldest = self._db.read(lambda tx: tx.execute(query).scalar())
        if oldest is None:
            return 0.0
        return float(max(0.0, (self._terms.clock() - oldest).total_seconds()))


_THOSE_OVER = select(*JOB_COLUMNS).where(
    jobs.c.id.in_(bindparam("ids", type_=Uuid(), expanding=True)), IS_OVER
)
_COUNT = select(func.count()).select_from(jobs)
# Each part is counted in a partial index; together they are all that is queued or running.
_BACKLOG = select(
    _COUNT.where(IS_RUNNING, jobs.c.lease_until.is_not(None)).scalar_subquery()
    + _COUNT.where(WAITS).scalar_subquery()
    + _COUNT.where(jobs.c.leader_id.is_not(None)).scalar_subquery()
)
_COUNTS = select(jobs.c.queue, jobs.c.state, func.count()).group_by(jobs.c.queue, jobs.c.state)
