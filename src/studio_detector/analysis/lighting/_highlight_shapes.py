"""Shapes and sizes of highlights: softboxes are large and compact, leaves and waves are not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.base import MeasureSpec

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes
    from studio_detector.planes.masks import Highlights

    Float64 = npt.NDArray[np.float64]

#: Smallest component counted, as a share of the picture: below it lies noise.
SMALLEST_RATIO = 2e-5
#: A component up to this share of the picture is a speck, not a surface.
SPECK_RATIO = 1e-3
#: Perimeters mean something from this area on.
SHAPED_AREA_PX = 12
#: How much darker than the threshold a catchlight's surroundings are, in levels.
_CATCHLIGHT_DROP_LEVELS = 50
#: Window of those surroundings at 256 px, several times as wide as a catchlight.
_CATCHLIGHT_WINDOW_PX = 21
_SHAPE = "R. Haralick, A measure for circularity of digital figures, IEEE Trans. SMC 4 (1974)"
_CROFTON = "Crofton's formula in four directions; P. Soille, Morphological Image Analysis (2003)"
_CATCHLIGHT = "F. Hunter et al., Light: Science and Magic (2015), catchlights"

_NO_HIGHLIGHT = "no pixel is bright enough for a highlight"
_NO_SHAPE = "no highlight is large enough to have a shape"
#: Why a measure can be None.
REASONS = {
    "largest_share": _NO_HIGHLIGHT,
    "size_entropy": _NO_HIGHLIGHT,
    "fill_ratio": _NO_HIGHLIGHT,
    "aspect_ratio": _NO_HIGHLIGHT,
    "circularity": _NO_SHAPE,
    "speck_circularity": _NO_SHAPE,
}

MEASURES = (
    MeasureSpec(
        name="count_log",
        summary="Natural logarithm of 1 + number of highlights",
        unit="1",
        low=0,
        high=20,
        studio=-1,
        source="Connected components",
    ),
    MeasureSpec(
        name="catchlight_count_log",
        summary="Natural logarithm of 1 + number of tiny, compact highlights on darker ground",
        unit="1",
        low=0,
        high=20,
        source=_CATCHLIGHT,
    ),
    MeasureSpec(
        name="largest_share",
        summary="Share of the highlight area in the largest highlight",
        unit="1",
        low=0,
        high=1,
        studio=1,
        source="Size distribution",
    ),
    MeasureSpec(
        name="size_entropy",
        summary=(
            "Variety of highlight sizes, entropy of the area over the highlights: many of one size"
            " are high"
        ),
        unit="nat",
        low=0,
        high=20,
        studio=-1,
        source="Size distribution",
    ),
    MeasureSpec(
        name="circularity",
        summary="Roundness of the highlights, 4 pi A / P^2, mean weighted by area: 1 = round",
        unit="1",
        low=0,
        high=1,
        source=f"{_SHAPE}; {_CROFTON}",
    ),
    MeasureSpec(
        name="speck_circularity",
        summary=(
            "Roundness of small highlights (below 1 % of the picture), 4 pi A / P^2, each counting"
            " once: 1 = round"
        ),
        unit="1",
        low=0,
        high=1,
        source=f"{_SHAPE}; {_CROFTON}",
    ),
    MeasureSpec(
        name="fill_ratio",
        summary="Share of its bounding box that a highlight fills, mean weighted by area",
        unit="1",
        low=0,
        high=1,
        source=_SHAPE,
    ),
    MeasureSpec(
        name="aspect_ratio",
        summary="Short over long side of a highlight's bounding box, mean weighted by area",
        unit="1",
        low=0,
        high=1,
        source=_SHAPE,
    ),
)


def measure_shapes(planes: Planes) -> dict[str, float | None]:
    """Measure number, size and shape of the highlights.

    Args:
        planes: Planes at a fixed side.

    Returns:
        The measures; those without support are absent.
    """
    found = planes.highlights
    pixels = planes.rows_px * planes.columns_px
    counted = found.areas_px >= max(2.0, SMALLEST_RATIO * pixels)
    areas = found.areas_px[counted].astype(np.float64)
    if not len(areas):
        return {"count_log": 0.0, "catchlight_count_log": 0.0}
    boxes = found.boxes_px[counted]
    _, _, width, height = boxes.T
    fill = areas / (width * height)
    aspect = np.minimum(width, height) / np.maximum(width, height)
    tiny = (areas <= SPECK_RATIO * pixels) & (fill >= 0.5) & (aspect >= 0.5)
    weight = areas / areas.sum()
    values: dict[str, float | None] = {
        "count_log": math.log1p(len(areas)),
        "catchlight_count_log": _catchlights(planes, boxes[tiny]),
        "largest_share": float(weight.max()),
        "size_entropy": max(0.0, -float(weight @ np.log(weight))),
        "fill_ratio": min(1.0, float(weight @ fill)),
        "aspect_ratio": min(1.0, float(weight @ aspect)),
    }
    shaped = found.areas_px >= SHAPED_AREA_PX
    if shaped.any():
        areas = found.areas_px[shaped].astype(np.float64)
        circularity = circularities(found)[shaped]
        values["circularity"] = min(1.0, float(areas @ circularity / areas.sum()))
        small = areas <= 10 * SPECK_RATIO * pixels
        if small.any():
            values["speck_circularity"] = float(circularity[small].mean())
    return values


def circularities(found: Highlights) -> Float64:
    """4 pi area / perimeter^2 of each component, 0..1, 1 for a disc: float64 (count,).

    Means little below `SHAPED_AREA_PX`.
    """
    perimeters = np.maximum(_perimeters_px(found), 1e-9)
    areas = found.areas_px.astype(np.float64)
    return np.minimum(4 * np.pi * areas / np.square(perimeters), 1)


def _catchlights(planes: Planes, boxes_px: npt.NDArray[np.int64]) -> float:
    """Count the candidates whose surroundings are much darker than the threshold."""
    if not len(boxes_px):
        return 0.0
    columns, rows = (boxes_px[:, :2] + boxes_px[:, 2:] // 2).T
    window = (_CATCHLIGHT_WINDOW_PX, _CATCHLIGHT_WINDOW_PX)
    around = cv2.blur(planes.luma, window, borderType=cv2.BORDER_REFLECT)[rows, columns]
    dark = around <= planes.highlights.threshold - _CATCHLIGHT_DROP_LEVELS
    return math.log1p(np.count_nonzero(dark))


def _perimeters_px(found: Highlights) -> Float64:
    """Perimeter of each component by Crofton's formula: float64 (count,).

    Lines in four directions are counted where they cross the outline; the picture's edge
    counts as outside. Exact for discs, 5 % short for upright squares.
    """
    framed = cv2.copyMakeBorder(found.mask.view(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    rim = framed - cv2.erode(framed, np.ones((3, 3), dtype=np.uint8))
    places = np.flatnonzero(rim.view(np.bool_))
    flat, stride = framed.ravel(), framed.shape[1]
    straight, diagonal = (
        4.0 - sum(flat[places + step] for step in (ahead, -ahead, across, -across))
        for ahead, across in ((1, stride), (stride + 1, stride - 1))
    )
    rows, columns = np.divmod(places, stride)
    owner = found.labels[rows - 1, columns - 1]
    crossings = straight + 0.5**0.5 * diagonal
    sums = np.bincount(owner, weights=crossings, minlength=found.count + 1)[1:]
    return np.asarray(np.pi / 8 * sums, dtype=np.float64)
