"""Where a scenario plays: a service, its client, and how far the work is."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from tools.faults import pictures
from tools.faults.poster import Poster
from tools.faults.service import Service

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from tools.faults.fleet import Fleet
    from tools.faults.pictures import Picture
    from tools.faults.truth import Database

_P = TypeVar("_P")
_POLL_S = 0.02
#: Jobs that may wait at any time, so that posting goes on as long as the work does.
_AHEAD = 150
_CONNECTIONS = 8
#: Fewer jobs are a test.
_SHORT = 500


class StalledError(RuntimeError):
    """Nothing is finished any more though something waits."""


class Stage:
    """One scenario in one mode.

    Args:
        fleet: The servers.
        mode: One of `service.MODES`.
        jobs: How many are to be posted.
        patience_s: How long nothing may be finished.
        seed: Of everything random.
    """

    def __init__(
        self, fleet: Fleet, mode: str, jobs: int, *, patience_s: float = 90.0, seed: int = 1
    ) -> None:
        self.fleet = fleet
        self.mode = mode
        self.jobs = jobs
        self.seed = seed
        self.chance = random.Random(seed)  # noqa: S311 - nothing secret
        self._patience_s = patience_s
        self._service: Service | None = None
        self._poster: Poster | None = None
        self._database: Database | None = None
        self._posting: asyncio.Task[None] | None = None
        self._counts: dict[str, int] = {}
        self._rest = 0
        self._moved = asyncio.Event()
        self._posts = 0
        self._may_post: int | None = None
        #: When posting began, by the monotonic clock.
        self.began = 0.0
        self.finished = 0
        self.running = 0

    @property
    def service(self) -> Service:
        """The service, once it is there."""
        return _there(self._service)

    @property
    def poster(self) -> Poster:
        """The client, once the service is there."""
        return _there(self._poster)

    @property
    def database(self) -> Database:
        """The database, once the service is there."""
        return _there(self._database)

    @property
    def is_open(self) -> bool:
        """Whether the service was up once."""
        return self._database is not None

    @property
    def is_short(self) -> bool:
        """Whether it is a test, which has no time to wait."""
        return self.jobs < _SHORT

    @property
    def is_scaled(self) -> bool:
        """Whether workers are processes of their own."""
        return self.mode != "embedded"

    async def open(self, *, apis: int = 1, workers: int = 2, **parts: Any) -> None:  # noqa: ANN401 - Service's
        """Start a service for this mode.

        Args:
            apis: Processes that serve; the embedded service has one.
            workers: Processes that analyse: the embedded service's own, or as many workers
                with one each.
            parts: For `Service`.
        """
        self.prepare(**parts)
        await self.start_apis(apis, workers)
        if self.is_scaled:
            await self.start_workers(workers)

    def prepare(self, **parts: Any) -> None:  # noqa: ANN401 - Service's
        """Make the service without starting it."""
        urls: dict[str, str] = {}
        if self.is_scaled:
            broker = self.fleet.redis if self.mode == "redis" else self.fleet.rabbitmq
            urls = {
                "database_url": self.fleet.postgres.new_database(),
                "broker_url": broker.url,
                "cache_url": self.fleet.redis.url,
            }
        name = f"{self.mode}-{secrets.token_hex(4)}"
        self._service = Service(self.fleet.crew, name, urls=urls, **parts)

    async def start_apis(self, apis: int = 1, workers: int = 2) -> None:
        """Start what serves, and look into the database from then on."""
        await asyncio.gather(
            *(
                asyncio.to_thread(self.service.start_api, number, "--workers", str(workers))
                for number in range(apis)
            )
        )
        self._poster = Poster(self.service.addresses)
        self._database = self.service.database()
        self._database.watch()

    async def start_workers(self, count: int = 1) -> None:
        """Start workers with one process for the analysis each."""
        await asyncio.gather(
            *(asyncio.to_thread(self.service.start_worker, "--workers", "1") for _ in range(count))
        )

    async def close(self) -> list[str]:
        """End the service; what was wrong with that."""
        if self._posting is not None:
            self._posting.cancel()
            await asyncio.gather(self._posting, return_exceptions=True)
        problems = []
        if self._service is not None:
            problems = await asyncio.to_thread(self._service.stop)
        if self._poster is not None:
            await self._poster.__aexit__()
        if self._database is not None:
            self._database.close()
        return problems

    def begin(self, posted: Sequence[Picture] | None = None) -> None:
        """Post in the background.

        Args:
            posted: What; None for good pictures, as many as jobs are asked for.
        """
        self.began = self.began or time.monotonic()
        if posted is None:
            posted = pictures.good(self.jobs, self.seed)
        self._posting = asyncio.create_task(
            self.poster.post_all(posted, connections=_CONNECTIONS, gate=self._gate)
        )

    async def post_all(self) -> None:
        """Post good pictures, as many as jobs are asked for, without waiting for work."""
        self.began = time.monotonic()
        posted = pictures.good(self.jobs, self.seed)
        await self.poster.post_all(posted, connections=_CONNECTIONS)

    async def strikes(
        self, count: int, is_ripe: Callable[[], bool] = lambda: True
    ) -> AsyncIterator[int]:
        """Moments to strike, spread over the run, each while a job is running.

        Posting goes on between them, so that each meets both posts and work.

        Args:
            count: So many.
            is_ripe: What must be so beside.

        Yields:
            1, 2 ... up to ``count``.

        Raises:
            StalledError: Nothing is finished any more.
        """
        self._may_post = self._posts
        for number in range(1, count + 1):
            part = max(1, (self.jobs - self._posts) // (count + 2 - number))
            self._may_post = max(self._may_post, self._posts + part)
            aim = self.finished + part // 2
            await self.until(lambda aim=aim: self._is_time(aim) and is_ripe(), f"strike {number}")  # type: ignore[misc]
            yield number
        self._may_post = None

    def _is_time(self, aim: int) -> bool:
        if self.finished < aim:
            return False
        if not self.running and self._may_post is not None and not self._rest:
            self._may_post += _CONNECTIONS
        return self.running > 0

    async def _gate(self) -> None:
        while self._posts - self.finished >= _AHEAD or (
            self._may_post is not None and self._posts >= self._may_post
        ):
            self._moved.clear()
            await self._moved.wait()
        self._posts += 1

    async def settled(self) -> None:
        """Wait until everything is posted and over.

        Raises:
            StalledError: Nothing is finished any more.
        """
        if self._posting is not None:
            posting = self._posting
            await self.until(posting.done, "the end of posting")
            await posting
        await self.until(
            lambda: self.finished >= len(self.poster.accepted) and not self._rest, "the end"
        )

    async def until(self, is_so: Callable[[], bool], what: str) -> None:
        """Wait for something while jobs are being finished."""
        seen, since = -1, time.monotonic()
        while True:
            self._look()
            if is_so():
                return
            if self.finished != seen:
                seen, since = self.finished, time.monotonic()
            if time.monotonic() - since > self._patience_s:
                raise StalledError(
                    f"waited {self._patience_s:.0f} s for {what}: {self.finished} of "
                    f"{len(self.poster.accepted)} accepted are finished, {self._counts}; "
                    f"refused: {dict(self.poster.refused)}"
                )
            await asyncio.sleep(_POLL_S)

    def _look(self) -> None:
        try:
            self._counts = self.database.counts()
        except SQLAlchemyError:  # it may be the one that is stopped
            return
        self._moved.set()
        self.finished = sum(self._counts.get(state, 0) for state in ("done", "dead"))
        self.running = self._counts.get("running", 0)
        self._rest = sum(self._counts.get(state, 0) for state in ("queued", "running"))


def _there(part: _P | None) -> _P:
    if part is None:
        raise RuntimeError("the service is not there yet")
    return part
