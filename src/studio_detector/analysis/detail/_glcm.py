"""Grey-level co-occurrence (Haralick, Shanmugam and Dinstein 1973) without loops over pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

#: Grey levels: enough for texture, few enough that noise stays inside one level.
LEVELS = 8
_SHIFT = 5  # 256 levels to 8
_LEAST_VARIANCE = 1e-9


def quantised(luma: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Luma in `LEVELS` equal steps: uint8 (rows, columns), 0..7."""
    return np.right_shift(luma, np.uint8(_SHIFT), dtype=np.uint8)


def co_occurrence(levels: npt.NDArray[np.uint8]) -> Floats:
    """Symmetric, normalised co-occurrence of neighbours, mean of 0 and 90 degrees.

    Args:
        levels: uint8 (rows, columns), 0..7, at least 2x2.

    Returns:
        float64 (8, 8), summing to 1.
    """
    lying = _counts(levels[:, :-1], levels[:, 1:])
    upright = _counts(levels[:-1], levels[1:])
    return np.asarray((lying / lying.sum() + upright / upright.sum()) / 2, dtype=np.float64)


def texture_properties(matrices: Floats) -> dict[str, Floats]:
    """Contrast, homogeneity, energy, correlation and entropy of co-occurrence matrices.

    Args:
        matrices: float64 (regions, 8, 8), each symmetric and summing to 1.

    Returns:
        The five by name, each float64 (regions,); energy is the root of the angular second
        moment. The correlation of a region of one level does not exist: NaN, for the
        caller to leave out.
    """
    rows, columns = np.indices(matrices.shape[1:])
    squared_step = (rows - columns) ** 2
    flat = matrices.reshape(len(matrices), -1)
    mean = (flat * rows.ravel()).sum(axis=1)[:, None]
    from_mean = rows.ravel() - mean, columns.ravel() - mean
    variance = (flat * from_mean[0] ** 2).sum(axis=1)
    covariance = (flat * from_mean[0] * from_mean[1]).sum(axis=1)
    varied = variance > _LEAST_VARIANCE
    correlation = np.where(varied, covariance / np.where(varied, variance, 1), np.nan)
    logarithm = np.log2(np.where(flat > 0, flat, 1))
    return {
        "contrast": (flat * squared_step.ravel()).sum(axis=1),
        "homogeneity": np.minimum(1, (flat / (1 + squared_step.ravel())).sum(axis=1)),
        "energy": np.minimum(1, np.sqrt(np.square(flat).sum(axis=1))),
        "correlation": np.clip(correlation, -1, 1),
        "entropy_bits": np.maximum(0, -(flat * logarithm).sum(axis=1)),
    }


def _counts(first: npt.NDArray[np.uint8], second: npt.NDArray[np.uint8]) -> Floats:
    pairs = first * np.uint8(LEVELS) + second
    counts = np.bincount(pairs.ravel(), minlength=LEVELS**2).reshape(LEVELS, LEVELS)
    return (counts + counts.T).astype(np.float64)
