"""Requests that wait for their job: woken at once by a worker here, else by asking the store."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from studio_detector.errors import BusyError, StudioDetectorError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from studio_detector.service.records import Job
    from studio_detector.service.store import Store

_log = logging.getLogger(__name__)

# A job takes tens of milliseconds. With 20 ms growing by half, every answer through Redis came at
# 77 ms instead of 44.
_FIRST_PAUSE_S = 0.01
# Who waits longer than this can wait a little longer for the end to be seen. Where pauses grew
# from the first, an urgent job that shared its machine was seen up to 30 ms after its end.
_QUICK_S = 0.15
# Where all work is done in this process, nearly every end is told here. One that is not, since
# another process brought it about or its tries were used up, is seen this late. With 0.25 s, a
# request that waited for its turn asked once or twice in vain: 4 % of the server's work for it.
_PAUSE_TOLD_S = 1.0
# But whoever follows a job may follow that of another process with the same database.
_PAUSE_FOLLOWING_S = 0.25
# A job that another process erased has no end to be found: whether it is there is asked for.
_LOOK_EVERY_S = 5.0
_PAUSE_GROWS = 1.25
_LONGEST_PAUSE_S = 0.5
# Jobs that were over before anybody waited: far more than end between two steps of a request.
_REMEMBERED = 1_000
_ERASED = "the job was erased on request"


@dataclass(slots=True, eq=False)
class _Waiter:
    job_id: UUID
    over: asyncio.Future[Job]
    since: float
    ask_at: float
    pause_s: float
    image_hash: str | None = None


@dataclass(slots=True)
class _Waiters:
    """Those of one event loop; touched by that loop alone."""

    loop: asyncio.AbstractEventLoop
    by_job: dict[UUID, set[_Waiter]] = field(default_factory=dict)
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    poller: asyncio.Task[None] | None = None


class JobWatch:
    """Knows who waits for which job.

    All who wait share one question to the store at a time, however many they are.

    Args:
        store: Has the jobs.
        is_told: Whether all jobs are worked on in this process, so that `notify` tells of them.
    """

    def __init__(self, store: Store, *, is_told: bool = False) -> None:
        self._store = store
        self._first_pause_s = _PAUSE_TOLD_S if is_told else _FIRST_PAUSE_S
        self._lock = threading.Lock()
        self._waiting: _Waiters | None = None
        self._ended: OrderedDict[UUID, Job] = OrderedDict()

    def notify(self, *jobs: Job) -> None:
        """Say that jobs, and maybe others that followed them, are over; from any thread."""
        with self._lock:
            waiting = self._waiting
            for job in jobs:
                # A thousand results would be much to hold for the few who come too late.
                self._ended[job.id] = job if job.result is None else replace(job, result=None)
            while len(self._ended) > _REMEMBERED:
                self._ended.popitem(last=False)
        if waiting is None or not waiting.by_job or not jobs:
            return
        try:
            # Once for all, since each call wakes the loop.
            waiting.loop.call_soon_threadsafe(self._tell, waiting, jobs)
        except RuntimeError:  # the loop was closed meanwhile
            _log.debug("nobody waits any more")

    def erased(self, jobs: Sequence[Job], /) -> None:
        """Forget jobs that were erased; whoever waits for one learns that it was cancelled."""
        with self._lock:
            waiting = self._waiting
            for job in jobs:
                self._ended.pop(job.id, None)
        if waiting is None or not waiting.by_job:
            return
        for job in jobs:
            if job.is_over:
                continue
            told = replace(job, state="cancelled", error_code="cancelled", error_message=_ERASED)
            try:
                waiting.loop.call_soon_threadsafe(self._tell, waiting, [told])
            except RuntimeError:  # the loop was closed meanwhile
                return

    async def wait(
        self, tenant: str, job_id: UUID, timeout_s: float, *, known: Job | None = None
    ) -> Job:
        """Wait until a job is over.

        Args:
            tenant: Whose it is.
            job_id: The job.
            timeout_s: Seconds to wait at most.
            known: The job as it was accepted a moment ago, which saves asking the store.

        Returns:
            The job, over or as it is when the time is up.

        Raises:
            RequestError: ``job_unknown``, also some seconds after it was erased elsewhere.
            BusyError: ``store_unavailable``.
        """
        loop = asyncio.get_running_loop()
        waiting = self._of(loop)
        now = loop.time()
        waiter = _Waiter(job_id, loop.create_future(), now, now, self._first_pause_s)
        # Registered before the store is asked, so that no end falls in between.
        waiting.by_job.setdefault(job_id, set()).add(waiter)
        try:
            job = known
            if job is None:
                job = await asyncio.to_thread(self._store.jobs.get, tenant, job_id)
            elif job.started_at is None:
                # Never tried yet, so what ended here is this very job and not an earlier end.
                job = self._over_here(tenant, job_id) or job
            if job.is_over or timeout_s <= 0:
                return job
            waiter.image_hash = job.image_hash
            if job.leader_id is not None:
                waiter.pause_s = min(waiter.pause_s, _PAUSE_FOLLOWING_S)
            # One that was at work when it was seen may have ended before anybody waited.
            is_missed = known is not None and (known.started_at or known.leader_id) is not None
            waiter.ask_at = loop.time() + (0.0 if is_missed else waiter.pause_s)
            if is_missed or job.leader_id is not None:
                waiting.hurry.set()
            if waiting.poller is None or waiting.poller.done():
                waiting.poller = loop.create_task(self._poll(waiting))
            return await self._over(waiter, tenant, timeout_s)
        finally:
            same = waiting.by_job.get(job_id, set())
            same.discard(waiter)
            if not same:
                waiting.by_job.pop(job_id, None)

    async def _over(self, waiter: _Waiter, tenant: str, timeout_s: float) -> Job:
        """The job, over or as it is when the time is up."""
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout_s
        while True:
            pause_s = min(until - loop.time(), _LOOK_EVERY_S)
            try:
                return await asyncio.wait_for(asyncio.shield(waiter.over), pause_s)
            except TimeoutError:
                try:
                    job = await asyncio.to_thread(self._store.jobs.get, tenant, waiter.job_id)
                except BusyError:
                    if loop.time() >= until:
                        raise
                    continue
                if job.is_over or loop.time() >= until:
                    return job

    def _over_here(self, tenant: str, job_id: UUID) -> Job | None:
        """The job, if it ended in this process a moment ago."""
        with self._lock:
            job = self._ended.get(job_id)
        return job if job is not None and job.tenant == tenant else None

    def _of(self, loop: asyncio.AbstractEventLoop) -> _Waiters:
        with self._lock:
            if self._waiting is None or self._waiting.loop is not loop:
                self._waiting = _Waiters(loop)
            return self._waiting

    def _tell(self, waiting: _Waiters, jobs: Sequence[Job]) -> None:
        for job in jobs:
            for waiter in waiting.by_job.get(job.id, ()):
                if not waiter.over.done():
                    waiter.over.set_result(job)
        # Jobs of the same picture may have followed these; they are asked for at the next look.
        ended = {None, *(job.image_hash for job in jobs)}
        now = waiting.loop.time()
        for waiters in waiting.by_job.values():
            for waiter in waiters:
                if waiter.image_hash in ended and not waiter.over.done():
                    waiter.ask_at = min(waiter.ask_at, now)
                    waiting.hurry.set()

    async def _poll(self, waiting: _Waiters) -> None:
        while waiting.by_job:
            # Never more often, however many ends are told.
            await asyncio.sleep(_FIRST_PAUSE_S)
            await self._until_due(waiting)
            now = waiting.loop.time()
            due = [
                waiter
                for waiters in waiting.by_job.values()
                for waiter in waiters
                if waiter.ask_at <= now and not waiter.over.done()
            ]
            if not due:
                continue
            for waiter in due:
                if now - waiter.since >= _QUICK_S:
                    longest_s = max(_LONGEST_PAUSE_S, waiter.pause_s)
                    waiter.pause_s = min(longest_s, waiter.pause_s * _PAUSE_GROWS)
                # Before asking: who is told of a leader while the question is on its way is in a
                # hurry again, since the answer may be older than that.
                waiter.ask_at = now + waiter.pause_s
            try:
                ids = list({waiter.job_id for waiter in due})
                over = await asyncio.to_thread(self._store.jobs.over, ids)
            except StudioDetectorError as error:
                _log.debug("asked in vain: %s", error.message)
                for waiter in due:
                    waiter.ask_at = min(waiter.ask_at, now + _PAUSE_FOLLOWING_S)
                continue
            ended = {job.id: job for job in over}
            for waiter in due:
                if waiter.job_id in ended and not waiter.over.done():
                    waiter.over.set_result(ended[waiter.job_id])

    async def _until_due(self, waiting: _Waiters) -> None:
        """Sleep until somebody's next question is due, or somebody is in a hurry."""
        due_at = [
            waiter.ask_at
            for waiters in waiting.by_job.values()
            for waiter in waiters
            if not waiter.over.done()
        ]
        # Whoever comes meanwhile has a pause of at least this before the first question, or is
        # in a hurry.
        pause_s = min(self._first_pause_s, min(due_at, default=0.0) - waiting.loop.time())
        if pause_s > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await waiting.hurry.wait()
        waiting.hurry.clear()
