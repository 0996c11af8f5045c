"""How much waits, and when there is too much of it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from studio_detector.errors import BusyError

if TYPE_CHECKING:
    from collections.abc import Callable

# Counting takes a query; what is accepted here in between is added.
_COUNTED_FOR_S = 0.25
_LEAST_RETRY_S = 1.0
_MOST_RETRY_S = 60.0
# A tenth of the backlog done makes it worth asking again.
_ROOM = 0.1


class Backlog:
    """Refuses work beyond a bound; thread-safe.

    The bound is held to within what other processes accept in a quarter of a second.

    Args:
        count: Jobs that wait or run, by asking the store.
        most: The bound.
        monotonic: Seconds that only go forward.
    """

    def __init__(
        self,
        count: Callable[[], int],
        most: int,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._count = count
        self._most = most
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._known = 0
        self._known_at = float("-inf")
        self._falling_per_s = 0.0

    @property
    def most(self) -> int:
        """The bound."""
        return self._most

    def admit(self, jobs: int) -> None:
        """Make room for so many jobs, or refuse.

        Args:
            jobs: How many are to be accepted.

        Raises:
            BusyError: ``backlog_full`` with the seconds after which room is likely;
                ``store_unavailable``.
        """
        with self._lock:
            now = self._monotonic()
            if now - self._known_at > _COUNTED_FOR_S:
                self._look(now)
            if self._known + jobs > self._most:
                raise BusyError(
                    f"{self._known} jobs wait or run and {self._most} may, so {jobs} more are "
                    "not taken; try again later, or add workers",
                    code="backlog_full",
                    retry_after_s=self._retry_after_s(),
                )
            self._known += jobs

    def _look(self, now: float) -> None:
        found = self._count()
        passed_s = now - self._known_at
        if 0 < passed_s < _MOST_RETRY_S:
            self._falling_per_s = max(0.0, (self._known - found) / passed_s)
        self._known, self._known_at = found, now

    def _retry_after_s(self) -> float:
        if self._falling_per_s <= 0:
            return 5.0
        return min(_MOST_RETRY_S, max(_LEAST_RETRY_S, self._most * _ROOM / self._falling_per_s))
