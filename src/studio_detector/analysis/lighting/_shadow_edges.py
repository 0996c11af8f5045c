"""How shadows end: softness of the transitions near dark regions, and texture inside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.base import MeasureSpec
from studio_detector.planes.colour import LIGHTNESS_STEP
from studio_detector.planes.scale import COVERED
from studio_detector.planes.statistics import Histogram, mean, percentiles, share

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes

    Float32 = npt.NDArray[np.float32]
    Mask = npt.NDArray[np.bool_]

#: Half width of the band around a shadow's outline in which its transition is looked at.
BAND_PX = 3
#: Long side at which the ground below a subject is looked at.
CONTACT_SIDE_PX = 128
#: Fewest pixels of the band a percentile may rest on.
FEWEST_PIXELS = 24
#: Local variance (levels squared) up to which a window counts as without texture.
_FLAT_VARIANCE = 6.0
#: Gradients weaker than this (levels per px) have no transition to speak of.
_WEAK_LEVELS_PER_PX = 0.5
_NEXT = np.ones((3, 3), dtype=np.uint8)
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
    "contact_drop": "no subject stands on a backdrop",
}

MEASURES = (
    MeasureSpec(
        name="edge_softness_ratio",
        summary=(
            "How even the steepness of dark areas' edges is, median over 95th percentile: 1 = all "
            "alike"
        ),
        unit="1",
        low=0,
        high=1,
        studio=1,
        source=_ARBELAEZ,
    ),
    MeasureSpec(
        name="edge_gradient_p50",
        summary=(
            "Median steepness of dark areas' edges, as a share of the picture's luma range: hard "
            "is high"
        ),
        unit="1/px at 256 px",
        low=0,
        high=400,
        studio=-1,
        source=_ARBELAEZ,
    ),
    MeasureSpec(
        name="edge_gradient_p95",
        summary=(
            "Steepness of dark areas' hardest edges, 95th percentile as a share of the picture's "
            "luma range"
        ),
        unit="1/px at 256 px",
        low=0,
        high=400,
        source=_ARBELAEZ,
    ),
    MeasureSpec(
        name="penumbra_percent",
        summary=(
            "Median width of the transition into dark areas, in percent of the long side: soft is "
            "wide"
        ),
        unit="%",
        low=0,
        high=200,
        studio=1,
        source=_ARBELAEZ,
    ),
    MeasureSpec(
        name="texture_levels",
        summary=(
            "Texture inside dark areas, mean local standard deviation of luma: low in a studio's "
            "black"
        ),
        unit="levels",
        low=0,
        high=128,
        studio=-1,
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
        summary="Length of dark areas' outlines over the picture's long side",
        unit="1",
        low=0,
        high=256,
        studio=-1,
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
    shadow = planes.shadow
    outline = shadow_outline(planes)
    length = int(np.count_nonzero(outline))
    values: dict[str, float | None] = {
        "flat_ratio": share(planes.local_variance <= _FLAT_VARIANCE),
        "outline_ratio": length / max(planes.rows_px, planes.columns_px),
    }
    if shadow.any():
        values["texture_levels"] = mean(np.sqrt(planes.local_variance[shadow]))
    if length >= FEWEST_PIXELS:
        values |= _transition(planes, outline, luma_range)
    return values


def shadow_outline(planes: Planes) -> Mask:
    """The pixels that touch a dark region from outside: bool (rows, columns)."""
    inside = planes.shadow.view(np.uint8)
    # Pixels outside the picture are neither dark nor light: its rim is no outline.
    return (cv2.dilate(inside, _NEXT) - inside).view(np.bool_)


def transitions(planes: Planes, outline: Mask) -> tuple[Float32, Float32]:
    """Steepest gradient (levels per px) and width (px) at each outline pixel: (count,) each."""
    # The steepest point of a transition lies near the threshold, not on it.
    steepest = cv2.dilate(planes.gradient_magnitude, _NEXT)[outline]
    wide = cv2.blur(planes.luma, (3, 3))
    reach = np.ones((4 * BAND_PX + 1, 4 * BAND_PX + 1), dtype=np.uint8)
    drop = (cv2.dilate(wide, reach) - cv2.erode(wide, reach))[outline]
    width_px = drop / np.maximum(steepest, _WEAK_LEVELS_PER_PX)
    return np.asarray(steepest, dtype=np.float32), np.asarray(width_px, dtype=np.float32)


def _transition(planes: Planes, outline: Mask, luma_range: float) -> dict[str, float | None]:
    """Gradient percentiles along the outline, and the width they imply."""
    steepest, widths_px = transitions(planes, outline)
    middle, high = percentiles(steepest, 50, 95)
    (width_px,) = percentiles(widths_px, 50)
    scale = max(luma_range, 1.0)
    return {
        "edge_softness_ratio": middle / high if high > 0 else None,
        "edge_gradient_p50": middle / scale,
        "edge_gradient_p95": high / scale,
        # A checkerboard of single pixels has contrast and no Sobel gradient at all.
        "penumbra_percent": min(200.0, 100 * width_px / max(planes.rows_px, planes.columns_px)),
    }


def contact_drop(planes: Planes) -> float | None:
    """L* lost just below the lowest subject pixel of each column.

    Args:
        planes: Planes at the side at which the backdrop is found; tones are taken at
            `CONTACT_SIDE_PX`.

    Returns:
        Median over the subject's columns; None when there is no subject on a backdrop.
    """
    ground = planes.backdrop_cover(CONTACT_SIDE_PX) == COVERED
    levels = cv2.extractChannel(planes.at(CONTACT_SIDE_PX).lab, 0)
    rows, columns = ground.shape
    if np.count_nonzero(ground) < 0.1 * ground.size:
        return None
    # Stands and curtains at the sides are no subject.
    middle = slice(columns // 8, columns - columns // 8)
    inside, levels = ~ground[:, middle], np.ascontiguousarray(levels[:, middle])
    gap, depth = max(1, rows // 64), max(2, rows // 24)
    lowest = rows - 1 - inside[::-1].argmax(axis=0)
    # A subject cut by the lower edge stands on nothing that can be seen.
    (stands,) = np.nonzero(inside.any(axis=0) & (lowest + gap + depth < rows))
    if len(stands) < max(3, inside.shape[1] // 20):
        return None
    under = levels[lowest[stands] + gap + np.arange(depth)[:, None], stands]
    (below,) = percentiles(under.mean(axis=0), 50)
    return (Histogram.of(levels, ~inside).percentile(50) - below) * LIGHTNESS_STEP
