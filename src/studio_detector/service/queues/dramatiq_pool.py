"""Pools of dramatiq's threads, for the brokers that are servers."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import dramatiq

from studio_detector.service.queues.wire import IDLE_MS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from studio_detector.service.records import Queue

# Threads that are not waited for must not find their connections closed under them.
_SHORTEST_STOP_MS = 2 * IDLE_MS


def message_of(queue_name: str, queue: Queue, name: str) -> dramatiq.Message[None]:
    """A message that holds a name and no fact.

    Args:
        queue_name: What dramatiq calls the queue.
        queue: The queue.
        name: The name.
    """
    return dramatiq.Message[None](
        queue_name=queue_name, actor_name=queue, args=(name,), kwargs={}, options={}
    )


class DramatiqPool:
    """`Pool` of dramatiq's threads.

    Dramatiq knows one worker for each broker, so every pool needs a broker of its own. It has no
    middleware: what dramatiq's would do (retries, limits in time and age) the store and the
    supervised processes do, and three of them start only under dramatiq's own command line.

    Args:
        broker: Of this pool alone; it takes a message only when that leaves it within the limit
            of its queue.
        names: Queue, the most urgent first -> what dramatiq calls it.
        threads: How many serve.
        handle: Called with queue and name; it raises nothing.
    """

    def __init__(
        self,
        broker: dramatiq.Broker,
        names: Mapping[Queue, str],
        threads: int,
        handle: Callable[[Queue, str], None],
    ) -> None:
        for rank, (queue, queue_name) in enumerate(names.items()):
            dramatiq.Actor(
                functools.partial(handle, queue),
                broker=broker,
                actor_name=queue,
                queue_name=queue_name,
                priority=rank,
                options={},
            )
        self._broker = broker
        self._worker = dramatiq.Worker(broker, worker_threads=threads, worker_timeout=IDLE_MS)
        self._worker.start()

    def stop(self, drain_s: float) -> None:
        """See `Pool.stop`."""
        self._worker.stop(timeout=max(_SHORTEST_STOP_MS, round(drain_s * 1000)))
        self._broker.close()
