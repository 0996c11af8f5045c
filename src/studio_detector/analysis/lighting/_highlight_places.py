"""Where highlights lie and how they end: grid, border, subject, clipping and sparkle."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.base import MeasureSpec
from studio_detector.planes import scale
from studio_detector.planes.planes import grid_mean
from studio_detector.planes.statistics import Histogram, mean

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes

#: Luma from which detail is lost in print and on screen.
CLIPPED_LEVEL = 250
#: Luma from which a surface looks white.
WHITE_LEVEL = 230
#: A point counts as sparkle when it stands out of its surroundings by so many levels.
SPARKLE_LEVELS = 40
#: Side of the surroundings over which sparkle stands out, at 256 px.
_SPARKLE_WINDOW_PX = 7
#: Long side at which the colour of highlights is taken.
CHROMA_SIDE_PX = 128
#: Fewest highlight pixels that have a distribution.
FEWEST_PIXELS = 4
_GRID = 8
_SHAFER = "S. Shafer, Using color to separate reflection components, Color Res. Appl. 10 (1985)"
_TOPHAT = "White top-hat; J. Serra, Image Analysis and Mathematical Morphology (1982)"
_HISTOGRAM = "Luma histogram"
_POSITION = "Highlight area over an 8x8 grid"

_TOO_SMALL = "no pixel, or too few, are bright enough for a highlight"
_NO_HIGHLIGHT = "no pixel is bright enough for a highlight"
#: Why a measure can be None.
REASONS = dict.fromkeys(
    (
        "border_share",
        "backdrop_share",
        "centroid_row",
        "centroid_column",
        "spread",
        "outline_gradient",
    ),
    _NO_HIGHLIGHT,
) | {
    "subject_ratio": "the backdrop fills the picture",
    "grid_entropy": _TOO_SMALL,
    "chroma": _TOO_SMALL,
}

MEASURES = (
    MeasureSpec(
        name="threshold_level",
        summary="Luma from which pixels count as highlight: 97th percentile, within 160 to 245",
        unit="levels",
        low=160,
        high=245,
        studio=1,
        source=_HISTOGRAM,
    ),
    MeasureSpec(
        name="clipped_ratio",
        summary="Share of the picture without detail in the lights",
        unit="1",
        low=0,
        high=1,
        studio=1,
        source=_HISTOGRAM,
    ),
    MeasureSpec(
        name="white_ratio",
        summary="Share of the picture that looks white",
        unit="1",
        low=0,
        high=1,
        studio=1,
        source=_HISTOGRAM,
    ),
    MeasureSpec(
        name="specular_ratio",
        summary="Share of the picture that stands out of its close surroundings by brightness",
        unit="1",
        low=0,
        high=1,
        studio=-1,
        source=f"{_SHAFER}; {_TOPHAT}",
    ),
    MeasureSpec(
        name="sparkle_level",
        summary=(
            "How far sparkles outshine their close surroundings, 99th percentile of brightness "
            "above them"
        ),
        unit="levels",
        low=0,
        high=255,
        studio=-1,
        source=_TOPHAT,
    ),
    MeasureSpec(
        name="grid_entropy",
        summary=(
            "Evenness of the highlight area over the picture, entropy on an 8x8 grid: 1 = spread "
            "evenly"
        ),
        unit="1",
        low=0,
        high=1,
        source=_POSITION,
    ),
    MeasureSpec(
        name="border_share",
        summary="Share of the border that is highlight, over the share of the whole picture",
        unit="1",
        low=0,
        high=40,
        source=_POSITION,
    ),
    MeasureSpec(
        name="backdrop_share",
        summary="Share of the highlight area that lies on the backdrop",
        unit="1",
        low=0,
        high=1,
        studio=1,
        source=_POSITION,
    ),
    MeasureSpec(
        name="subject_ratio",
        summary="Share of the subject, all that is not backdrop, that is highlight",
        unit="1",
        low=0,
        high=1,
        source=_POSITION,
    ),
    MeasureSpec(
        name="centroid_row",
        summary="Height of the highlights' centre: -0.5 = top edge, 0.5 = bottom edge",
        unit="1",
        low=-0.5,
        high=0.5,
        studio=1,
        source=_POSITION,
    ),
    MeasureSpec(
        name="centroid_column",
        summary="Side of the highlights' centre: -0.5 = left edge, 0.5 = right edge",
        unit="1",
        low=-0.5,
        high=0.5,
        mirror="negated",
        source=_POSITION,
    ),
    MeasureSpec(
        name="spread",
        summary="Root mean square distance of the highlights from their centre, in long sides",
        unit="1",
        low=0,
        high=1,
        source=_POSITION,
    ),
    MeasureSpec(
        name="chroma",
        summary="Mean chroma of the highlights: low where they show the lamp, not the surface",
        unit="CIE C*ab",
        low=0,
        high=182,
        source=_SHAFER,
    ),
    MeasureSpec(
        name="outline_gradient",
        summary="Mean gradient along the highlights' outlines",
        unit="levels/px at 256 px",
        low=0,
        high=361,
        studio=-1,
        source="Sobel gradient",
    ),
)


def measure_places(planes: Planes) -> dict[str, float | None]:
    """Measure position and brightness of the highlights.

    Args:
        planes: Planes at a fixed side.

    Returns:
        The measures; those without support are absent.
    """
    histogram = planes.luma_histogram
    found = planes.highlights
    mask, backdrop = found.mask, planes.backdrop
    window = np.ones((_SPARKLE_WINDOW_PX, _SPARKLE_WINDOW_PX), dtype=np.uint8)
    # The top-hat is what an opening removes: what is smaller than the window stands out.
    sparkle = Histogram.of(cv2.morphologyEx(planes.luma, cv2.MORPH_TOPHAT, window))
    outside = backdrop.size - int(np.count_nonzero(backdrop))
    total = int(np.count_nonzero(mask))
    on_backdrop = int(np.count_nonzero(mask & backdrop))
    values: dict[str, float | None] = {
        "threshold_level": float(found.threshold),
        "clipped_ratio": histogram.fraction_at_least(CLIPPED_LEVEL),
        "white_ratio": histogram.fraction_at_least(WHITE_LEVEL),
        "specular_ratio": sparkle.fraction_at_least(SPARKLE_LEVELS),
        "sparkle_level": sparkle.percentile(99),
        "subject_ratio": (total - on_backdrop) / outside if outside else None,
    }
    if total < FEWEST_PIXELS:
        return values
    inside = mask.view(np.uint8)
    outline = inside - cv2.erode(inside, np.ones((3, 3), dtype=np.uint8))
    inner = mask[planes.inside_border]
    in_border = (total - int(np.count_nonzero(inner))) / (mask.size - inner.size)
    values |= {
        "border_share": in_border / (total / mask.size),
        "backdrop_share": on_backdrop / total,
        **_position(inside),
    }
    cover = scale.cover(mask, CHROMA_SIDE_PX)
    if cv2.countNonZero(cover):
        values |= {
            "grid_entropy": _evenness(grid_mean(cover, _GRID)),
            "chroma": mean(planes.at(CHROMA_SIDE_PX).chroma * cover) / cv2.mean(cover)[0],
        }
    if cv2.countNonZero(outline):
        values["outline_gradient"] = mean(planes.gradient_magnitude, outline.view(np.bool_))
    return values


def _evenness(cells: npt.NDArray[np.float64]) -> float:
    """Entropy of an area over the cells of a grid, as a share of the largest possible."""
    weight = cells[cells > 0] / cells.sum()
    entropy = -float(weight @ np.log(weight)) / math.log(cells.size)
    return min(max(entropy, 0.0), 1.0)


def _position(inside: npt.NDArray[np.uint8]) -> dict[str, float | None]:
    """Centre and spread of a mask by its first and second moments along both axes."""
    rows_px, columns_px = inside.shape
    counts = (
        cv2.reduce(inside, dim, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel().astype(np.int64)
        for dim in (1, 0)
    )
    (row, row_variance), (column, column_variance) = map(_moments, counts)
    return {
        "centroid_row": (row + 0.5) / rows_px - 0.5,
        "centroid_column": (column + 0.5) / columns_px - 0.5,
        "spread": (row_variance + column_variance) ** 0.5 / max(rows_px, columns_px),
    }


def _moments(counts: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Mean and variance of the positions counted."""
    position, total = np.arange(len(counts)), int(counts.sum())
    mean = int(counts @ position) / total
    return mean, max(0.0, int(counts @ position**2) / total - mean**2)
