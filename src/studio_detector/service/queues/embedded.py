"""Messages in the memory of this process: nothing to install, nothing survives."""

from __future__ import annotations

import threading
from queue import Queue as Line
from typing import TYPE_CHECKING

# The private base misses one method; the extra `service` pins dramatiq for its sake.
from dramatiq.brokers.stub import StubBroker, _StubConsumer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import dramatiq
    from dramatiq.broker import Consumer, MessageProxy

    from studio_detector.service.records import Queue


class EmbeddedWire:
    """`Wire` between the threads of one process."""

    def __init__(self) -> None:
        self._lines: dict[str, Line[bytes]] = {}
        self._lock = threading.Lock()

    def name(self, queue: Queue) -> str:
        """See `Wire.name`."""
        return queue

    def send(self, message: dramatiq.Message[None]) -> None:
        """See `Wire.send`."""
        self.line(message.queue_name).put(message.encode())

    def depth(self, queue: Queue) -> int:
        """See `Wire.depth`."""
        return self.line(queue).qsize()

    def probe(self) -> str:
        """See `Wire.probe`; memory needs no trial."""
        return "the memory of the process that serves"

    def pool(self, limits: Mapping[Queue, int]) -> dramatiq.Broker:
        """See `Wire.pool`."""
        return _EmbeddedBroker(self, {self.name(queue): n for queue, n in limits.items()})

    def close(self) -> None:
        """See `Wire.close`."""
        with self._lock:
            self._lines.clear()

    def line(self, name: str) -> Line[bytes]:
        """The messages of one queue, shared by the brokers of all pools."""
        with self._lock:
            return self._lines.setdefault(name, Line())


class _EmbeddedBroker(StubBroker):
    """Dramatiq's broker for tests, made fit for work.

    Args:
        wire: Holds the messages.
        limits: Name of a queue -> most messages held at once.
    """

    def __init__(self, wire: EmbeddedWire, limits: Mapping[str, int]) -> None:
        super().__init__(middleware=[])
        self._wire = wire
        self._limits = limits

    def declare_queue(self, queue_name: str) -> None:
        """Declare a queue without the one for delayed messages, which would cost a thread."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues[queue_name] = self._wire.line(queue_name)
            self.emit_after("declare_queue", queue_name)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 100) -> Consumer:  # noqa: ARG002 - the limit of the queue stands for dramatiq's number
        """Consume a queue within its limit."""
        return _EmbeddedConsumer(  # type: ignore[no-untyped-call]
            self.queues[queue_name],
            self.dead_letters_by_queue[queue_name],
            self._limits[queue_name],
            timeout,
        )


class _EmbeddedConsumer(_StubConsumer):
    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """Put back what was taken and not begun; dramatiq's own consumer loses it."""
        for message in messages:
            self.queue.put(message.encode())
            self.queue.task_done()
            self.prefetch_semaphore.release()
