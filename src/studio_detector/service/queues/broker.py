"""Our view of a message broker: names in, names out, at least once."""

from __future__ import annotations

import logging
import threading
from functools import partial
from typing import TYPE_CHECKING

from studio_detector.service.queues.wire import ServerAwayError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from uuid import UUID

    from studio_detector.service.breaker import Breaker
    from studio_detector.service.queues.wire import Pool, Wire
    from studio_detector.service.records import Queue

_log = logging.getLogger(__name__)


class Broker:
    """Carries the names of jobs, deliveries and tasks to the pools that handle them.

    A message may come twice, late, or, when its server loses it, never: the store is the truth,
    and the sweeper sends again. Thread-safe.

    Args:
        wire: The kind of server.
        breaker: Opens when the server is away.
    """

    def __init__(self, wire: Wire, breaker: Breaker) -> None:
        self._wire = wire
        self._breaker = breaker
        self._pools: list[Pool] = []

    def send(self, queue: Queue, name: UUID | str) -> bool:
        """Put a name at the end of a queue.

        Returns:
            Whether it is there. If the server is away, False: at first after about a second,
            then for a while at once.
        """
        if not self._breaker.allows():
            return False
        try:
            self._wire.send(queue, str(name))
        except ServerAwayError as error:
            self._breaker.failed()
            _log.debug("not sent: %s", error)
            return False
        self._breaker.succeeded()
        return True

    def depth(self, queue: Queue) -> int | None:
        """Count the messages of a queue that nobody has taken; None if the server is away."""
        if not self._breaker.allows():
            return None
        try:
            depth = self._wire.depth(queue)
        except ServerAwayError:
            self._breaker.failed()
            return None
        self._breaker.succeeded()
        return depth

    def take_along(self, queue: Queue, most: int, takers: int) -> list[str]:
        """Take more names off a queue for who handles one of it; see `Wire.take_along`."""
        return self._wire.take_along(queue, most, takers)

    def give_back(self, queue: Queue, names: Sequence[UUID]) -> None:
        """Put names that were taken along where they were; see `Wire.give_back`."""
        if names:
            self._wire.give_back(queue, [str(name) for name in names])

    def ping(self) -> bool:
        """Say whether the server answers; never later than after about a second."""
        try:
            self._wire.depth("maintenance")
        except ServerAwayError:
            self._breaker.failed()
            return False
        self._breaker.succeeded()
        return True

    def probe(self) -> str:
        """Have a message go and come back, and leave nothing behind.

        Returns:
            What carried it, for people.

        Raises:
            ServerAwayError: If it did not come back within about a second.
        """
        return self._wire.probe()

    def consume(
        self, pools: Mapping[tuple[Queue, ...], int], handler: Callable[[Queue, str], None]
    ) -> None:
        """Start pools of threads that take names and hand them to a function.

        A message is gone from its queue when the handler has returned or raised; if the process
        dies before that, another gets it. Returns at once, also when the server is away.

        Args:
            pools: Queues -> threads that serve them. Of the queues of one pool the first goes
                before the second, and each leaves one thread free for those before it.
            handler: Called with queue and name, by several threads at once. What it raises is
                logged.
        """
        handle = partial(_handle, handler)
        for queues, threads in pools.items():
            self._pools.append(self._wire.serve(queues, threads, handle))

    def stop(self, drain_s: float) -> None:
        """Take no more names, wait for those being handled, put back what was not begun.

        Args:
            drain_s: Seconds to wait; what takes longer goes on without being waited for.
        """
        pools, self._pools = self._pools, []
        stops = [threading.Thread(target=pool.stop, args=(drain_s,), daemon=True) for pool in pools]
        for stop in stops:
            stop.start()
        for stop in stops:
            stop.join()

    def close(self) -> None:
        """Let go of the server; nothing may be asked afterwards."""
        self.stop(0)
        self._wire.close()


def _handle(handler: Callable[[Queue, str], None], queue: Queue, name: str) -> None:
    try:
        handler(queue, name)
    except Exception:  # noqa: BLE001 - whatever it is, the thread goes on
        # The message is not kept: what it named is in the store, whose leases run out.
        _log.exception("a message in %s could not be handled", queue)
