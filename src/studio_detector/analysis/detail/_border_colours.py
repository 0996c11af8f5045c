"""The colours around the border: few and found nowhere else on a set, many in the world."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.detail._scale import (
    arch_mask,
    border_mask,
    centre,
    entropy_bits,
    overlap,
    strips,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.intp]
    Float32 = npt.NDArray[np.float32]

#: Bins of the colour histograms: 12 steps of L*, 20 of 8 units each of a* and b*.
_LIGHTNESS_BINS = 12
_OPPONENT_BINS = 20
_OPPONENT_STEP = 8.0
_CODES = _LIGHTNESS_BINS * _OPPONENT_BINS**2
#: Bins taken together as the main colours of a backdrop (a gradient spans several).
_MAIN_COLOURS = 4
#: Share of the border a colour must have to be one of the backdrop's.
_COMMON_SHARE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SmallColour:
    """CIE LAB of a picture at half its sides.

    Attributes:
        lab: L*, a* and b*, each float32 (rows, columns).
        codes: intp (rows, columns): number of the histogram bin, 0..4799.
    """

    lab: tuple[Float32, Float32, Float32]
    codes: Codes


def small_colour(planes: Planes) -> SmallColour:
    """Halve the picture and number its colours.

    Args:
        planes: Planes of the reduced picture.
    """
    size = (max(1, round(planes.columns_px / 2)), max(1, round(planes.rows_px / 2)))
    lightness, a_star, b_star = (
        cv2.resize(plane, size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)
        for plane in (planes.lightness, planes.a_star, planes.b_star)
    )
    light = np.clip(lightness * (_LIGHTNESS_BINS / 100), 0, _LIGHTNESS_BINS - 1)
    codes = light.astype(np.intp)
    for opponent in (a_star, b_star):
        # Bins are centred on grey, so that a neutral backdrop does not straddle two.
        step = np.rint(opponent / _OPPONENT_STEP) + _OPPONENT_BINS // 2
        codes = codes * _OPPONENT_BINS + np.clip(step, 0, _OPPONENT_BINS - 1).astype(np.intp)
    return SmallColour(lab=(lightness, a_star, b_star), codes=codes)


def colour_measures(colour: SmallColour) -> dict[str, float | None]:
    """Compare the colours of the border, its sides, and the centre."""
    codes = colour.codes
    rows, columns = codes.shape
    border = _shares(codes[border_mask(rows, columns)])
    arch = _shares(codes[arch_mask(rows, columns)])
    middle = _shares(codes[centre(rows, columns)])
    sides = strips(rows, columns)
    entropies = [entropy_bits(np.bincount(codes[place].ravel())) for place in sides.values()]
    means = _side_means(colour)
    main = np.partition(border, -_MAIN_COLOURS)[-_MAIN_COLOURS:]
    return {
        "border_main_colour_ratio": float(min(1.0, main.sum())),
        "border_colour_entropy_bits": entropy_bits(border),
        "plainest_side_entropy_bits": min(entropies),
        "busiest_side_entropy_bits": max(entropies),
        "arch_colour_entropy_bits": entropy_bits(arch),
        "centre_colour_entropy_bits": entropy_bits(middle),
        "centre_border_overlap": overlap(middle, border),
        "border_coloured_ratio": float((border[codes] > _COMMON_SHARE).mean()),
        "side_difference_delta_e": math.dist(means["left"], means["right"]),
        "top_bottom_difference_delta_e": math.dist(means["top"], means["bottom"]),
    }


def distance_from_border(colour: SmallColour) -> npt.NDArray[np.float32]:
    """Colour difference of each pixel from the nearest mean colour of the four sides.

    Returns:
        float32 (rows, columns), CIE 1976 delta E, 0..~300.
    """
    nearest = np.full(colour.codes.shape, np.inf, dtype=np.float32)
    for mean in _side_means(colour).values():
        squared = np.zeros_like(nearest)
        for plane, component in zip(colour.lab, mean, strict=True):
            step = plane - np.float32(component)
            squared += step * step
        np.minimum(nearest, squared, out=nearest)
    return np.sqrt(nearest)


def _side_means(colour: SmallColour) -> dict[str, tuple[float, ...]]:
    """Mean L*, a* and b* of each border strip."""
    return {
        name: tuple(float(plane[place].mean(dtype=np.float64)) for plane in colour.lab)
        for name, place in strips(*colour.codes.shape).items()
    }


def _shares(codes: Codes) -> Floats:
    return np.bincount(codes.ravel(), minlength=_CODES) / max(1, codes.size)
