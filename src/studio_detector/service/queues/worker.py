"""The worker: pools of threads that take names from the broker and do what they stand for."""

from __future__ import annotations

import logging
import threading
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from studio_detector.batch.cores import usable_cores
from studio_detector.errors import BusyError
from studio_detector.service.logs.context import bound
from studio_detector.service.queues.leases import Leases
from studio_detector.service.queues.patience import Patience
from studio_detector.service.queues.pools import QUEUES, pools_of
from studio_detector.service.queues.precedence import Precedence
from studio_detector.service.queues.retention import adopt_orphans, forget_old, throw_away
from studio_detector.service.queues.sweeper import ORPHANS, RETENTION, Sweeper
from studio_detector.service.queues.together import MOST_TOGETHER, run_jobs
from studio_detector.service.queues.work import run_job

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_detector.service.queues.parts import WorkerParts
    from studio_detector.service.queues.pools import Pools
    from studio_detector.service.records import Queue
    from studio_detector.service.settings import ServiceSettings

_log = logging.getLogger(__name__)


class Worker:
    """Serves queues on threads of this process; pictures are analysed in child processes.

    Args:
        parts: The parts of the service; not closed here.
        queues: What to serve. Whoever serves "maintenance" sweeps, too.
    """

    def __init__(self, parts: WorkerParts, queues: Sequence[Queue] = QUEUES) -> None:
        settings = parts.settings
        self._parts = parts
        self._pools = pools_for(settings, queues)
        self._threads = {
            queue: threads for shared, threads in self._pools.items() for queue in shared
        }
        self._stopping = threading.Event()
        self._patience = Patience(self._stopping)
        self._precedence = Precedence()
        self._leases = Leases(parts.store.jobs, settings.lease_s)
        self._sweeper = (
            Sweeper(
                parts.store,
                parts.broker,
                parts.watch,
                settings.sweep_every_s,
                died=lambda job: parts.metrics.jobs.died(job.queue, job.error_code),
            )
            if "maintenance" in queues
            else None
        )

    def start(self) -> None:
        """Begin to serve.

        Where nobody else can have been working, what a killed process left is taken up at once.

        Raises:
            BusyError: ``store_unavailable``.
        """
        settings = self._parts.settings
        if not settings.is_scaled and settings.database_url is None:
            taken_up = self._parts.store.jobs.reset_running()
            if taken_up:
                _log.info("%d jobs of an earlier process are taken up again", taken_up)
        self._leases.start()
        self._parts.broker.consume(self._pools, self.handle)
        if self._sweeper is not None:
            self._sweeper.start()

    def stop(self, drain_s: float) -> None:
        """Take nothing new, let what was begun end, give back what did not.

        Args:
            drain_s: Seconds to wait for what was begun.
        """
        self._stopping.set()
        if self._sweeper is not None:
            self._sweeper.stop()
        self._parts.broker.stop(drain_s)
        given_back = self._leases.release()
        if given_back:
            _log.warning("%d jobs were not done within %g s and go back", given_back, drain_s)
        self._leases.stop()

    def handle(self, queue: Queue, name: str) -> None:
        """Do what a message stands for.

        Args:
            queue: Where it came from.
            name: Of a job, of a delivery, or of a task of maintenance.
        """
        with bound(queue=queue):
            try:
                self._do(queue, name)
            except BusyError as error:
                # The store still has it: its lease ends, or the sweeper finds its message missing.
                _log.warning("put off: %s", error.message)

    def _do(self, queue: Queue, name: str) -> None:
        if queue == "maintenance":
            self._maintain(name)
            return
        what = _named(queue, name)
        if what is None:
            return
        if queue == "webhook":
            self._parts.deliverer.deliver(what)
        elif queue == "high":
            with self._precedence.urgent():
                run_job(self._parts, self._leases, self._patience, what)
        else:
            stand_back = self._precedence.stand_back
            those = [what, *self._along(queue)]
            give_back = partial(self._parts.broker.give_back, queue)
            run_jobs(self._parts, self._leases, self._patience, those, stand_back, give_back)

    def _along(self, queue: Queue) -> list[UUID]:
        """Jobs to try together with the one in hand, where many wait.

        No more than this thread's share: towards the end of what waits, each has less in hand,
        so that all of them end at about the same time.
        """
        names = self._parts.broker.take_along(queue, MOST_TOGETHER - 1, self._threads[queue])
        return [what for name in names if (what := _named(queue, name)) is not None]

    def _maintain(self, task: str) -> None:
        parts, settings = self._parts, self._parts.settings
        if task == RETENTION:
            parts.blobs.tidy()
            if settings.keep_results_s > 0:
                forget_old(parts, keep_results_s=settings.keep_results_s)
            try:
                throw_away(
                    parts.store,
                    parts.blobs,
                    keep_pictures_s=settings.keep_pictures_s,
                    keep_failed_pictures_s=settings.keep_failed_pictures_s,
                )
            finally:
                # Also while the place of the pictures is away.
                parts.store.erasures.scrub_again()
        elif task == ORPHANS:
            adopt_orphans(parts.store, parts.blobs, keep_pictures_s=settings.keep_pictures_s)
        else:
            _log.warning("there is no task %.40r", task)


def _named(queue: Queue, name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        _log.warning("a message in %s names nothing of ours", queue)
        return None


def pools_for(settings: ServiceSettings, queues: Sequence[Queue] = QUEUES) -> Pools:
    """The pools of a worker; `children_of` tells how many child processes it can use."""
    return pools_of(
        queues, workers=settings.workers or usable_cores(), split_phases=settings.split_phases
    )


def run_worker(parts: WorkerParts, queues: Sequence[Queue], stop: threading.Event) -> None:
    """Serve queues until told to stop; then drain.

    Args:
        parts: The parts of the service; not closed here.
        queues: What to serve.
        stop: Set by a signal.

    Raises:
        BusyError: ``store_unavailable`` at the start.
    """
    worker = Worker(parts, queues)
    worker.start()
    stop.wait()
    worker.stop(parts.settings.drain_s)
