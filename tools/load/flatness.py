"""Whether memory stays where it is."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

from tools.load.meter import CHILDREN

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Whose memory must be flat: of what else there is, blows end every one from time to time, and
#: what it grows by between two of them is not seen in a line through all.
FOLLOWED = ("api", "worker 0", CHILDREN)
#: What comes first is warm-up: caches fill, and processes that are killed come back.
_FIRST_PART = 1 / 3
#: What memory may grow by over what follows: this part of its middle, or this much.
_GROWTH_RATIO = 0.10
_GROWTH_MIB = 32.0
#: Fewer samples tell nothing.
_LEAST = 6


def flatness(minutes: Sequence[float], mib: Sequence[float]) -> dict[str, Any]:
    """Fit a line to the last two thirds of the time and say what it grows by.

    Args:
        minutes: When, ascending.
        mib: Memory at these times.

    Returns:
        ``median_mib``, ``slope_mib_per_h``, ``growth_mib`` over the time looked at,
        ``allowed_mib`` and ``is_flat``; the last is None, and the others may be, where there
        are too few samples. Shrinking is flat.
    """
    pairs = list(zip(minutes, mib, strict=True))
    if pairs:
        begun, ended = pairs[0][0], pairs[-1][0]
        pairs = [pair for pair in pairs if pair[0] >= begun + _FIRST_PART * (ended - begun)]
    if len(pairs) < _LEAST:
        names = ("median_mib", "slope_mib_per_h", "growth_mib", "allowed_mib", "is_flat")
        return dict.fromkeys(names)
    times, values = zip(*pairs, strict=True)
    slope = statistics.linear_regression(times, values).slope
    median = statistics.median(values)
    growth = slope * (times[-1] - times[0])
    allowed = max(_GROWTH_MIB, _GROWTH_RATIO * median)
    return {
        "median_mib": round(median, 1),
        "slope_mib_per_h": round(60 * slope, 2),
        "growth_mib": round(growth, 2),
        "allowed_mib": round(allowed, 1),
        "is_flat": growth <= allowed,
    }
