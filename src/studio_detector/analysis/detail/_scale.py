"""Scales and places the detail analyses share: decibels, inequality, the 8x8 grid, borders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

#: Cells along each side of the grids, as the Laplacian energy is usually mapped.
GRID = 8
#: Short side of the reduced picture from which strips and cells hold enough pixels.
MINIMUM_SIDE_PX = 24
#: Why nothing was measured below it.
TOO_SMALL = f"the short side is under {MINIMUM_SIDE_PX} px at a long side of 256 px"


def decibel(power: npt.ArrayLike, floor: float) -> Floats:
    """10 log10 of a power with a floor added, which keeps flat areas finite: float64.

    Args:
        power: Powers, at least 0.
        floor: What counts as nothing, in the unit of ``power``; above 0.

    Returns:
        Decibels, at least ``10 log10(floor)``.
    """
    return np.asarray(10 * np.log10(np.asarray(power, dtype=np.float64) + floor), dtype=np.float64)


def inequality(amounts: Floats) -> float:
    """Gini index of amounts of at least 0: 0 all equal, towards 1 all in one place.

    Hurley and Rickard 2009 recommend it among the measures of sparsity.
    """
    ordered = amounts.flatten()
    ordered.sort()
    count, total = ordered.size, float(ordered.sum())
    if total <= 0:
        return 0.0
    ranks = 2 * np.arange(1, count + 1) - count - 1
    return max(0.0, float(ranks @ ordered) / (count * total))


def percentiles(amounts: npt.NDArray[np.float32], *percents: float) -> list[float]:
    """Percentiles with linear interpolation, of at least one number.

    Sorting float32 once is several times faster than `numpy.percentile` on these sizes.
    """
    ordered = np.sort(amounts, axis=None)
    places = np.asarray(percents) * (ordered.size - 1) / 100
    return [float(value) for value in np.interp(places, np.arange(ordered.size), ordered)]


def entropy_bits(counts: npt.NDArray[np.integer] | npt.NDArray[np.floating]) -> float:
    """Shannon entropy of counts or weights of any sum, in bits; 0 when all are 0."""
    total = float(counts.sum())
    if total <= 0:
        return 0.0
    share = counts[counts > 0] / total
    return max(0.0, float(-(share * np.log2(share)).sum()))


def overlap(first: Floats, second: Floats) -> float:
    """Histogram intersection of two normalised histograms, 0..1 (Swain and Ballard 1991)."""
    return float(min(1.0, np.minimum(first, second).sum()))


def border_cells(rows: int = GRID, columns: int = GRID) -> Mask:
    """The outermost cells of a grid: bool (rows, columns)."""
    mask = np.ones((rows, columns), dtype=np.bool_)
    mask[1:-1, 1:-1] = False
    return mask


def centre_cells(rows: int = GRID, columns: int = GRID) -> Mask:
    """The cells of the middle half in both directions: bool (rows, columns)."""
    mask = np.zeros((rows, columns), dtype=np.bool_)
    rim_rows, rim_columns = max(1, rows // 4), max(1, columns // 4)
    mask[rim_rows : rows - rim_rows, rim_columns : columns - rim_columns] = True
    return mask


def arch_cells() -> Mask:
    """The top row and the upper half of both side columns of the grid: bool (8, 8).

    Where a backdrop shows around head and shoulders even when the subject stands on the
    lower edge of the frame.
    """
    mask = np.zeros((GRID, GRID), dtype=np.bool_)
    mask[0] = True
    mask[: GRID // 2, [0, -1]] = True
    return mask


def strips(rows: int, columns: int) -> dict[str, tuple[slice, slice]]:
    """The four border strips, one eighth of the side wide: top, bottom, left, right."""
    deep, wide = max(1, rows // GRID), max(1, columns // GRID)
    every = slice(None)
    return {
        "top": (slice(0, deep), every),
        "bottom": (slice(rows - deep, rows), every),
        "left": (every, slice(0, wide)),
        "right": (every, slice(columns - wide, columns)),
    }


def centre(rows: int, columns: int) -> tuple[slice, slice]:
    """The middle of the picture, half of each side."""
    deep, wide = 2 * (rows // GRID), 2 * (columns // GRID)
    return slice(deep, rows - deep), slice(wide, columns - wide)


def border_mask(rows: int, columns: int) -> Mask:
    """The four strips together: bool (rows, columns)."""
    mask = np.zeros((rows, columns), dtype=np.bool_)
    for place in strips(rows, columns).values():
        mask[place] = True
    return mask


def arch_mask(rows: int, columns: int) -> Mask:
    """The top strip and the upper half of the side strips: bool (rows, columns)."""
    mask = border_mask(rows, columns)
    inner_columns = slice(max(1, columns // GRID), columns - max(1, columns // GRID))
    mask[rows // 2 :, :] = False
    mask[max(1, rows // GRID) :, inner_columns] = False
    return mask
