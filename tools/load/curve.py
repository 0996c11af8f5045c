"""Latency by rate, and the rate from which a service is full."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tools.load.answers import TAKEN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tools.load.answers import Answer

#: A service is full where one of 20 waits longer than this ...
SLOW_P95_S = 2.0
#: ... or fewer than this part of what is offered is answered in time.
LEAST_ANSWERED_RATIO = 0.95
#: Time after the end of a step in which answers still count for it.
_GRACE_S = SLOW_P95_S


def percentile(values: Sequence[float], part: float) -> float:
    """A value that so large a part of all does not exceed (nearest rank).

    Args:
        values: At least one, in any order.
        part: Above 0, at most 1.

    Raises:
        ValueError: There are no values, or the part is none.
    """
    if not values or not 0 < part <= 1:
        raise ValueError(f"no percentile {part} of {len(values)} values")
    ordered = sorted(values)
    # 0.95 x 20 is a little more than 19 for a computer.
    rank = -int(-(part * len(ordered) - 1e-9) // 1)
    return ordered[max(0, rank - 1)]


def step(answers: Sequence[Answer], rate_per_s: float, seconds: float) -> dict[str, Any]:
    """What came of one rate.

    Args:
        answers: To all pictures of the step, at least one; each waited for its result.
        rate_per_s: At which they were to come.
        seconds: How long they came.

    Returns:
        Counts, and latencies in ms from the moments at which the pictures were due, over all
        pictures. One without a result waits without end, whatever it was told and however soon,
        so a percentile that falls on such a one is None.
    """
    begun = min(one.due_s for one in answers)
    results = [one for one in answers if one.is_result]
    in_time = sum(one.answered_s <= begun + seconds + _GRACE_S for one in results)
    late_ms = [1000 * (one.sent_s - one.due_s) for one in answers]
    waits = [one.latency_s if one.is_result else math.inf for one in answers]
    found = {
        "rate_per_s": round(rate_per_s, 2),
        "seconds": seconds,
        "offered": len(answers),
        "answered": len(results),
        "answered_in_time": in_time,
        "too_many": sum(one.status == 429 for one in answers),
        "not_in_time": sum(one.status in TAKEN and not one.is_result for one in answers),
        "failed": sum(one.status not in TAKEN and one.status != 429 for one in answers),
        **latencies_ms(waits),
        "sent_late_p99_ms": round(percentile(late_ms, 0.99), 1),
    }
    return {**found, "answered_per_s": answered_per_s(found)}


def latencies_ms(seconds: Sequence[float]) -> dict[str, float | None]:
    """Mean and percentiles in ms; None where there is nothing, or where it is infinite."""
    if not seconds:
        return dict.fromkeys(("mean_ms", "p50_ms", "p95_ms", "p99_ms"))
    found = {"mean_ms": sum(seconds) / len(seconds)}
    found |= {f"p{round(100 * part)}_ms": percentile(seconds, part) for part in (0.5, 0.95, 0.99)}
    return {
        name: round(1000 * one, 1) if math.isfinite(one) else None for name, one in found.items()
    }


def is_full(found: Mapping[str, Any]) -> bool:
    """Whether a service was full at a step."""
    p95_ms = found["p95_ms"]
    return (
        p95_ms is None
        or p95_ms > 1000 * SLOW_P95_S
        or found["answered_in_time"] < LEAST_ANSWERED_RATIO * found["offered"]
    )


def answered_per_s(found: Mapping[str, Any]) -> float:
    """Pictures answered in time a second.

    A service that was full has worked through the time of grace, too: divided by the step alone,
    it would seem to take more than it can. One that was not full has answered what was offered.

    Args:
        found: A step, as `step` gives it.
    """
    took_s = float(found["seconds"]) + (_GRACE_S if is_full(found) else 0.0)
    return round(int(found["answered_in_time"]) / took_s, 2)


def saturation(steps: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    """From which rate on the service is full.

    Args:
        steps: As `step` gives them, at least one.

    Returns:
        ``full_per_s``, the lowest rate at which it was full, None if at none;
        ``most_per_s``, the most of `answered_per_s` at any step;
        ``saturation_per_s``, the smaller of the two, since a service that is full still
        answers, and one that was never full has only shown what it was asked for.
    """
    full = [one["rate_per_s"] for one in steps if is_full(one)]
    most = max(map(answered_per_s, steps))
    first = min(full, default=None)
    return {
        "full_per_s": first,
        "most_per_s": most,
        "saturation_per_s": most if first is None else min(first, most),
    }
