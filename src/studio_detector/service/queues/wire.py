"""What differs between the servers that carry messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from dramatiq.errors import BrokerConnectionError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from studio_detector.service.records import Queue

#: How often idle threads of dramatiq look whether they are to stop, in milliseconds.
IDLE_MS = 500
#: How long sending may take before the server counts as away, in seconds.
PATIENCE_S = 1.0


class ServerAwayError(BrokerConnectionError):
    """The server of messages does not answer; dramatiq's consumers try again after it.

    Args:
        reason: Why, in words without an address, which may hold a password.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)  # type: ignore[no-untyped-call]


class Pool(Protocol):
    """Threads that take names and have them handled."""

    def stop(self, drain_s: float) -> None:
        """Take no more names, wait for those being handled, put back what was not begun.

        Args:
            drain_s: Seconds to wait; what takes longer goes on without being waited for.
        """


class Wire(Protocol):
    """One kind of server; may be used by several threads at once.

    Everything but `serve` and `close` raises `ServerAwayError` within about `PATIENCE_S` if
    the server does not answer.
    """

    def send(self, queue: Queue, name: str) -> None:
        """Put a name at the end of a queue; it is there when this returns."""

    def depth(self, queue: Queue) -> int:
        """Count the messages of a queue that nobody has taken."""

    def probe(self) -> str:
        """Have a message go and come back by a queue of its own, which is gone afterwards.

        Returns:
            What carried it, for people.
        """

    def take_along(self, queue: Queue, most: int, takers: int) -> list[str]:
        """Take more names off a queue for who has one of it in hand and handles all of them.

        Args:
            queue: The queue.
            most: Names at most.
            takers: Among whom what waits is shared; nobody gets more than an equal share.

        Returns:
            None from servers: their messages must not be gone before they were handled.
        """

    def give_back(self, queue: Queue, names: Sequence[str]) -> None:
        """Put names that were taken along where they were, before all others.

        Args:
            queue: The queue.
            names: In their order.
        """

    def serve(
        self, queues: Sequence[Queue], threads: int, handle: Callable[[Queue, str], None]
    ) -> Pool:
        """Start a pool of threads; it holds no more of each queue than `most_held` says.

        Args:
            queues: The most urgent first.
            threads: How many.
            handle: Called with queue and name, by several threads at once; it raises nothing.
        """

    def close(self) -> None:
        """Let go of connections and threads; nothing may be asked afterwards."""


def most_held(queues: Sequence[Queue], threads: int) -> dict[Queue, int]:
    """How many messages of each queue a pool may hold at once, those being handled included.

    Each queue leaves one thread free for those before it.

    Args:
        queues: The most urgent first.
        threads: Of the pool.
    """
    return {queue: max(1, threads - rank) for rank, queue in enumerate(queues)}
