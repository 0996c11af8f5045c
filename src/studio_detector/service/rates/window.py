"""The sliding window, counted in two fixed ones: what both kinds of counts reckon with.

The window before counts by the part of it that is still less than a window ago. That takes
two numbers for each name, where a list of moments takes as many as the limit allows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_detector.service.rates.base import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_detector.service.rate import Rate
    from studio_detector.service.rates.base import Kind


@dataclass(frozen=True, slots=True)
class Count:
    """What was counted under one name.

    Attributes:
        kind: What is counted.
        rate: Its limit.
        before: What was counted in the window before.
        now: What was counted in this one.
        into_s: Seconds since this one began.
    """

    kind: Kind
    rate: Rate
    before: int
    now: int
    into_s: float

    @property
    def used(self) -> float:
        """What counts at this moment."""
        return self.now + self.before * (1 - self.into_s / self.rate.window_s)

    def has_room(self, cost: int) -> bool:
        """Whether so much more may pass."""
        return self.used + cost <= self.rate.most

    def until_s(self, cost: int) -> float:
        """Seconds until so much more may pass; a whole window for what never may."""
        window_s, room = self.rate.window_s, self.rate.most - cost
        if room < 0:
            return float(window_s)
        if self.now <= room:
            # The window before goes away with the time.
            if self.before <= room - self.now:
                return 0.0
            return window_s * (1 - (room - self.now) / self.before) - self.into_s
        return window_s - self.into_s + window_s * (1 - room / self.now)


def verdict_of(
    counts: Sequence[Count], cost: int, *, is_allowed: bool, is_counted: bool
) -> Verdict:
    """The verdict over all limits of one request.

    Args:
        counts: Before the request; at least one.
        cost: What it counts for.
        is_allowed: Whether it may pass.
        is_counted: Whether it was counted, too.
    """
    counted = cost if is_counted else 0
    left = {count.kind: count.rate.most - count.used - counted for count in counts}
    if is_allowed:
        # What all callers together have left tells of the others, as long as it lets this one in.
        own = [count for count in counts if count.kind != "global"]
        worst = min(own or counts, key=lambda count: left[count.kind] / count.rate.most)
        reset_s = worst.rate.window_s - worst.into_s
    else:
        worst = max(counts, key=lambda count: count.until_s(cost))
        reset_s = worst.until_s(cost)
    return Verdict(
        is_allowed=is_allowed,
        kind=worst.kind,
        limit=worst.rate.most,
        window_s=worst.rate.window_s,
        remaining=max(0, int(left[worst.kind])),
        reset_s=reset_s,
    )
