"""The subject against its background: separation, outline, sharpness, rim light."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.base import MeasureSpec
from studio_detector.planes.masks import SMOOTH_WINDOW_PX

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes

    Mask = npt.NDArray[np.bool_]
    Float32 = npt.NDArray[np.float32]

#: Smallest share of the picture for subject and backdrop to be set against each other.
SMALLEST_RATIO = 0.02
#: Smallest share of the picture that counts as a part of the subject of its own.
_PART_RATIO = 2e-3
#: The backdrop ends half a smoothing window before the subject: there the outline lies.
_OUTLINE_PX = SMOOTH_WINDOW_PX // 2 + 1
#: Depth at which the rim inside the outline ends, and the body behind it, at 256 px.
_RIM_PX = _OUTLINE_PX + 4
_BODY_PX = _RIM_PX + 10
#: Added to both sides of ratios of gradients, so that empty regions stay finite and coding
#: noise counts for nothing; three times as much for the Laplacian, which doubles noise.
_FLOOR_LEVELS = 0.5
_CIE76 = "CIE 15:2018, CIE76 colour difference"
_RIM = "F. Hunter et al., Light: Science and Magic (2015), rim and kicker lights"
_DEPTH = "R. Datta et al., Studying aesthetics in photographic images, ECCV (2006)"
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
        summary="Distance between the mean colours of subject and backdrop",
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
        summary="Mean L* of the subject's rim less that of the body behind it",
        unit="CIE L*",
        low=-100,
        high=100,
        source=_RIM,
    ),
    MeasureSpec(
        name="subject_count_log",
        summary="Natural logarithm of 1 + number of separate parts that are not backdrop",
        unit="1",
        low=0,
        high=20,
        source=_PARTS,
    ),
    MeasureSpec(
        name="subject_largest_share",
        summary="Share of what is not backdrop in its largest part",
        unit="1",
        low=0,
        high=1,
        source=_PARTS,
    ),
    MeasureSpec(
        name="subject_box_fill",
        summary="Share of its bounding box that the largest part fills",
        unit="1",
        low=0,
        high=1,
        source=_PARTS,
    ),
    MeasureSpec(
        name="subject_sides_touched",
        summary="Number of picture edges that anything but backdrop touches along a tenth",
        unit="1",
        low=0,
        high=4,
        studio=-1,
        source=_PARTS,
    ),
    MeasureSpec(
        name="edge_density_ratio",
        summary="Logarithm (base 2) of the mean gradient in the centre over that at the border",
        unit="octave",
        low=-10,
        high=10,
        studio=1,
        source=_DEPTH,
    ),
    MeasureSpec(
        name="sharpness_ratio",
        summary="The same of the mean size of the Laplacian: subject sharp, background soft",
        unit="octave",
        low=-12,
        high=12,
        studio=1,
        source=_DEPTH,
    ),
    MeasureSpec(
        name="gradient_mean",
        summary="Mean gradient of the picture: how busy it is",
        unit="levels/px at 256 px",
        low=0,
        high=361,
        studio=-1,
        source="Sobel gradient",
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
    MeasureSpec(
        name="centre_chroma_difference",
        summary="Mean chroma of the centre less that of the border",
        unit="CIE C*ab",
        low=-182,
        high=182,
        studio=1,
        source="Centre and surround",
    ),
)


def measure_subject(planes: Planes) -> dict[str, float | None]:
    """Set centre against border and subject against backdrop.

    Args:
        planes: Planes at the side at which the backdrop is found.

    Returns:
        The measures; those without support are absent.
    """
    magnitude = planes.gradient_magnitude
    middle = _middle(planes.rows_px, planes.columns_px)
    border = planes.border.view(np.uint8)
    inner, outer = cv2.mean(magnitude[middle])[0], cv2.mean(magnitude, border)[0]
    detail = np.abs(planes.laplacian)
    sharp, soft = cv2.mean(detail[middle])[0], cv2.mean(detail, border)[0]
    floor = _FLOOR_LEVELS
    values: dict[str, float | None] = {
        "edge_density_ratio": float(np.log2((inner + floor) / (outer + floor))),
        "sharpness_ratio": float(np.log2((sharp + 3 * floor) / (soft + 3 * floor))),
        "gradient_mean": cv2.mean(magnitude)[0],
        "gradient_median": _median(magnitude),
        "centre_lightness_difference": cv2.mean(planes.lightness[middle])[0]
        - cv2.mean(planes.lightness, border)[0],
        "centre_chroma_difference": cv2.mean(planes.chroma[middle])[0]
        - cv2.mean(planes.chroma, border)[0],
    }
    return values | _parts(planes) | _separation(planes)


def _middle(rows_px: int, columns_px: int) -> tuple[slice, slice]:
    row, column = rows_px // 4, columns_px // 4
    return slice(row, rows_px - row), slice(column, columns_px - column)


def _median(magnitude: Float32) -> float:
    """Median gradient to a quarter level, saturating at 64, by counting."""
    codes = cv2.convertScaleAbs(magnitude, alpha=4)
    counts = cv2.calcHist([codes], [0], None, [256], [0, 256]).ravel()
    return float(np.searchsorted(np.cumsum(counts), codes.size / 2)) / 4


def _parts(planes: Planes) -> dict[str, float | None]:
    """Count and place the parts that are not backdrop."""
    subject = (~planes.backdrop).view(np.uint8)
    rims = (subject[0], subject[-1], subject[:, 0], subject[:, -1])
    _, _, stats, _ = cv2.connectedComponentsWithStats(subject, connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    kept = areas >= max(1.0, _PART_RATIO * subject.size)
    values: dict[str, float | None] = {
        "subject_sides_touched": float(sum(bool(rim.mean() >= 0.1) for rim in rims)),
        "subject_count_log": float(np.log1p(np.count_nonzero(kept))),
    }
    if kept.any():
        largest = int(np.argmax(areas)) + 1
        width, height = stats[largest, cv2.CC_STAT_WIDTH], stats[largest, cv2.CC_STAT_HEIGHT]
        values |= {
            "subject_largest_share": float(areas.max() / areas.sum()),
            "subject_box_fill": float(areas.max() / (width * height)),
        }
    return values


def _separation(planes: Planes) -> dict[str, float | None]:
    """Compare subject and backdrop; empty when either is nearly missing."""
    backdrop = planes.backdrop
    share = float(backdrop.mean())
    if not SMALLEST_RATIO <= share <= 1 - SMALLEST_RATIO:
        return {}
    ground = backdrop.view(np.uint8)
    subject = (~backdrop).view(np.uint8)
    lab = [planes.lightness, planes.a_star, planes.b_star]
    difference = np.array(
        [cv2.mean(plane, subject)[0] - cv2.mean(plane, ground)[0] for plane in lab]
    )
    # The picture's own edge is no outline: erosion leaves it alone.
    past_outline, past_rim, past_body = (
        cv2.erode(subject, np.ones((2 * depth + 1, 2 * depth + 1), dtype=np.uint8))
        for depth in (_OUTLINE_PX, _RIM_PX, _BODY_PX)
    )
    outline, rim, body = subject - past_outline, past_outline - past_rim, past_rim - past_body
    values: dict[str, float | None] = {
        "separation": float(np.linalg.norm(difference)),
        "separation_lightness": float(difference[0]),
        "outline_gradient": cv2.mean(planes.gradient_magnitude, outline)[0],
    }
    if rim.any() and body.any():
        values["rim_light"] = (
            cv2.mean(planes.lightness, rim)[0] - cv2.mean(planes.lightness, body)[0]
        )
    return values
