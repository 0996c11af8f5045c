"""Where highlights lie and how they end: grid, border, subject, clipping and sparkle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.base import MeasureSpec
from studio_detector.planes.planes import grid_mean

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
#: Fewest highlight pixels that have a distribution.
FEWEST_PIXELS = 4
_GRID = 8
_SHAFER = "S. Shafer, Using color to separate reflection components, Color Res. Appl. 10 (1985)"
_TOPHAT = "White top-hat; J. Serra, Image Analysis and Mathematical Morphology (1982)"
_HISTOGRAM = "Luma histogram"
_POSITION = "Highlight area over an 8x8 grid"

_NO_HIGHLIGHT = "no pixel is bright enough for a highlight"
#: Why a measure can be None.
REASONS = dict.fromkeys(
    (
        "grid_entropy",
        "border_share",
        "backdrop_share",
        "centroid_row",
        "centroid_column",
        "spread",
        "chroma",
        "outline_gradient",
    ),
    _NO_HIGHLIGHT,
) | {
    "subject_ratio": "the backdrop fills the picture",
}

MEASURES = (
    MeasureSpec(
        name="threshold_level",
        summary="Luma from which pixels count as highlight (97th percentile, 160 to 245)",
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
        summary="99th percentile of the brightness above the close surroundings",
        unit="levels",
        low=0,
        high=255,
        studio=-1,
        source=_TOPHAT,
    ),
    MeasureSpec(
        name="grid_entropy",
        summary="Entropy of the highlight area over an 8x8 grid: 1 = spread evenly",
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
        summary="Share of what is not backdrop that is highlight",
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
    inside = mask.view(np.uint8)
    white = histogram.fraction_at_least(WHITE_LEVEL)
    clipped = histogram.fraction_at_least(CLIPPED_LEVEL)
    window = np.ones((_SPARKLE_WINDOW_PX, _SPARKLE_WINDOW_PX), dtype=np.uint8)
    # The opening removes what is smaller than the window; what it took away stands out.
    opened = cv2.morphologyEx(planes.luma, cv2.MORPH_OPEN, window)
    tophat = planes.luma - np.asarray(opened, dtype=np.uint8)
    outside = backdrop.size - np.count_nonzero(backdrop)
    total = int(np.count_nonzero(mask))
    on_backdrop = int(np.count_nonzero(mask & backdrop))
    values: dict[str, float | None] = {
        "threshold_level": float(found.threshold),
        "clipped_ratio": clipped,
        "white_ratio": white,
        "specular_ratio": float((tophat >= SPARKLE_LEVELS).mean()),
        "sparkle_level": _percentile(tophat, 99),
        "subject_ratio": (total - on_backdrop) / outside if outside else None,
    }
    if total < FEWEST_PIXELS:
        return values
    share = total / mask.size
    outline = (inside - cv2.erode(inside, np.ones((3, 3), dtype=np.uint8))).view(np.bool_)
    cells = grid_mean(mask, _GRID)
    weight = cells[cells > 0] / cells.sum()
    values |= {
        "grid_entropy": float(np.clip(-(weight * np.log(weight)).sum() / np.log(_GRID**2), 0, 1)),
        "border_share": float(mask[planes.border].mean() / share),
        "backdrop_share": on_backdrop / total,
        "chroma": cv2.mean(planes.chroma, inside)[0],
        **_position(inside),
    }
    if outline.any():
        values["outline_gradient"] = cv2.mean(planes.gradient_magnitude, outline.view(np.uint8))[0]
    return values


def _percentile(plane: npt.NDArray[np.uint8], percent: float) -> float:
    counts = cv2.calcHist([plane], [0], None, [256], [0, 256]).ravel()
    return float(np.searchsorted(np.cumsum(counts), percent / 100 * plane.size))


def _position(
    inside: npt.NDArray[np.uint8],
) -> dict[str, float | None]:
    """Centre and spread of a mask by its first and second moments."""
    rows_px, columns_px = inside.shape
    moments = cv2.moments(inside, binaryImage=True)
    area = moments["m00"]
    variance_px = (max(moments["mu20"], 0) + max(moments["mu02"], 0)) / area
    return {
        "centroid_row": (moments["m01"] / area + 0.5) / rows_px - 0.5,
        "centroid_column": (moments["m10"] / area + 0.5) / columns_px - 0.5,
        "spread": variance_px**0.5 / max(rows_px, columns_px),
    }
