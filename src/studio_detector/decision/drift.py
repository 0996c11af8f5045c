"""How far the photographs of today lie from those a model was trained on.

The population stability index compares two samples that were counted into the same bins: the sum
over the bins of ``(found - expected) * ln(found / expected)``, of shares. It is the symmetrised
Kullback-Leibler divergence (Jeffreys, "An invariant form for the prior probability in estimation
problems", 1946), under the name it has in credit scoring (Siddiqi, "Credit Risk Scorecards",
2006), which also gave the usual reading: below 0.1 nothing to speak of, above 0.25 another
population. By chance alone it is about ``(bins - 1) * (1 / n + 1 / m)`` for samples of ``n`` and
``m`` (Yurdakul and Naranjo, "Statistical properties of the population stability index", Journal of
Risk Model Validation 14, 2020).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What each bin holds beforehand, in photographs: half of one (Krichevsky and Trofimov, "The
#: performance of universal encoding", 1981), so that an empty bin makes no infinite index.
PSEUDO_COUNT = 0.5


def population_stability(expected: Sequence[int], found: Sequence[int]) -> float:
    """The population stability index of a sample against another.

    Both are smoothed alike, as if each had the size of the smaller one and half a photograph more
    in each bin: equal shares have an index of exactly 0 whatever the sizes are.

    Args:
        expected: Count of each bin in the sample that is compared with.
        found: Count of each bin in the other one.

    Returns:
        0 for equal shares, and more the further they lie apart; never below 0 or infinite.

    Raises:
        ValueError: If the bins are not the same, or a sample is empty.
    """
    expected_total, found_total = sum(expected), sum(found)
    if len(expected) != len(found) or not expected_total or not found_total:
        raise ValueError(
            f"{len(expected)} bins of {expected_total} and {len(found)} of {found_total}"
        )
    size = min(expected_total, found_total)
    index = 0.0
    for before, now in zip(expected, found, strict=True):
        was = size * (before / expected_total) + PSEUDO_COUNT
        is_now = size * (now / found_total) + PSEUDO_COUNT
        index += (is_now - was) * math.log(is_now / was)
    return index / (size + PSEUDO_COUNT * len(expected))
