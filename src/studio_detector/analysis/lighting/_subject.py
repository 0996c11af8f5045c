"""The subject against its background: separation, outline, rim light, centre and border."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.base import MeasureSpec
from studio_detector.analysis.lighting._backdrop import COLOUR_SIDE_PX
from studio_detector.planes.colour import LIGHTNESS_STEP, unpacked
from studio_detector.planes.masks import SMOOTH_WINDOW_PX, components
from studio_detector.planes.scale import COVERED
from studio_detector.planes.statistics import Histogram, mean, share

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes

    Uint8 = npt.NDArray[np.uint8]
    Float32 = npt.NDArray[np.float32]

#: Smallest share of the picture for subject and backdrop to be set against each other.
SMALLEST_RATIO = 0.02
#: Smallest share of the picture that counts as a part of the subject of its own.
_PART_RATIO = 2e-3
#: The backdrop ends half a smoothing window before the subject: there the outline lies.
_OUTLINE_PX = SMOOTH_WINDOW_PX // 2 + 1
#: Depth at which the outline ends, the rim inside it, and the body behind that, at 128 px.
_BLEND_PX = _OUTLINE_PX // 2
_RIM_PX = _BLEND_PX + 2
_BODY_PX = _RIM_PX + 5
_CIE76 = "CIE 15:2018, CIE76 colour difference"
_RIM = "F. Hunter et al., Light: Science and Magic (2015), rim and kicker lights"
_PARTS = "Connected components of what is not backdrop"

_NO_SUBJECT = "subject and backdrop cannot be told apart"
#: Why a measure can be None.
REASONS = dict.fromkeys(
    (
        "separation",
        "separation_lightness",
        "outline_gradient",
        "rim_light",
        "subject_largest_share",
        "subject_box_fill",
    ),
    _NO_SUBJECT,
)

MEASURES = (
    MeasureSpec(
        name="separation",
        summary="Colour distance between subject and backdrop, of their mean colours",
        unit="CIE76",
        low=0,
        high=375,
        studio=1,
        source=_CIE76,
    ),
    MeasureSpec(
        name="separation_lightness",
        summary="Mean L* of the subject less that of the backdrop",
        unit="CIE L*",
        low=-100,
        high=100,
        source=_CIE76,
    ),
    MeasureSpec(
        name="outline_gradient",
        summary="Mean gradient along the subject's outline: a clean cut is high",
        unit="levels/px at 256 px",
        low=0,
        high=361,
        studio=1,
        source="Sobel gradient",
    ),
    MeasureSpec(
        name="rim_light",
        summary=(
            "Mean L* of the subject's rim less that of the body just inside it: high with a rim "
            "light"
        ),
        unit="CIE L*",
        low=-100,
        high=100,
        source=_RIM,
    ),
    MeasureSpec(
        name="subject_count_log",
        summary=(
            "Natural logarithm of 1 + number of separate parts of the subject, all that is not "
            "backdrop"
        ),
        unit="1",
        low=0,
        high=20,
        source=_PARTS,
    ),
    MeasureSpec(
        name="subject_largest_share",
        summary="Share of the subject, all that is not backdrop, in its largest part",
        unit="1",
        low=0,
        high=1,
        source=_PARTS,
    ),
    MeasureSpec(
        name="subject_box_fill",
        summary="Share of its bounding box that the subject's largest part fills",
        unit="1",
        low=0,
        high=1,
        source=_PARTS,
    ),
    MeasureSpec(
        name="subject_sides_touched",
        summary="Number of picture edges that the subject touches along a tenth of their length",
        unit="1",
        low=0,
        high=4,
        studio=-1,
        source=_PARTS,
    ),
    MeasureSpec(
        name="gradient_median",
        summary="Median gradient of the picture: how busy its quieter half is",
        unit="levels/px at 256 px",
        low=0,
        high=64,
        studio=-1,
        source="Sobel gradient",
    ),
    MeasureSpec(
        name="centre_lightness_difference",
        summary="Mean L* of the centre less that of the border: vignette or dark ground",
        unit="CIE L*",
        low=-100,
        high=100,
        source="Centre and surround",
    ),
)


def measure_subject(planes: Planes) -> dict[str, float | None]:
    """Set centre against border and subject against backdrop.

    Args:
        planes: Planes at the side at which the backdrop is found; colours are taken at
            `COLOUR_SIDE_PX`.

    Returns:
        The measures; those without support are absent.
    """
    small = planes.at(COLOUR_SIDE_PX)
    row, column = small.rows_px // 4, small.columns_px // 4
    centre = small.lab[row : small.rows_px - row, column : small.columns_px - column]
    levels = cv2.mean(centre)[0] - cv2.mean(small.lab, small.border.view(np.uint8))[0]
    values: dict[str, float | None] = {
        "gradient_median": _median(planes.gradient_magnitude),
        "centre_lightness_difference": levels * LIGHTNESS_STEP,
    }
    return values | _parts(planes) | _separation(planes)


def _median(magnitude: Float32) -> float:
    """Median gradient to a quarter level, saturating at 64, by counting."""
    codes = np.asarray(cv2.convertScaleAbs(magnitude, alpha=4), dtype=np.uint8)
    return Histogram.of(codes).percentile(50) / 4


def _parts(planes: Planes) -> dict[str, float | None]:
    """Count and place the parts that are not backdrop."""
    subject = ~planes.backdrop
    rims = (subject[0], subject[-1], subject[:, 0], subject[:, -1])
    parts = components(subject)
    areas = parts.areas_px
    kept = int(np.count_nonzero(areas >= max(1.0, _PART_RATIO * subject.size)))
    values: dict[str, float | None] = {
        "subject_sides_touched": float(sum(share(rim) >= 0.1 for rim in rims)),
        "subject_count_log": math.log1p(kept),
    }
    if kept:
        largest = int(areas.argmax())
        _, _, width, height = parts.boxes_px[largest].tolist()
        values |= {
            "subject_largest_share": float(areas[largest] / areas.sum()),
            "subject_box_fill": float(areas[largest] / (width * height)),
        }
    return values


def _separation(planes: Planes) -> dict[str, float | None]:
    """Compare subject and backdrop; empty when either is nearly missing."""
    backdrop = planes.backdrop
    if not SMALLEST_RATIO <= share(backdrop) <= 1 - SMALLEST_RATIO:
        return {}
    figure = (~backdrop).view(np.uint8)
    # The picture's own edge is no outline: erosion leaves it alone.
    outline = figure - _eroded(figure, _OUTLINE_PX)
    values: dict[str, float | None] = {
        "outline_gradient": mean(planes.gradient_magnitude, outline.view(np.bool_))
    }
    lab, cover = planes.at(COLOUR_SIDE_PX).lab, planes.backdrop_cover(COLOUR_SIDE_PX)
    subject, ground = (cover == 0).view(np.uint8), (cover == COVERED).view(np.uint8)
    if cv2.countNonZero(subject) and cv2.countNonZero(ground):
        inner, outer = unpacked(cv2.mean(lab, subject)), unpacked(cv2.mean(lab, ground))
        values |= {
            "separation": math.dist(inner, outer),
            "separation_lightness": inner[0] - outer[0],
        }
    past_outline, past_rim, past_body = (
        _eroded(subject, depth) for depth in (_BLEND_PX, _RIM_PX, _BODY_PX)
    )
    rim, body = past_outline - past_rim, past_rim - past_body
    if cv2.countNonZero(rim) and cv2.countNonZero(body):
        levels = cv2.mean(lab, rim)[0] - cv2.mean(lab, body)[0]
        values["rim_light"] = levels * LIGHTNESS_STEP
    return values


def _eroded(mask: Uint8, depth_px: int) -> Uint8:
    kernel = np.ones((2 * depth_px + 1, 2 * depth_px + 1), dtype=np.uint8)
    return np.asarray(cv2.erode(mask, kernel), dtype=np.uint8)
