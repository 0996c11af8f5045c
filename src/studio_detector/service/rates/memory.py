"""Counts in the memory of this process."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from studio_detector.service.rates.window import Count, verdict_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from studio_detector.service.rate import Rate
    from studio_detector.service.rates.base import Kind, Verdict

# Some 30 MB by tracemalloc, with addresses of IPv4; who was seen longest ago is forgotten first.
# Whoever has more addresses than this is held back by the limit for all together.
_MOST_NAMES = 100_000


@dataclass(slots=True)
class MemoryRates:
    """`Rates` of one process.

    Attributes:
        limits: What is counted -> how much.
        clock: Seconds that never go back.
        most_names: Names that are remembered at most.
    """

    limits: Mapping[Kind, Rate]
    clock: Callable[[], float] = time.monotonic
    most_names: int = _MOST_NAMES
    is_far: bool = False
    #: (kind, who) -> (number of the window, counted in it, counted in the one before).
    _counts: OrderedDict[tuple[Kind, str], tuple[int, int, int]] = field(
        default_factory=OrderedDict
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def hit(
        self, names: Mapping[Kind, str], *, cost: int = 1, is_trial: bool = False
    ) -> Verdict | None:
        """See `Rates.hit`."""
        with self._lock:
            now = self.clock()
            counts = [
                self._count((kind, who), rate, now)
                for kind, who in names.items()
                if (rate := self.limits.get(kind)) is not None
            ]
            if not counts:
                return None
            is_allowed = all(count.has_room(cost) for count in counts)
            is_counted = is_allowed and not is_trial
            if is_counted:
                for count in counts:
                    self._note((count.kind, names[count.kind]), count, now, cost)
        return verdict_of(counts, cost, is_allowed=is_allowed, is_counted=is_counted)

    def ping(self) -> bool:
        """See `Rates.ping`."""
        return True

    def close(self) -> None:
        """See `Rates.close`."""

    def _count(self, key: tuple[Kind, str], rate: Rate, now: float) -> Count:
        number, into_s = divmod(now, rate.window_s)
        then, current, before = self._counts.get(key, (0, 0, 0))
        if then != number:
            current, before = 0, current if then == number - 1 else 0
        return Count(key[0], rate, before, current, into_s)

    def _note(self, key: tuple[Kind, str], count: Count, now: float, cost: int) -> None:
        number = int(now // count.rate.window_s)
        self._counts[key] = (number, count.now + cost, count.before)
        self._counts.move_to_end(key)
        if len(self._counts) > self.most_names:
            self._counts.popitem(last=False)
