"""Messages in the memory of this process: nothing to install, nothing survives."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict, deque
from typing import TYPE_CHECKING

from studio_detector.service.queues.wire import most_held

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from studio_detector.service.records import Queue

# What ends by itself in a moment is over before the parts that it uses are closed.
_SHORTEST_STOP_S = 1.0


class EmbeddedWire:
    """`Wire` between the threads of one process.

    It has threads of its own and not dramatiq's, which hand each message from one thread to
    another: in a process whose threads are all at work, each such step waits for its turn.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: defaultdict[Queue, deque[str]] = defaultdict(deque)
        self._pools: list[EmbeddedPool] = []

    def send(self, queue: Queue, name: str) -> None:
        """See `Wire.send`."""
        with self._lock:
            self._lines[queue].append(name)
            for pool in self._pools:
                pool.wake(queue)

    def depth(self, queue: Queue) -> int:
        """See `Wire.depth`."""
        with self._lock:
            return len(self._lines[queue])

    def take_along(self, queue: Queue, most: int, takers: int) -> list[str]:
        """See `Wire.take_along`; what is in memory is lost with this process in any case."""
        with self._lock:
            line = self._lines[queue]
            return [line.popleft() for _ in range(min(most, len(line) // takers))]

    def give_back(self, queue: Queue, names: Sequence[str]) -> None:
        """See `Wire.give_back`."""
        with self._lock:
            self._lines[queue].extendleft(reversed(names))
            for pool in self._pools:
                pool.wake(queue)

    def probe(self) -> str:
        """See `Wire.probe`; memory needs no trial."""
        return "the memory of the process that serves"

    def serve(
        self, queues: Sequence[Queue], threads: int, handle: Callable[[Queue, str], None]
    ) -> EmbeddedPool:
        """See `Wire.serve`."""
        pool = EmbeddedPool(self._lock, self._lines, most_held(queues, threads), handle)
        with self._lock:
            self._pools.append(pool)
        pool.start(threads)
        return pool

    def close(self) -> None:
        """See `Wire.close`."""
        with self._lock:
            self._lines.clear()
            self._pools.clear()


class EmbeddedPool:
    """`Pool` of threads that take names out of lines.

    Args:
        lock: Of the lines.
        lines: The names of each queue, in their order.
        limits: Queue, the most urgent first -> most of its names that are handled at once.
        handle: Called with queue and name; it raises nothing.
    """

    def __init__(
        self,
        lock: threading.Lock,
        lines: defaultdict[Queue, deque[str]],
        limits: dict[Queue, int],
        handle: Callable[[Queue, str], None],
    ) -> None:
        self._lines = lines
        self._limits = limits
        self._handle = handle
        self._running: Counter[Queue] = Counter()
        self._changed = threading.Condition(lock)
        self._is_stopping = False
        self._threads: list[threading.Thread] = []

    def start(self, threads: int) -> None:
        """Begin to serve.

        Args:
            threads: How many.
        """
        name = "-".join(self._limits)
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def wake(self, queue: Queue) -> None:
        """Have a thread look at a queue that got a name; the lock is held."""
        # Whoever is at work looks by itself when it is done.
        if self._running[queue] < self._limits.get(queue, 0):
            self._changed.notify()

    def stop(self, drain_s: float) -> None:
        """See `Pool.stop`; what was not begun was never taken."""
        until = time.monotonic() + max(_SHORTEST_STOP_S, drain_s)
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _work(self) -> None:
        while (taken := self._next()) is not None:
            queue, name = taken
            try:
                self._handle(queue, name)
            finally:
                with self._changed:
                    self._running[queue] -= 1

    def _next(self) -> tuple[Queue, str] | None:
        """The next name and its queue; None when the pool is to stop."""
        with self._changed:
            while not self._is_stopping:
                queue = self._takable()
                if queue is None:
                    self._changed.wait()
                    continue
                name = self._lines[queue].popleft()
                self._running[queue] += 1
                if self._takable() is not None:
                    self._changed.notify()
                return queue, name
            return None

    def _takable(self) -> Queue | None:
        """The most urgent queue of which a name may be taken now."""
        for queue, most in self._limits.items():
            if self._running[queue] < most and self._lines[queue]:
                return queue
        return None
