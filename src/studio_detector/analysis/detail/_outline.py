"""The subject's outline: what differs in colour from the border, and its shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.detail._scale import border_mask, centre

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

#: Steps of a colour difference of 0.5 fill eight bits up to 127.
_STEPS_PER_DELTA_E = 2.0
#: Least difference of the two classes of pixels: below, there is no subject to speak of.
_LEAST_GAP_DELTA_E = 2.0
#: Fewest pixels a subject or its surroundings must have.
_FEWEST_PX = 20
_ACTIVITY_FLOOR = 0.1
#: Surroundings begin this far from the subject, so that its own outline is not theirs.
_GUARD_PX = 3


def outline_measures(
    distance: npt.NDArray[np.float32], gradient: npt.NDArray[np.float32]
) -> dict[str, float | None]:
    """Split a picture into subject and surroundings by colour, and measure the subject.

    The threshold is Otsu's on the difference from the border's colours.

    Args:
        distance: float32 (rows, columns), delta E from the border.
        gradient: float32, same shape, levels per px.

    Returns:
        Short measure name -> value; empty where nothing stands out.
    """
    levels = np.clip(distance * _STEPS_PER_DELTA_E, 0, 255).astype(np.uint8)
    # Single odd pixels would count as parts of the subject.
    levels = np.asarray(cv2.medianBlur(levels, 5), dtype=np.uint8)
    _, binary = cv2.threshold(levels, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    subject = binary.astype(np.bool_)
    area = int(subject.sum())
    if area < _FEWEST_PX or subject.size - area < _FEWEST_PX:
        return {}
    gap = float(levels[subject].mean() - levels[~subject].mean())
    if gap < _LEAST_GAP_DELTA_E * _STEPS_PER_DELTA_E:
        return {}
    share = area / subject.size
    between = share * (1 - share) * gap**2
    values: dict[str, float | None] = {
        "subject_gap_delta_e": gap / _STEPS_PER_DELTA_E,
        "subject_separability": float(min(1.0, between / float(levels.var()))),
        "subject_area_ratio": share,
        "subject_centre_ratio": float(subject[centre(*subject.shape)].mean()),
        "subject_border_ratio": float(subject[border_mask(*subject.shape)].mean()),
    }
    values |= _shape(subject)
    values |= _surroundings(subject, gradient)
    return values


def _shape(subject: Mask) -> dict[str, float | None]:
    """Shape and place of the largest part of the subject."""
    count, labels, stats, centroids = cv2.connectedComponentsWithStats(
        subject.view(np.uint8), connectivity=8, ltype=cv2.CV_32S
    )
    areas = stats[1:, cv2.CC_STAT_AREA]
    # Of equal parts the one nearest the middle column: a mirrored picture keeps it.
    from_middle = np.abs(centroids[1:, 0] - (subject.shape[1] - 1) / 2)
    largest = int(np.lexsort((from_middle, -areas))[0]) + 1
    part = (labels == largest).astype(np.uint8)
    contours, _ = cv2.findContours(part, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    hull = cv2.convexHull(contours[0])
    # Pixels have an area, their centres do not: half the perimeter and one are added.
    hull_area = cv2.contourArea(hull) + cv2.arcLength(hull, closed=True) / 2 + 1
    moments = cv2.moments(part, binaryImage=True)
    inertia = moments["mu20"] + moments["mu02"]
    column, row = centroids[largest]
    offset = np.hypot((column + 0.5) / subject.shape[1] - 0.5, (row + 0.5) / subject.shape[0] - 0.5)
    area = float(areas[largest - 1])
    touched = (part[0].any(), part[-1].any(), part[:, 0].any(), part[:, -1].any())
    return {
        "subject_parts_log2": float(np.log2(count - 1)),
        "subject_largest_ratio": area / float(areas.sum()),
        "subject_convexity": float(min(1.0, area / hull_area)),
        "subject_tilt": float(min(1.0, 2 * abs(moments["mu11"]) / inertia)) if inertia else 0.0,
        "subject_offset_ratio": float(offset),
        "subject_sides_touched": float(sum(map(bool, touched))),
        "subject_bottom_ratio": float(part[-1].mean()),
    }


def _surroundings(subject: Mask, gradient: npt.NDArray[np.float32]) -> dict[str, float | None]:
    """How quiet it is away from the subject, and how much of the detail is its outline."""
    kernel = np.ones((2 * _GUARD_PX + 1, 2 * _GUARD_PX + 1), dtype=np.uint8)
    near = cv2.dilate(subject.view(np.uint8), kernel).astype(np.bool_)
    ridge = cv2.morphologyEx(
        subject.view(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), dtype=np.uint8)
    ).astype(np.bool_)
    total = float(gradient.sum(dtype=np.float64))
    values: dict[str, float | None] = {
        "outline_detail_ratio": float(min(1.0, gradient[ridge].sum(dtype=np.float64) / total))
        if total > 0
        else None,
    }
    if (~near).sum() >= _FEWEST_PX:
        around = float(np.log10(gradient[~near].mean() + _ACTIVITY_FLOOR))
        inside = float(np.log10(gradient[subject].mean() + _ACTIVITY_FLOOR))
        values |= {
            "surroundings_activity": around,
            "subject_surroundings_activity": inside - around,
        }
    return values
