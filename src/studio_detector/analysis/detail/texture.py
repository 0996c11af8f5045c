"""Texture: the surface of the border strips against that of the centre.

Seamless paper, a cyclorama and a far black backdrop have no texture; walls, foliage,
pavement and crowds do, on the sides where they show.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from studio_detector.analysis.base import AnalysisSpec, Measurement, MeasureSpec
from studio_detector.analysis.detail._glcm import Neighbours, texture_properties
from studio_detector.analysis.detail._places import (
    MINIMUM_SIDE_PX,
    TOO_SMALL,
    arch_places,
    border_places,
    centre,
    halved,
    strips,
)
from studio_detector.analysis.detail._scale import median
from studio_detector.planes.gradients import length

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes

    Float32 = npt.NDArray[np.float32]

_HARALICK = "Haralick, Shanmugam and Dinstein 1973, doi:10.1109/TSMC.1973.4309314"
_BIGUN = "Bigun and Granlund 1987, Proc. ICCV, pp. 433-438"
_TAMURA = "Tamura, Mori and Yamawaki 1978, doi:10.1109/TSMC.1978.4309999"

#: Variance of noise of 0.7 levels, which JPEG coding takes away or puts in: no roughness.
_ROUGHNESS_FLOOR = 0.5
#: Variance under which a place looks smooth: a standard deviation of four levels.
_SMOOTH_LEVELS2 = 16.0
#: Structure-tensor energy (levels squared per px squared) from which a place has texture.
_TEXTURED_LEVELS2 = 8.0
#: Coherence under which texture has no direction, and above which it is an edge.
_INCOHERENT = 0.35
_COHERENT = 0.7
_ONE_LEVEL = "a region of one grey level has no correlation"
_UNTEXTURED = "no place has texture"

_RATIO = partial(MeasureSpec, unit="1", low=0, high=1)
_ROUGHNESS = partial(MeasureSpec, unit="dB", low=-4, high=43, source=_TAMURA)

#: Name, unit, lowest, highest value, and studio direction of each property at the border.
_PROPERTIES: tuple[tuple[str, str, float, float, Literal[-1, 0, 1]], ...] = (
    ("contrast", "levels squared", 0.0, 49.0, -1),
    ("homogeneity", "1", 0.0, 1.0, 1),
    ("energy", "1", 0.0, 1.0, 1),
    ("correlation", "1", -1.0, 1.0, 0),
    ("entropy_bits", "bits", 0.0, 6.0, -1),
)

# What speaks for a studio at the border speaks against it in the centre's excess over it.
_OPPOSITE: dict[Literal[-1, 0, 1], Literal[-1, 0, 1]] = {-1: 1, 0: 0, 1: -1}


def _co_occurrence_measures() -> tuple[MeasureSpec, ...]:
    """Five properties of the centre, the mean and the greatest strip, and a difference."""
    places = (
        ("centre", "Texture {} of the centre, by co-occurrence"),
        ("border", "Texture {} of the border, mean of its four strips, by co-occurrence"),
        ("border_greatest", "Highest texture {} of the four border strips, by co-occurrence"),
        ("difference", "Texture {} of the centre less that of the border, by co-occurrence"),
    )
    return tuple(
        MeasureSpec(
            name=f"{place}_{name}",
            summary=summary.format(name.removesuffix("_bits")),
            unit=unit,
            low=low - high if place == "difference" else low,
            high=high - low if place == "difference" else high,
            studio=_OPPOSITE[studio] if place == "difference" else studio,
            source=_HARALICK,
        )
        for place, summary in places
        for name, unit, low, high, studio in _PROPERTIES
    )


SPEC = AnalysisSpec(
    name="texture",
    version=2,
    phase="detail",
    title="Texture",
    summary=(
        "Texture of the four border strips and of the centre: grey-level co-occurrence at "
        "eight levels, roughness and direction."
    ),
    measures=(
        *_co_occurrence_measures(),
        _ROUGHNESS(
            name="border_roughness_db",
            summary=(
                "Roughness of the border, mean over its four strips of the median local variance"
            ),
            studio=-1,
        ),
        _ROUGHNESS(
            name="smoothest_side_roughness_db",
            summary="Roughness of the smoothest border strip, median local variance",
            studio=-1,
        ),
        _ROUGHNESS(
            name="roughest_side_roughness_db",
            summary="Roughness of the roughest border strip, median local variance",
            studio=-1,
        ),
        _ROUGHNESS(
            name="top_roughness_db",
            summary="Roughness of the upper border strip, median local variance",
            studio=-1,
        ),
        _ROUGHNESS(
            name="bottom_roughness_db",
            summary="Roughness of the lower border strip, median local variance",
            studio=-1,
        ),
        _ROUGHNESS(
            name="arch_roughness_db",
            summary=(
                "Roughness along the top and the upper half of both sides, median local variance"
            ),
            studio=-1,
        ),
        _ROUGHNESS(
            name="centre_roughness_db",
            summary="Roughness of the centre, median local variance",
            studio=-1,
        ),
        MeasureSpec(
            name="difference_roughness_db",
            summary="Roughness of the centre over that of the border, median local variance",
            unit="dB",
            low=-47,
            high=47,
            studio=1,
            source=_TAMURA,
        ),
        _RATIO(
            name="smooth_ratio",
            summary=(
                "Share of the picture that is smooth, local standard deviation of luma under four "
                "levels"
            ),
            studio=1,
            source=_TAMURA,
        ),
        _RATIO(
            name="coherence",
            summary=(
                "How much textured places have one direction, mean coherence: 1 = all lines, 0 = "
                "no direction"
            ),
            studio=1,
            source=_BIGUN,
        ),
        _RATIO(
            name="centre_incoherent_ratio",
            summary="Share of the centre with texture of no direction",
            studio=-1,
            source=_BIGUN,
        ),
        _RATIO(
            name="border_incoherent_ratio",
            summary="Share of the border with texture of no direction",
            studio=-1,
            source=_BIGUN,
        ),
        _RATIO(
            name="centre_coherent_ratio",
            summary="Share of the centre with one clear direction",
            studio=1,
            source=_BIGUN,
        ),
        _RATIO(
            name="border_coherent_ratio",
            summary="Share of the border with one clear direction",
            studio=-1,
            source=_BIGUN,
        ),
    ),
    references=(_HARALICK, _TAMURA, _BIGUN),
)


def measure(planes: Planes) -> Measurement:
    """Measure the texture of the reduced picture by region; never raises."""
    reduced = planes.reduced
    if reduced.short_side_px < MINIMUM_SIDE_PX:
        return Measurement.of(SPEC, {}, reason=TOO_SMALL)
    values: dict[str, float | None] = {}
    values |= _co_occurrence(reduced.luma)
    values |= _roughness(reduced.local_variance)
    values |= _directedness(reduced.gradient_columns, reduced.gradient_rows)
    missing = {"coherence": _UNTEXTURED}
    return Measurement.of(SPEC, values, missing=missing, reason=_ONE_LEVEL)


def _co_occurrence(luma: npt.NDArray[np.uint8]) -> dict[str, float | None]:
    neighbours = Neighbours.of(luma)
    places = [centre(*luma.shape), *strips(*luma.shape).values()]
    found = texture_properties(np.stack([neighbours.co_occurrence(*place) for place in places]))
    values: dict[str, float | None] = {}
    for name, by_place in found.items():
        inside, *by_side = by_place
        sides = [side for side in by_side if math.isfinite(side)]
        values[f"centre_{name}"] = inside
        if sides:
            values[f"border_{name}"] = mean = sum(sides) / len(sides)
            values[f"border_greatest_{name}"] = max(sides)
            values[f"difference_{name}"] = inside - mean
    return values


def _roughness(local_variance: Float32) -> dict[str, float | None]:
    """Medians of local variance in decibels: an object that reaches in does not move them."""
    # Neighbouring windows share most of their pixels: a quarter of them tells as much.
    variance = halved(local_variance)
    shape = variance.shape
    sides = {name: _median_db(variance[place]) for name, place in strips(*shape).items()}
    border = sum(sides.values()) / len(sides)
    inner = _median_db(variance[centre(*shape)])
    return {
        "border_roughness_db": border,
        "smoothest_side_roughness_db": min(sides.values()),
        "roughest_side_roughness_db": max(sides.values()),
        "top_roughness_db": sides["top"],
        "bottom_roughness_db": sides["bottom"],
        "arch_roughness_db": _median_db(variance.ravel()[arch_places(*shape)]),
        "centre_roughness_db": inner,
        "difference_roughness_db": inner - border,
        "smooth_ratio": float((variance < _SMOOTH_LEVELS2).mean()),
    }


def _median_db(variance: Float32) -> float:
    return 10 * math.log10(median(variance) + _ROUGHNESS_FLOOR)


def _directedness(across: Float32, down: Float32) -> dict[str, float | None]:
    """Coherence of the structure tensor: lines and outlines against grain and foliage."""
    xx, yy, xy = _averaged(across, across), _averaged(down, down), _averaged(across, down)
    energy = xx + yy
    # One unit added keeps near-flat places from looking perfectly directed.
    coherence = length(xx - yy, 2 * xy) / (energy + 1)
    textured = energy > _TEXTURED_LEVELS2
    inner_incoherent, outer_incoherent = _shares(textured & (coherence < _INCOHERENT))
    inner_coherent, outer_coherent = _shares(textured & (coherence > _COHERENT))
    count = np.count_nonzero(textured)
    total = float((coherence * textured).sum(dtype=np.float64))
    return {
        "coherence": min(1.0, total / count) if count else None,
        "centre_incoherent_ratio": inner_incoherent,
        "border_incoherent_ratio": outer_incoherent,
        "centre_coherent_ratio": inner_coherent,
        "border_coherent_ratio": outer_coherent,
    }


def _averaged(first: Float32, second: Float32) -> Float32:
    """Mean product in windows of about 10 px, at half the sides: averages lose nothing there."""
    small = halved(first * second)
    return cv2.blur(small, (5, 5), borderType=cv2.BORDER_REFLECT).astype(np.float32, copy=False)


def _shares(mask: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Share of the centre and of the border that a mask covers."""
    return float(mask[centre(*mask.shape)].mean()), float(
        mask.ravel()[border_places(*mask.shape)].mean()
    )
