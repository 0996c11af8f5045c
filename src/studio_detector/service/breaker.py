"""A circuit breaker: what fails again and again is left alone for a while.

Not `purgatory`, whose open circuit raises one and the same exception object for every refused
call: its traceback keeps the frames of all of them, pictures included, until the circuit
closes (1,000 refused calls with 100 kB each held 102 MB). Its pause follows the wall clock, so
that a clock set back keeps it open, and once the pause is over every thread tries at once.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Breaker:
    """Closed until something failed several times in a row, then open for a pause.

    After the pause one caller may try; the circuit closes if that succeeds and stays open for
    another pause if it fails. Thread-safe.

    ::

        if breaker.allows():
            try: ...
            except OSError: breaker.failed()
            else: breaker.succeeded()

    Attributes:
        name: What it guards, for the log; no address with credentials.
        failures: Failures in a row that open it.
        pause_s: How long it stays open.
        clock: Seconds that never go back.
    """

    name: str
    failures: int
    pause_s: float
    clock: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _failed: int = 0
    _try_at: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether it was opened and nothing has succeeded since."""
        return self._try_at is not None

    @property
    def is_failing(self) -> bool:
        """Whether something has failed and nothing has succeeded since."""
        return self._failed > 0

    def allows(self) -> bool:
        """Say whether to try; after the pause, the first who asks may.

        Whoever is allowed reports `failed` or `succeeded`; if the one who tries after a pause
        never does, another may after the next.
        """
        if self._try_at is None:
            return True
        with self._lock:
            due = self._try_at
            if due is None:
                return True
            now = self.clock()
            if now < due:
                return False
            self._try_at = now + self.pause_s
            return True

    def failed(self) -> None:
        """Count a failure."""
        with self._lock:
            self._failed += 1
            if self._failed < self.failures and self._try_at is None:
                return
            opened = self._try_at is None
            self._try_at = self.clock() + self.pause_s
        if opened:
            _log.warning("%s failed %d times; left alone for a while", self.name, self.failures)

    def succeeded(self) -> None:
        """Close it."""
        if self._failed == 0 and self._try_at is None:
            return
        with self._lock:
            closed = self._try_at is not None
            self._failed = 0
            self._try_at = None
        if closed:
            _log.info("%s works again", self.name)
