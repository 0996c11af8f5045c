"""Sharpness and structure of a picture cell by cell: sharp, out of focus, or plain."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.detail._places import (
    GRID,
    arch_cells,
    border_cells,
    cell_means,
    halved,
    regions,
)
from studio_detector.analysis.detail._scale import decibel, inequality

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Float32 = npt.NDArray[np.float32]

#: Laplacian energy of noise of half a level, which JPEG coding takes away or puts in: less
#: than this is nothing.
_SHARPNESS_FLOOR = 8.0
#: The same for the power of a band between two blurs.
_BAND_FLOOR = 0.5
#: A cell this far below the sharpest one is smooth; above the other, sharp too.
_SMOOTH_DB = 20.0
_SHARP_DB = 6.0
#: Coarse power from which a cell holds structure, and fine power under which it is soft.
_STRUCTURED_DB = 6.0
_SOFT_DB = 0.0
#: Coarse power under which a cell is plain.
_PLAIN_DB = 3.0


def energy_cells(laplacian: Float32) -> Floats:
    """Mean square of the Laplacian over an 8x8 grid: float64 (8, 8)."""
    return cell_means(halved(np.square(laplacian)))


def sharpness_db(energy: Floats) -> Floats:
    """Decibels of `energy_cells`, noise counting as nothing: float64 (8, 8)."""
    return decibel(energy, _SHARPNESS_FLOOR)


def sharpness_measures(energy: Floats) -> dict[str, float | None]:
    """Fall-off from the sharpest cell, evenness, height, and the centre against the border.

    Args:
        energy: float64 (8, 8) of `energy_cells`, not all 0.
    """
    in_db = sharpness_db(energy)
    mean = regions(in_db)
    # On 64 numbers plain Python is as fast as NumPy, and finds counts by sorting once.
    ordered = sorted(in_db.ravel().tolist())
    sharpest, median = ordered[-1], (ordered[31] + ordered[32]) / 2
    by_row = energy.sum(axis=1).tolist()
    row = sum(row * amount for row, amount in enumerate(by_row)) / sum(by_row)
    return {
        "falloff_db": sharpest - median,
        "sharpness_spread_db": float(in_db.std()),
        "sharpness_inequality": inequality(energy),
        "sharp_cell_ratio": 1 - bisect_left(ordered, sharpest - _SHARP_DB) / len(ordered),
        "smooth_cell_ratio": bisect_left(ordered, sharpest - _SMOOTH_DB) / len(ordered),
        "sharp_row_ratio": (row + 0.5) / GRID,
        "subject_border_db": mean.centre - mean.border,
        "centre_top_db": mean.centre - mean.top,
        "centre_bottom_db": mean.centre - mean.bottom,
        "centre_softer_side_db": mean.centre - min(mean.left, mean.right),
        "centre_sharper_side_db": mean.centre - max(mean.left, mean.right),
        "bottom_sharpness_db": mean.bottom,
    }


def structure_measures(luma: Float32) -> dict[str, float | None]:
    """Compare the power of fine, middle and coarse structure cell by cell.

    Args:
        luma: float32 (rows, columns), 0..255, of the reduced picture.
    """
    # Boxes after the first Gaussian are round enough and cost the same at any width; the
    # standard deviations of the three blurs are 1, 2.2 and 4.6 px. What has been blurred twice
    # loses nothing at half the side.
    blurred = cv2.GaussianBlur(luma, (7, 7), 1.0, borderType=cv2.BORDER_REFLECT).astype(
        np.float32, copy=False
    )
    softer = _blurred(blurred, 7)
    softest = _blurred(halved(softer), 7)
    surroundings = _blurred(softest, 17)
    fine, middle, coarse = decibel(
        np.stack(
            [
                cell_means(halved(_power(luma, blurred))),
                cell_means(halved(_power(blurred, softer))),
                cell_means(_power(softest, surroundings)),
            ]
        ),
        _BAND_FLOOR,
    )
    fineness = fine - middle
    soft = fine < _SOFT_DB
    defocused = (coarse > _STRUCTURED_DB) & soft
    middle_of, fineness_of = regions(middle), regions(fineness)
    sides = sorted((middle_of.top, middle_of.bottom, middle_of.left, middle_of.right))
    return {
        "border_structure_db": middle_of.border,
        "plainer_sides_structure_db": sides[1],
        "arch_least_structure_db": float(coarse[arch_cells()].min()),
        "centre_arch_structure_db": middle_of.centre - middle_of.arch,
        "border_fineness_db": fineness_of.border,
        "centre_border_fineness_db": fineness_of.centre - fineness_of.border,
        "fineness_spread_db": float(fineness.std()),
        "defocused_cell_ratio": float(defocused.mean()),
        "defocused_border_ratio": float(defocused[border_cells()].mean()),
        "plain_border_ratio": float(((coarse < _PLAIN_DB) & soft)[border_cells()].mean()),
    }


def _power(sharper: Float32, softer: Float32) -> Float32:
    """Square of what lies between two blurs, in one array: large ones leave the cache."""
    band: Float32 = sharper - softer
    band *= band
    return band


def _blurred(plane: Float32, window_px: int) -> Float32:
    window = (window_px, window_px)
    return cv2.blur(plane, window, borderType=cv2.BORDER_REFLECT).astype(np.float32, copy=False)
