"""Histograms of Prometheus, whose buckets hold all that is below a bound."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What lies between one bound and the next.

    Attributes:
        name: The upper bound, in words.
        counts: How many, at each moment; never below 0.
    """

    name: str
    counts: tuple[float, ...]


def steps_of(cumulative: Mapping[float, Sequence[float]]) -> list[Step]:
    """Single steps of a histogram.

    The last one, without a bound, is left out where it is empty.

    Args:
        cumulative: Upper bound -> how many lie below it, at each moment.
    """
    steps = []
    below: Sequence[float] | None = None
    for bound in sorted(cumulative):
        counts = cumulative[bound]
        if below is None:
            alone = tuple(counts)
        else:
            # Rates of buckets are estimates of their own, and so may cross.
            alone = tuple(max(0.0, upto - less) for upto, less in zip(counts, below, strict=True))
        if math.isfinite(bound) or any(count > 0 for count in alone):
            steps.append(Step(name="above" if math.isinf(bound) else f"{bound:g}", counts=alone))
        below = counts
    return steps
