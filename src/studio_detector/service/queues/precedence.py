"""Urgent work goes before other work of the same worker, which stands back meanwhile."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# An urgent picture takes a tenth of a second; what takes longer waits for something else, for
# instance for a host. Where one comes after another, other work still has its turn this often.
_LONGEST_S = 0.25


class Precedence:
    """Who is at urgent work, and who waits until that is done; for any number of threads.

    A child that is kept for urgent pictures, and that the system favours, still shares the cores
    and the database with all the others. What is under way goes on, and nothing more is begun.

    Args:
        longest_s: Seconds for which urgent work goes first from its begin, and for which other
            work stands back at a time.
        clock: Seconds that never go back.
    """

    def __init__(
        self, longest_s: float = _LONGEST_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._longest_s = longest_s
        self._clock = clock
        self._first_until: dict[object, float] = {}
        self._one_ended = threading.Condition()

    @contextlib.contextmanager
    def urgent(self) -> Iterator[None]:
        """Go first for as long as the block runs, within the bound."""
        work = object()
        with self._one_ended:
            self._first_until[work] = self._clock() + self._longest_s
        try:
            yield
        finally:
            with self._one_ended:
                del self._first_until[work]
                self._one_ended.notify_all()

    def stand_back(self) -> None:
        """Wait until nobody goes first, within the bound."""
        with self._one_ended:
            until = self._clock() + self._longest_s
            while (pause_s := self._pause_s(until)) > 0:
                self._one_ended.wait(pause_s)

    def _pause_s(self, until: float) -> float:
        return min(until, max(self._first_until.values(), default=0.0)) - self._clock()
