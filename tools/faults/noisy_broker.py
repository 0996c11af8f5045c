"""The command line of the service over a broker that doubles, delays, shuffles and loses."""

from __future__ import annotations

import random
import threading
from typing import TYPE_CHECKING

from studio_detector.cli.main import main
from studio_detector.service.queues.broker import Broker

if TYPE_CHECKING:
    from uuid import UUID

    from studio_detector.service.records import Queue

_LATE_S = 0.5
#: One message in so many never comes.
_LOST_EVERY = 20


class _Noise:
    """Stands between the service and its broker; keeps messages back for half a second."""

    def __init__(self) -> None:
        self._send = Broker.send
        self._chance = random.Random(1)  # noqa: S311 - nothing secret
        self._held: list[tuple[Queue, UUID | str]] = []
        self._lock = threading.Lock()

    def send(self, broker: Broker, queue: Queue, name: UUID | str) -> bool:
        """Send in place of `Broker.send`."""
        with self._lock:
            if self._chance.randrange(_LOST_EVERY) == 0:
                return True
            is_late = self._chance.random() < 0.5
            if not self._held:
                timer = threading.Timer(_LATE_S, self._let_go, args=(broker,))
                timer.daemon = True
                timer.start()
            self._held += [(queue, name)] * (3 if is_late else 2)
        return is_late or self._send(broker, queue, name)

    def _let_go(self, broker: Broker) -> None:
        with self._lock:
            due, self._held = self._held, []
            self._chance.shuffle(due)
        for held in due:
            self._send(broker, *held)


def install() -> None:
    """Put the noise in."""
    noise = _Noise()

    def send(broker: Broker, queue: Queue, name: UUID | str) -> bool:
        return noise.send(broker, queue, name)

    setattr(Broker, "send", send)  # noqa: B010 - a checker of types does not take it otherwise


if __name__ == "__main__":
    install()
    main()
