"""Grey-level co-occurrence (Haralick, Shanmugam and Dinstein 1973) without loops over pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Uint8 = npt.NDArray[np.uint8]

#: Grey levels: enough for texture, few enough that noise stays inside one level.
LEVELS = 8
_SHIFT = 5  # 256 levels to 8
_BITS = 3  # of one level
_PAIRS = LEVELS**2
_LEAST_VARIANCE = 1e-9
#: Keeps the logarithm of an empty pair finite; times its share of 0 it is 0.
_LEAST_SHARE = 1e-300


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Neighbours:
    """Pairs of neighbouring levels of a whole picture, from which any region is counted.

    Attributes:
        lying: uint8 (rows, columns - 1): level times 8 plus that to the right.
        upright: uint8 (rows - 1, columns): level times 8 plus that below.
    """

    lying: Uint8
    upright: Uint8

    @classmethod
    def of(cls, luma: Uint8) -> Neighbours:
        """Quantise luma to `LEVELS` equal steps and pair it.

        Args:
            luma: uint8 (rows, columns), at least 2x2.
        """
        levels: Uint8 = np.right_shift(luma, np.uint8(_SHIFT), dtype=np.uint8)
        first: Uint8 = np.left_shift(levels, np.uint8(_BITS), dtype=np.uint8)
        return cls(lying=first[:, :-1] | levels[:, 1:], upright=first[:-1] | levels[1:])

    def co_occurrence(self, rows: slice, columns: slice) -> Floats:
        """Symmetric, normalised co-occurrence in a region, mean of 0 and 90 degrees.

        Args:
            rows: Rows of the region, at least 2, with both ends given.
            columns: Columns of the region, the same.

        Returns:
            float64 (8, 8), summing to 1.
        """
        lying = _counts(self.lying[rows, columns.start : columns.stop - 1])
        upright = _counts(self.upright[rows.start : rows.stop - 1, columns])
        matrix: Floats = lying / (2 * lying.sum()) + upright / (2 * upright.sum())
        return matrix


def texture_properties(matrices: Floats) -> dict[str, list[float]]:
    """Contrast, homogeneity, energy, correlation and entropy of co-occurrence matrices.

    Args:
        matrices: float64 (regions, 8, 8), each symmetric and summing to 1.

    Returns:
        The five by name, a number for each region; energy is the root of the angular second
        moment. The correlation of a region of one level does not exist: NaN, for the
        caller to leave out.
    """
    flat = matrices.reshape(len(matrices), _PAIRS)
    contrast, homogeneity, mean, mean_square, product = np.einsum(
        "rk,wk->wr", flat, _weights()
    ).tolist()
    energy = np.einsum("rk,rk->r", flat, flat).tolist()
    logarithm = np.log2(np.maximum(flat, _LEAST_SHARE))
    entropy_bits = np.einsum("rk,rk->r", flat, logarithm).tolist()
    return {
        "contrast": contrast,
        "homogeneity": [min(1.0, one) for one in homogeneity],
        "energy": [min(1.0, math.sqrt(one)) for one in energy],
        "correlation": [
            _correlation(*moments) for moments in zip(mean, mean_square, product, strict=True)
        ],
        "entropy_bits": [max(0.0, -one) for one in entropy_bits],
    }


def _correlation(mean: float, mean_square: float, product: float) -> float:
    variance = mean_square - mean**2
    if variance <= _LEAST_VARIANCE:
        return math.nan
    return max(-1.0, min(1.0, (product - mean**2) / variance))


def _counts(pairs: Uint8) -> Floats:
    """How often each pair of levels occurs, in either order: float64 (8, 8)."""
    counted = cv2.calcHist([pairs], [0], None, [_PAIRS], [0, _PAIRS])
    counts = counted.astype(np.float64).reshape(LEVELS, LEVELS)
    return counts + counts.T


@cache
def _weights() -> Floats:
    """Weights of the pairs in contrast, homogeneity, mean, mean square, product: (5, 64)."""
    first, second = np.indices((LEVELS, LEVELS)).reshape(2, -1)
    squared_step = (first - second) ** 2
    weights = np.stack(
        [squared_step, 1 / (1 + squared_step), first, first**2, first * second]
    ).astype(np.float64)
    weights.setflags(write=False)
    return weights
