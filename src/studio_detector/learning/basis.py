"""Hat functions: the columns by which a piecewise-linear shape is linear in its knots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

#: Significant digits of a knot: far finer than a measurement is repeatable, and readable.
KNOT_DIGITS = 3
#: Quantiles closer to zero than this share of the distance of the outer ones are zero.
DUST_RATIO = 1e-6
#: Outer knots lie at these quantiles; beyond them too few examples say anything.
OUTER_QUANTILES = (0.02, 0.98)


@dataclass(frozen=True, slots=True, kw_only=True)
class TermBasis:
    """The columns of one measure.

    Attributes:
        measure: Full name.
        column: Column of the measure in the matrix of measurements.
        knots: Rising positions of the hats, at least two.
        has_missing: Whether a last column marks where the measure is missing.
    """

    measure: str
    column: int
    knots: tuple[float, ...]
    has_missing: bool

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.knots) + self.has_missing

    def columns(self, matrix: Floats) -> Floats:
        """Hat values, and the mark of missing: float64 (examples, `width`), rows sum to one.

        Rows of a missing measure are zero where ``has_missing`` is not set.
        """
        x = matrix[:, self.column]
        missing = np.isnan(x)
        knots = np.array(self.knots)
        left = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, knots.size - 2)
        share = np.clip((x - knots[left]) / (knots[left + 1] - knots[left]), 0, 1)
        share[missing] = 0
        hats = np.zeros((x.size, self.width))
        rows = np.arange(x.size)
        hats[rows, left] = 1 - share
        hats[rows, left + 1] = share
        hats[missing] = 0
        if self.has_missing:
            hats[missing, -1] = 1
        return hats

    def penalty(self, *, smoothness: float, shrinkage: float) -> Floats:
        """Quadratic penalty on the coefficients: float64 (`width`, `width`).

        Second differences are penalised by ``smoothness`` (towards a straight line over the
        knots, which lie at quantiles), first differences and the missing value by
        ``shrinkage`` (towards no evidence). A hundredth of it on the values themselves fixes
        their level, which the intercept would otherwise share.
        """
        count = len(self.knots)
        first = np.diff(np.eye(count), axis=0)
        second = np.diff(np.eye(count), n=2, axis=0)
        penalty = np.zeros((self.width, self.width))
        penalty[:count, :count] = smoothness * second.T @ second + shrinkage * first.T @ first
        penalty[:count, :count] += shrinkage / 100 * np.eye(count)
        if self.has_missing:
            penalty[-1, -1] = shrinkage
        return penalty


def choose_basis(
    keys: Sequence[str], matrix: Floats, *, knots: int, keep: Collection[str] | None = None
) -> tuple[TermBasis, ...]:
    """Place the knots of each measure at quantiles of the examples.

    Args:
        keys: Full name of each column.
        matrix: float64 (examples, columns), NaN where missing.
        knots: Knots wanted; ties and rounding may leave fewer.
        keep: Measures to take; None for all.

    Returns:
        One basis for each measure that takes at least two values; the others say nothing.
    """
    terms = []
    for column, key in enumerate(keys):
        if keep is not None and key not in keep:
            continue
        x = matrix[:, column]
        present = x[~np.isnan(x)]
        places = _places(present, knots)
        if len(places) >= 2:
            terms.append(
                TermBasis(
                    measure=key,
                    column=column,
                    knots=places,
                    has_missing=present.size < x.size,
                )
            )
    return tuple(terms)


def _places(present: Floats, knots: int) -> tuple[float, ...]:
    if present.size == 0:
        return ()
    quantiles = np.quantile(present, np.linspace(*OUTER_QUANTILES, knots))
    # Rounding dust beside zero is zero; so is minus zero, which would be written as -0.0.
    dust = DUST_RATIO * float(quantiles[-1] - quantiles[0])
    rounded = {float(f"{value:.{KNOT_DIGITS}g}") for value in quantiles if abs(value) > dust}
    return tuple(sorted(rounded | ({0.0} if (np.abs(quantiles) <= dust).any() else set())))
