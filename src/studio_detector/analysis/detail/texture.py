"""Texture: the surface of the border strips against that of the centre.

Seamless paper, a cyclorama and a far black backdrop have no texture; walls, foliage,
pavement and crowds do, on the sides where they show.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from studio_detector.analysis.base import AnalysisSpec, Measurement, MeasureSpec
from studio_detector.analysis.detail import _glcm, _patterns
from studio_detector.analysis.detail._scale import (
    MINIMUM_SIDE_PX,
    TOO_SMALL,
    arch_mask,
    border_cells,
    centre,
    centre_cells,
    decibel,
    entropy_bits,
    overlap,
    percentiles,
    strips,
)
from studio_detector.planes.planes import grid_mean

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes

    Floats = npt.NDArray[np.float64]

_HARALICK = "Haralick, Shanmugam and Dinstein 1973, doi:10.1109/TSMC.1973.4309314"
_OJALA = "Ojala, Pietikainen and Maenpaa 2002, doi:10.1109/TPAMI.2002.1017623"
_SWAIN = "Swain and Ballard 1991, doi:10.1007/BF00130487"
_BIGUN = "Bigun and Granlund 1987, Proc. ICCV, pp. 433-438"
_TAMURA = "Tamura, Mori and Yamawaki 1978, doi:10.1109/TSMC.1978.4309999"

#: Variance of noise of 0.7 levels, which JPEG coding takes away or puts in: no roughness.
_ROUGHNESS_FLOOR = 0.5
#: Roughness under which a place looks smooth: a standard deviation of four levels.
_SMOOTH_DB = 12.0
#: The same for a* and b*, which come in whole steps and are coded more coarsely.
_CHROMA_FLOOR = 2.0
#: Gradient that noise makes by itself, in levels per px.
_GRADIENT_FLOOR = 1.0
#: Structure-tensor energy (levels squared per px squared) from which a place has texture.
_TEXTURED_LEVELS2 = 8.0
#: Coherence under which texture has no direction, and above which it is an edge.
_INCOHERENT = 0.35
_COHERENT = 0.7
_ONE_LEVEL = "a region of one grey level has no correlation"
_UNTEXTURED = "no place has texture"

_RATIO = partial(MeasureSpec, unit="1", low=0, high=1)
_ROUGHNESS = partial(MeasureSpec, unit="dB", low=-4, high=43, source=_TAMURA)
_PATTERN_BITS = partial(MeasureSpec, unit="bits", low=0, high=3.33, source=_OJALA)

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
    """Five properties of the centre, the mean, least and greatest strip, and a difference."""
    places = (
        ("centre", "Co-occurrence {} of the centre"),
        ("border", "Mean co-occurrence {} of the four border strips"),
        ("border_least", "Lowest co-occurrence {} of the four border strips"),
        ("border_greatest", "Highest co-occurrence {} of the four border strips"),
        ("difference", "Co-occurrence {} of the centre minus the border's mean"),
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
    version=1,
    phase="detail",
    title="Texture",
    summary=(
        "Texture of the four border strips and of the centre: grey-level co-occurrence at "
        "eight levels, local binary patterns, roughness and direction."
    ),
    measures=(
        *_co_occurrence_measures(),
        MeasureSpec(
            name="top_entropy_bits",
            summary="Co-occurrence entropy of the upper strip: sky, ceiling, backdrop",
            unit="bits",
            low=0,
            high=6,
            studio=-1,
            source=_HARALICK,
        ),
        MeasureSpec(
            name="bottom_entropy_bits",
            summary="Co-occurrence entropy of the lower strip: ground, table, sweep",
            unit="bits",
            low=0,
            high=6,
            studio=-1,
            source=_HARALICK,
        ),
        _RATIO(
            name="sides_tone_overlap",
            summary="Least likeness of tones of two border strips; 1: the same all around",
            studio=1,
            source=_SWAIN,
        ),
        _PATTERN_BITS(
            name="centre_pattern_entropy_bits",
            summary="Entropy of local patterns in the centre",
            studio=-1,
        ),
        _PATTERN_BITS(
            name="border_pattern_entropy_bits",
            summary="Mean entropy of local patterns in the border strips",
            studio=-1,
        ),
        _PATTERN_BITS(
            name="plainest_side_pattern_entropy_bits",
            summary="Entropy of local patterns in the plainest strip",
            studio=-1,
        ),
        MeasureSpec(
            name="difference_pattern_entropy_bits",
            summary="Entropy of local patterns in the centre minus the border",
            unit="bits",
            low=-3.33,
            high=3.33,
            studio=1,
            source=_OJALA,
        ),
        _RATIO(
            name="border_flat_ratio",
            summary="Mean share of pixels without a brighter neighbour in the strips",
            studio=1,
            source=_OJALA,
        ),
        _RATIO(
            name="least_flat_side_ratio",
            summary="The same for the least flat strip",
            studio=1,
            source=_OJALA,
        ),
        _RATIO(
            name="second_flattest_side_ratio",
            summary="The same for the second flattest strip",
            studio=1,
            source=_OJALA,
        ),
        _RATIO(
            name="centre_flat_ratio",
            summary="The same for the centre",
            studio=1,
            source=_OJALA,
        ),
        _RATIO(
            name="irregular_pattern_ratio",
            summary="Share of pixels with an irregular pattern: grain, foliage, cloth",
            studio=-1,
            source=_OJALA,
        ),
        _ROUGHNESS(
            name="border_roughness_db",
            summary="Mean over strips of the median local variance",
            studio=-1,
        ),
        _ROUGHNESS(
            name="smoothest_side_roughness_db",
            summary="Median local variance of the smoothest strip",
            studio=-1,
        ),
        _ROUGHNESS(
            name="roughest_side_roughness_db",
            summary="Median local variance of the roughest strip",
            studio=-1,
        ),
        _ROUGHNESS(
            name="top_roughness_db",
            summary="Median local variance of the upper strip",
            studio=-1,
        ),
        _ROUGHNESS(
            name="bottom_roughness_db",
            summary="Median local variance of the lower strip",
            studio=-1,
        ),
        _ROUGHNESS(
            name="arch_roughness_db",
            summary="Median local variance above and beside the upper half",
            studio=-1,
        ),
        _ROUGHNESS(
            name="centre_roughness_db",
            summary="Median local variance of the centre",
            studio=-1,
        ),
        MeasureSpec(
            name="difference_roughness_db",
            summary="Median local variance of the centre over that of the border",
            unit="dB",
            low=-47,
            high=47,
            studio=1,
            source=_TAMURA,
        ),
        _ROUGHNESS(
            name="quartile_roughness_db",
            summary="Lower quartile of local variance over the picture",
            studio=-1,
        ),
        _ROUGHNESS(
            name="median_roughness_db",
            summary="Median of local variance over the picture",
            studio=-1,
        ),
        _RATIO(
            name="smooth_ratio",
            summary="Share of places with a local standard deviation under four levels",
            studio=1,
            source=_TAMURA,
        ),
        MeasureSpec(
            name="arch_gradient_variation",
            summary="Standard deviation over mean of the gradient above and beside",
            unit="1",
            low=0,
            high=300,
            studio=1,
            source=_TAMURA,
        ),
        MeasureSpec(
            name="border_red_green_texture_db",
            summary="Variance of a* around its surroundings at the border",
            unit="dB",
            low=3,
            high=43,
            studio=-1,
            source=_TAMURA,
        ),
        MeasureSpec(
            name="quartile_red_green_texture_db",
            summary="The same for the cell at the lower quartile",
            unit="dB",
            low=3,
            high=43,
            studio=-1,
            source=_TAMURA,
        ),
        MeasureSpec(
            name="border_blue_yellow_texture_db",
            summary="Variance of b* around its surroundings at the border",
            unit="dB",
            low=3,
            high=43,
            studio=-1,
            source=_TAMURA,
        ),
        MeasureSpec(
            name="quartile_blue_yellow_texture_db",
            summary="The same for the cell at the lower quartile",
            unit="dB",
            low=3,
            high=43,
            studio=-1,
            source=_TAMURA,
        ),
        _RATIO(
            name="coherence",
            summary="Mean coherence of textured places; 1: all lines, 0: no direction",
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
    references=(_HARALICK, _OJALA, _TAMURA, _BIGUN),
)


def measure(planes: Planes) -> Measurement:
    """Measure the texture of the reduced picture by region; never raises."""
    reduced = planes.reduced
    if reduced.short_side_px < MINIMUM_SIDE_PX:
        return Measurement.of(SPEC, {}, reason=TOO_SMALL)
    values: dict[str, float | None] = {}
    values |= _co_occurrence(reduced)
    values |= _pattern_measures(reduced)
    values |= _roughness(reduced)
    values |= _chroma_texture(reduced)
    values |= _directedness(reduced)
    missing = {"coherence": _UNTEXTURED}
    return Measurement.of(SPEC, values, missing=missing, reason=_ONE_LEVEL)


def _co_occurrence(reduced: Planes) -> dict[str, float | None]:
    levels = _glcm.quantised(reduced.luma)
    shape = levels.shape
    places = [centre(*shape), *strips(*shape).values()]
    matrices = np.stack([_glcm.co_occurrence(levels[place]) for place in places])
    found = _glcm.texture_properties(matrices)
    values: dict[str, float | None] = {
        "top_entropy_bits": float(found["entropy_bits"][1]),
        "bottom_entropy_bits": float(found["entropy_bits"][2]),
    }
    for name, by_place in found.items():
        inside, sides = float(by_place[0]), by_place[1:]
        sides = sides[np.isfinite(sides)]
        values[f"centre_{name}"] = inside
        if sides.size:
            values[f"border_{name}"] = float(sides.mean())
            values[f"border_least_{name}"] = float(sides.min())
            values[f"border_greatest_{name}"] = float(sides.max())
            values[f"difference_{name}"] = inside - float(sides.mean())
    tones = [
        _shares(np.right_shift(reduced.luma[place], np.uint8(4), dtype=np.uint8), 16)
        for place in strips(*shape).values()
    ]
    values["sides_tone_overlap"] = min(
        overlap(tones[first], tones[second]) for first in range(4) for second in range(first)
    )
    return values


def _pattern_measures(reduced: Planes) -> dict[str, float | None]:
    codes = _patterns.local_binary_patterns(reduced.luma)
    shape = codes.shape
    inner = _shares(codes[centre(*shape)], _patterns.CODES)
    outer = [_shares(codes[place], _patterns.CODES) for place in strips(*shape).values()]
    whole = _shares(codes, _patterns.CODES)
    flat = sorted(float(side[_patterns.FLAT]) for side in outer)
    entropies = [entropy_bits(side) for side in outer]
    border_entropy = sum(entropies) / len(entropies)
    return {
        "centre_pattern_entropy_bits": entropy_bits(inner),
        "border_pattern_entropy_bits": border_entropy,
        "plainest_side_pattern_entropy_bits": min(entropies),
        "difference_pattern_entropy_bits": entropy_bits(inner) - border_entropy,
        "border_flat_ratio": sum(flat) / len(flat),
        "least_flat_side_ratio": flat[0],
        "second_flattest_side_ratio": flat[2],
        "centre_flat_ratio": float(inner[_patterns.FLAT]),
        "irregular_pattern_ratio": float(whole[_patterns.CODES - 1]),
    }


def _roughness(reduced: Planes) -> dict[str, float | None]:
    """Percentiles of local variance in decibels; medians of regions resist an object in them."""
    windows = reduced.local_variance
    # Neighbouring windows share most of their pixels: a quarter of them tells as much.
    size = (-(-windows.shape[1] // 2), -(-windows.shape[0] // 2))
    variance = cv2.resize(windows, size, interpolation=cv2.INTER_AREA)
    in_db = np.log10(variance + np.float32(_ROUGHNESS_FLOOR)).astype(np.float32) * np.float32(10)
    shape = in_db.shape
    sides = {side: percentiles(in_db[place], 50)[0] for side, place in strips(*shape).items()}
    border = sum(sides.values()) / len(sides)
    inner = percentiles(in_db[centre(*shape)], 50)[0]
    lower, middle = percentiles(in_db, 25, 50)
    gradient = reduced.gradient_magnitude[arch_mask(reduced.rows_px, reduced.columns_px)]
    mean = float(gradient.mean(dtype=np.float64))
    return {
        "border_roughness_db": border,
        "smoothest_side_roughness_db": min(sides.values()),
        "roughest_side_roughness_db": max(sides.values()),
        "top_roughness_db": sides["top"],
        "bottom_roughness_db": sides["bottom"],
        "arch_roughness_db": percentiles(in_db[arch_mask(*shape)], 50)[0],
        "centre_roughness_db": inner,
        "difference_roughness_db": inner - border,
        "quartile_roughness_db": lower,
        "median_roughness_db": middle,
        "smooth_ratio": float((in_db < _SMOOTH_DB).mean()),
        "arch_gradient_variation": float(gradient.std(dtype=np.float64)) / (mean + _GRADIENT_FLOOR),
    }


def _chroma_texture(reduced: Planes) -> dict[str, float | None]:
    """Variance of a* and b* around their surroundings, by cell: foliage, cloth, posters."""
    values: dict[str, float | None] = {}
    for name, plane in (("red_green", reduced.a_star), ("blue_yellow", reduced.b_star)):
        detail = plane - cv2.blur(plane, (9, 9), borderType=cv2.BORDER_REFLECT)
        cells = grid_mean(cv2.multiply(detail, detail))
        values[f"border_{name}_texture_db"] = float(
            decibel(cells[border_cells()].mean(), _CHROMA_FLOOR)
        )
        values[f"quartile_{name}_texture_db"] = float(
            decibel(np.percentile(cells, 25), _CHROMA_FLOOR)
        )
    return values


def _directedness(reduced: Planes) -> dict[str, float | None]:
    """Coherence of the structure tensor: lines and outlines against grain and foliage."""
    across, down = reduced.gradient_columns, reduced.gradient_rows
    # The tensor is averaged anyway, so half the sides lose nothing.
    size = (-(-reduced.columns_px // 2), -(-reduced.rows_px // 2))
    xx, yy, xy = (
        cv2.blur(
            cv2.resize(product, size, interpolation=cv2.INTER_AREA),
            (5, 5),
            borderType=cv2.BORDER_REFLECT,
        )
        for product in (
            cv2.multiply(across, across),
            cv2.multiply(down, down),
            cv2.multiply(across, down),
        )
    )
    energy = xx + yy
    # One unit added keeps near-flat places from looking perfectly directed.
    coherence = cv2.magnitude(xx - yy, 2 * xy) / (energy + 1)
    textured = energy > _TEXTURED_LEVELS2
    # Averaging shares in single precision can pass one.
    incoherent = np.minimum(1, grid_mean(textured & (coherence < _INCOHERENT)))
    coherent = np.minimum(1, grid_mean(textured & (coherence > _COHERENT)))
    inner, outer = centre_cells(), border_cells()
    return {
        "coherence": min(1.0, float(coherence[textured].mean())) if textured.any() else None,
        "centre_incoherent_ratio": float(incoherent[inner].mean()),
        "border_incoherent_ratio": float(incoherent[outer].mean()),
        "centre_coherent_ratio": float(coherent[inner].mean()),
        "border_coherent_ratio": float(coherent[outer].mean()),
    }


def _shares(levels: npt.NDArray[np.uint8], count: int) -> Floats:
    return np.bincount(levels.ravel(), minlength=count) / levels.size
