"""Finds what fell between two chairs: jobs without a message, without a worker, callbacks due."""

from __future__ import annotations

import logging
import random
import threading
import time
from typing import TYPE_CHECKING

from studio_detector.errors import BusyError
from studio_detector.service.records import JOB_QUEUES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from studio_detector.service.queues.broker import Broker
    from studio_detector.service.queues.parts import Watch
    from studio_detector.service.records import Job, Queue
    from studio_detector.service.store import Store

_log = logging.getLogger(__name__)

#: Tasks of maintenance by the name that their messages carry; see `retention`.
RETENTION = "retention"
ORPHANS = "orphans"

# Task -> seconds until it is first asked for, and between askings. Orphans are looked for among
# all pictures.
_TASKS = {RETENTION: (0.0, 60.0), ORPHANS: (600.0, 86_400.0)}

# Most messages of one step; what is left, the next step takes.
_PART = 500
_AT_ONCE = 50
# A message waits for a thread only while its queue is not empty, so one that is as old as this
# and not in the queue was lost, or its handler is.
_LOST_AFTER_LOOKS = 10
# While the queue is never empty, nobody can tell; a second message in ten minutes costs nothing.
_DOUBTFUL_AFTER_S = 600.0
_DOUBTFUL_PART = 100
# Callbacks in the broker at once: the rest is in the store, which forgets none.
_WEBHOOK_MESSAGES = 200


class Sweeper:
    """Looks through the store again and again, on a thread of its own.

    Several may run beside one another, in one process or in many: at worst a message comes
    twice.

    Args:
        store: The truth.
        broker: Where messages go.
        watch: Whom to tell of jobs that are over.
        every_s: Pause between looks; jittered, so that several do not look at once.
        died: Told of the jobs whose tries are found to be used up.
    """

    def __init__(
        self,
        store: Store,
        broker: Broker,
        watch: Watch,
        every_s: float,
        *,
        died: Callable[[Job], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._broker = broker
        self._watch = watch
        self._every_s = every_s
        self._died = died
        now = time.monotonic()
        self._task_at = {task: now + first_s for task, (first_s, _) in _TASKS.items()}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)

    def start(self) -> None:
        """Begin, with a look at once."""
        self._thread.start()

    def stop(self) -> None:
        """End after the look that is being taken."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def sweep(self) -> None:
        """Take one look.

        Raises:
            BusyError: ``store_unavailable``.
        """
        for job in self._store.jobs.expire():
            if job.is_over:
                self._watch.notify(job)
            if job.state == "dead":
                self._died(job)
        if not self._broker.ping():
            return
        self._send_unsent()
        for queue in JOB_QUEUES:
            self._send_lost(queue)
        self._send_deliveries()
        now = time.monotonic()
        for task, (_, every_s) in _TASKS.items():
            if now >= self._task_at[task] and self._broker.send("maintenance", task):
                self._task_at[task] = now + every_s

    def _run(self) -> None:
        is_away = False
        while not self._stopping.is_set():
            try:
                self.sweep()
                is_away = False
            except BusyError as error:
                if not is_away:
                    _log.warning("nothing is swept: %s", error.message)
                is_away = True
            except Exception:  # noqa: BLE001 - the thread must go on
                _log.exception("a sweep failed")
            self._stopping.wait(self._every_s * random.uniform(0.75, 1.25))  # noqa: S311 - no secret

    def _send_unsent(self) -> None:
        while not self._stopping.is_set():
            found = self._store.jobs.unsent(_PART)
            if not self._sent_all(found) or len(found) < _PART:
                return

    def _send_lost(self, queue: Queue) -> None:
        depth = self._broker.depth(queue)
        if depth is None:
            return
        lost_after_s = _LOST_AFTER_LOOKS * self._every_s
        age_s, most = (_DOUBTFUL_AFTER_S, _DOUBTFUL_PART) if depth else (lost_after_s, _PART)
        self._sent_all([(job_id, queue) for job_id in self._store.jobs.stale(queue, age_s, most)])

    def _sent_all(self, found: Sequence[tuple[UUID, Queue]]) -> bool:
        """Send messages for jobs; whether the broker took all of them.

        A few at a time, because a job may be worked on, and need its next message, before it is
        noted that this one was sent.
        """
        for start in range(0, len(found), _AT_ONCE):
            few = found[start : start + _AT_ONCE]
            sent = [job_id for job_id, queue in few if self._broker.send(queue, job_id)]
            self._store.jobs.sent(sent)
            if len(sent) < len(few):
                return False
        return True

    def _send_deliveries(self) -> None:
        depth = self._broker.depth("webhook")
        if depth is None or depth >= _WEBHOOK_MESSAGES:
            return
        # The store gives each only once in a while, until it was tried.
        for delivery_id in self._store.deliveries.due(_WEBHOOK_MESSAGES - depth):
            self._broker.send("webhook", delivery_id)
