"""What the routes share: the parts of the service, threads, and the sign that it is ending."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from studio_detector.errors import BusyError
from studio_detector.service.api.pieces import Pace
from studio_detector.service.api.threads import Threads
from studio_detector.service.api.uploads import Uploads

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from uuid import UUID

    from studio_detector.service.parts import Parts
    from studio_detector.service.records import Job

# How soon those who wait learn that the service is about to stop.
_LOOK_S = 0.2
_RETRY_AFTER_S = 5.0
# Of the time that running jobs have at the end; the rest is for sending the answer.
_SHARE = 0.75


@dataclass(slots=True, eq=False)
class Room:
    """What every route may use.

    Attributes:
        parts: The service.
        threads: Where blocking work runs.
        stopping: Set on the event loop once ``parts.draining`` is.
        idle: Set while no request is being answered.
        uploads: Room for what is being sent.
        pace: How slowly that may come.
        arrivals: Room for archives that are taken in while they come. Few, since each holds a
            thread for as long as its sender takes; all others are laid aside first.
    """

    parts: Parts
    threads: Threads = field(default_factory=Threads)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    uploads: Uploads = field(init=False)
    pace: Pace = field(init=False)
    arrivals: asyncio.Semaphore = field(init=False)
    _requests: int = 0

    def __post_init__(self) -> None:
        settings = self.parts.settings
        self.idle.set()
        self.arrivals = asyncio.Semaphore(int(self.threads.arrivals.total_tokens))
        self.pace = Pace(rest_s=settings.body_timeout_s, bytes_per_s=settings.body_bytes_per_s)
        self.uploads = Uploads(
            settings.max_upload_memory_bytes,
            settings.max_upload_disk_bytes,
            is_shared=not settings.is_open,
        )

    def enter(self) -> None:
        """Note that a request has come."""
        self._requests += 1
        self.idle.clear()

    def leave(self) -> None:
        """Note that it was answered."""
        self._requests -= 1
        if not self._requests:
            self.idle.set()

    def check_open(self) -> None:
        """Refuse what begins something new once the service is about to stop.

        Raises:
            BusyError: ``draining``.
        """
        if self.parts.draining.is_set():
            raise BusyError(
                "the service is about to stop and takes nothing new; send it again in a moment",
                code="draining",
                retry_after_s=_RETRY_AFTER_S,
            )

    async def wait_for_job(
        self, tenant: str, job_id: UUID, timeout_s: float, *, known: Job | None = None
    ) -> Job:
        """Wait until a job is over, the time is up, or waiting would hold up the end.

        A job that runs when the service begins to stop may still be waited for.

        Args:
            tenant: Whose.
            job_id: The job.
            timeout_s: Seconds.
            known: The job as it was accepted a moment ago.

        Raises:
            RequestError: ``job_unknown``.
            BusyError: ``store_unavailable``.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout_s
        job = await self._wait(tenant, job_id, timeout_s, known)
        if job.state == "running" and self.stopping.is_set():
            for_sending_s = self.parts.settings.drain_s * (1 - _SHARE)
            left_s = min(end - loop.time(), self.parts.draining.left_s() - for_sending_s)
            if left_s > 0:
                job = await self.parts.watch.wait(tenant, job_id, left_s)
        return job

    async def sleep(self, seconds: float) -> None:
        """Wait, but not when the service is about to stop."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), seconds)

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Pass on the sign of the parts to the event loop while the block runs."""
        task = asyncio.get_running_loop().create_task(self._pass_on())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _wait(self, tenant: str, job_id: UUID, timeout_s: float, known: Job | None) -> Job:
        watch = self.parts.watch
        if self.stopping.is_set():
            return await watch.wait(tenant, job_id, 0.0)
        loop = asyncio.get_running_loop()
        waiting = loop.create_task(watch.wait(tenant, job_id, timeout_s, known=known))
        stopping = loop.create_task(self.stopping.wait())
        try:
            await asyncio.wait((waiting, stopping), return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                return waiting.result()
        finally:
            waiting.cancel()
            stopping.cancel()
        return await watch.wait(tenant, job_id, 0.0)

    async def _pass_on(self) -> None:
        while not self.parts.draining.is_set():  # noqa: ASYNC110 - set by threads
            await asyncio.sleep(_LOOK_S)
        self.stopping.set()
