"""How shadows end: softness of the transitions near dark regions, and texture inside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.base import MeasureSpec
from studio_detector.planes.planes import grid_mean

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes

#: Half width of the band around a shadow's outline in which its transition is looked at.
BAND_PX = 3
#: Fewest pixels of the band a percentile may rest on.
FEWEST_PIXELS = 24
#: Local variance (levels squared) up to which a window counts as without texture.
_FLAT_VARIANCE = 6.0
#: Gradients weaker than this (levels per px) have no transition to speak of.
_WEAK_LEVELS_PER_PX = 0.5
_ARBELAEZ = "Sobel gradient percentiles; R. Guo et al., IEEE TPAMI 35 (2013), shadow edges"
_CONTACT = "Contact shadows anchor objects: D. Kersten et al., Perception 26 (1997)"

_NO_OUTLINE = "no dark region has an outline inside the picture"
#: Why a measure can be None.
REASONS = {
    "edge_softness_ratio": _NO_OUTLINE,
    "edge_gradient_p50": _NO_OUTLINE,
    "edge_gradient_p95": _NO_OUTLINE,
    "penumbra_percent": _NO_OUTLINE,
    "texture_levels": "no dark region",
    "largest_ratio": "no dark region",
    "contact_drop": "no subject stands on a backdrop",
}

MEASURES = (
    MeasureSpec(
        name="edge_softness_ratio",
        summary="Median over 95th percentile of the gradient along dark outlines: 1 = even",
        unit="1",
        low=0,
        high=1,
        studio=1,
        source=_ARBELAEZ,
    ),
    MeasureSpec(
        name="edge_gradient_p50",
        summary="Median gradient along dark outlines, as a share of the picture's luma range",
        unit="1/px at 256 px",
        low=0,
        high=400,
        studio=-1,
        source=_ARBELAEZ,
    ),
    MeasureSpec(
        name="edge_gradient_p95",
        summary="95th percentile of the gradient along dark outlines, as such a share",
        unit="1/px at 256 px",
        low=0,
        high=400,
        source=_ARBELAEZ,
    ),
    MeasureSpec(
        name="penumbra_percent",
        summary="Median width of the transition into the dark, in percent of the long side",
        unit="%",
        low=0,
        high=200,
        studio=1,
        source=_ARBELAEZ,
    ),
    MeasureSpec(
        name="texture_levels",
        summary="Mean local standard deviation inside dark regions: low in a studio's black",
        unit="levels",
        low=0,
        high=128,
        studio=-1,
        source="Local variance uniformity",
    ),
    MeasureSpec(
        name="variance_unevenness",
        summary="Coefficient of variation of local standard deviation over 8x8 cells",
        unit="1",
        low=0,
        high=8,
        studio=1,
        source="Local variance uniformity",
    ),
    MeasureSpec(
        name="flat_ratio",
        summary="Share of the picture without local texture",
        unit="1",
        low=0,
        high=1,
        studio=1,
        source="Local variance uniformity",
    ),
    MeasureSpec(
        name="outline_ratio",
        summary="Length of the dark regions' outlines over the picture's long side",
        unit="1",
        low=0,
        high=256,
        studio=-1,
        source="Fragmentation of dark regions",
    ),
    MeasureSpec(
        name="largest_ratio",
        summary="Share of the dark pixels in the largest dark region",
        unit="1",
        low=0,
        high=1,
        source="Fragmentation of dark regions",
    ),
    MeasureSpec(
        name="contact_drop",
        summary="How much darker the ground just below the subject is than the backdrop, in L*",
        unit="CIE L*",
        low=-100,
        high=100,
        studio=1,
        source=_CONTACT,
    ),
)


def measure_edges(planes: Planes, *, luma_range: float) -> dict[str, float | None]:
    """Measure transitions and texture of dark regions on planes of 256 px.

    Args:
        planes: Planes of the reduced picture.
        luma_range: Difference of the 95th and 5th percentile of luma, in levels.

    Returns:
        The measures; those without support are absent.
    """
    deviation = np.sqrt(planes.local_variance)
    cells = grid_mean(deviation)
    mean_deviation = float(cells.mean())
    shadow = planes.shadow
    inside = shadow.view(np.uint8)
    kernel = np.ones((3, 3), dtype=np.uint8)
    # Pixels outside the picture are neither dark nor light: its rim is no outline.
    outline = (cv2.dilate(inside, kernel) - inside).view(np.bool_)
    values: dict[str, float | None] = {
        "variance_unevenness": float(cells.std() / mean_deviation) if mean_deviation > 0 else 0.0,
        "flat_ratio": float(
            np.count_nonzero(planes.local_variance <= _FLAT_VARIANCE) / deviation.size
        ),
        "outline_ratio": float(np.count_nonzero(outline) / max(planes.rows_px, planes.columns_px)),
    }
    dark = int(np.count_nonzero(shadow))
    if dark:
        values["texture_levels"] = cv2.mean(deviation, inside)[0]
        _, _, stats, _ = cv2.connectedComponentsWithStats(inside, connectivity=8)
        values["largest_ratio"] = float(stats[1:, cv2.CC_STAT_AREA].max() / dark)
    if np.count_nonzero(outline) >= FEWEST_PIXELS:
        values |= _transition(planes, outline, luma_range)
    return values


def _transition(
    planes: Planes, outline: npt.NDArray[np.bool_], luma_range: float
) -> dict[str, float | None]:
    """Gradient percentiles along the outline, and the width they imply."""
    # The steepest point of a transition lies near the threshold, not on it.
    near = np.ones((3, 3), dtype=np.uint8)
    steepest = cv2.dilate(planes.gradient_magnitude, near)[outline]
    middle, high = np.percentile(steepest, [50, 95])
    wide = cv2.blur(planes.luma, (3, 3))
    reach = np.ones((4 * BAND_PX + 1, 4 * BAND_PX + 1), dtype=np.uint8)
    drop = (cv2.dilate(wide, reach) - cv2.erode(wide, reach))[outline]
    width_px = drop / np.maximum(steepest, _WEAK_LEVELS_PER_PX)
    scale = max(luma_range, 1.0)
    return {
        "edge_softness_ratio": float(middle / high) if high > 0 else None,
        "edge_gradient_p50": float(middle / scale),
        "edge_gradient_p95": float(high / scale),
        "penumbra_percent": float(
            100 * np.median(width_px) / max(planes.rows_px, planes.columns_px)
        ),
    }


def contact_drop(planes: Planes) -> float | None:
    """L* lost just below the lowest subject pixel of each column, on small planes.

    Returns:
        Median over the subject's columns; None when there is no subject on a backdrop.
    """
    backdrop = planes.backdrop
    rows, columns = backdrop.shape
    gap, depth = max(1, rows // 64), max(2, rows // 24)
    inside = ~backdrop[:, columns // 8 : columns - columns // 8]
    lightness = planes.lightness[:, columns // 8 : columns - columns // 8]
    if inside.size == 0 or not inside.any() or np.count_nonzero(backdrop) < 0.1 * backdrop.size:
        return None
    lowest = rows - 1 - np.argmax(inside[::-1], axis=0)
    # A subject cut by the lower edge stands on nothing that can be seen.
    stands = inside.any(axis=0) & (lowest + gap + depth < rows)
    if np.count_nonzero(stands) < max(3, inside.shape[1] // 20):
        return None
    below = lowest[stands] + gap + np.arange(depth)[:, None]
    under = lightness[below, np.flatnonzero(stands)].mean(axis=0)
    return float(np.median(lightness[~inside]) - np.median(under)) if (~inside).any() else None
