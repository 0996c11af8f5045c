"""From the summed evidence to a probability that can be taken at its word."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from studio_detector.decision.evidence import sigmoid
from studio_detector.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Calibration:
    """A monotone, piecewise-linear map from logit to calibrated logit.

    Outside the knots it goes on with slope 1, so that order is kept everywhere. Platt scaling
    is the case of two knots; isotonic or beta calibration are tabulated with more.

    Attributes:
        knots: Logits, strictly rising; empty for no calibration.
        values: Calibrated logits at the knots, never falling.

    Raises:
        ModelError: If the lengths differ, a number is not finite, or order would be lost.
    """

    knots: tuple[float, ...] = ()
    values: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if len(self.knots) != len(self.values):
            raise ModelError(
                f"calibration has {len(self.knots)} knots but {len(self.values)} values",
                code="model_invalid",
            )
        if not rises(self.knots, strictly=True) or not rises(self.values, strictly=False):
            raise ModelError(
                "calibration is not monotone: knots must rise and values must not fall",
                code="model_invalid",
            )

    def logit(self, logit: float) -> float:
        """Calibrated logit of a logit; never falls when ``logit`` rises."""
        return interpolate(logit, self.knots, self.values, outer_slope=1.0)

    def probability(self, logit: float) -> float:
        """Calibrated P(studio) of a logit, 0..1."""
        return sigmoid(self.logit(logit))


def interpolate(
    x: float, knots: Sequence[float], values: Sequence[float], *, outer_slope: float = 0.0
) -> float:
    """Piecewise-linear interpolation of one number in float64.

    Args:
        x: Where.
        knots: Strictly rising positions; with none, ``x`` itself is returned.
        values: Values at the knots.
        outer_slope: Slope beyond the first and last knot; 0 keeps the outer values.

    Returns:
        The interpolated value, between the values of its neighbouring knots.
    """
    if not knots:
        return x
    if x <= knots[0]:
        return values[0] + outer_slope * (x - knots[0])
    if x >= knots[-1]:
        return values[-1] + outer_slope * (x - knots[-1])
    right = bisect_right(knots, x)
    low, high = values[right - 1], values[right]
    share = (x - knots[right - 1]) / (knots[right] - knots[right - 1])
    # Clamped, because rounding may overshoot a knot's value and break the order kept above.
    return min(max(low + share * (high - low), min(low, high)), max(low, high))


def rises(numbers: Sequence[float], *, strictly: bool) -> bool:
    """Whether finite numbers rise (``strictly``) or at least never fall."""
    if not all(math.isfinite(number) for number in numbers):
        return False
    return all(a < b if strictly else a <= b for a, b in pairwise(numbers))
