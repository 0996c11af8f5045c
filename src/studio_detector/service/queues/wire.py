"""What differs between the servers that carry messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from dramatiq.errors import BrokerConnectionError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import dramatiq

    from studio_detector.service.records import Queue

#: How often idle threads look whether they are to stop, in milliseconds.
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


class Wire(Protocol):
    """One kind of server; may be used by several threads at once.

    Everything but `pool` and `close` raises `ServerAwayError` within about `PATIENCE_S` if
    the server does not answer.
    """

    def name(self, queue: Queue) -> str:
        """What dramatiq calls a queue."""

    def send(self, message: dramatiq.Message[None]) -> None:
        """Put a message at the end of its queue; it is there when this returns."""

    def depth(self, queue: Queue) -> int:
        """Count the messages of a queue that nobody has taken."""

    def probe(self) -> str:
        """Have a message go and come back by a queue of its own, which is gone afterwards.

        Returns:
            What carried it, for people.
        """

    def pool(self, limits: Mapping[Queue, int]) -> dramatiq.Broker:
        """Make the broker of one pool of threads.

        Dramatiq knows one worker for each broker, so every pool needs a broker of its own. It
        has no middleware: what dramatiq's would do (retries, limits in time and age) the store
        and the supervised processes do, and three of them start only under dramatiq's own
        command line.

        Args:
            limits: Queue -> most of its messages that the pool may hold at once, those being
                handled included. It takes a message only when that leaves it within the limit.
        """

    def close(self) -> None:
        """Let go of connections and threads; nothing may be asked afterwards."""
