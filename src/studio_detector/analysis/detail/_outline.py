"""The subject: what differs in colour from the border, and how quiet it is away from it."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.detail._places import border_mask, centre
from studio_detector.planes.statistics import mean

if TYPE_CHECKING:
    import numpy.typing as npt

    Float32 = npt.NDArray[np.float32]
    Uint8 = npt.NDArray[np.uint8]

#: Steps of a colour difference of 0.5 fill eight bits up to 127.
_STEPS_PER_DELTA_E = 2.0
#: Least difference of the two classes of pixels: below, there is no subject to speak of.
_LEAST_GAP_DELTA_E = 2.0
#: Fewest pixels a subject or its surroundings must have.
_FEWEST_PX = 20
_ACTIVITY_FLOOR = 0.1
#: Surroundings begin this far from the subject, so that its own outline is not theirs.
_GUARD_PX = 3


def outline_measures(distance: Float32, gradient: Float32) -> dict[str, float | None]:
    """Split a picture into subject and surroundings by colour, and measure the subject.

    The threshold is Otsu's on the difference from the border's colours.

    Args:
        distance: float32 (rows, columns), delta E from the border.
        gradient: float32, same shape, levels per px.

    Returns:
        Short measure name -> value; empty where nothing stands out.
    """
    levels = cv2.convertScaleAbs(distance, alpha=_STEPS_PER_DELTA_E)
    # Odd pixels are no subject. Two small medians clear as much as a large one, sooner.
    levels = cv2.medianBlur(cv2.medianBlur(levels, 3), 3).astype(np.uint8, copy=False)
    _, binary = cv2.threshold(levels, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    subject = binary.astype(np.uint8, copy=False)
    area = cv2.countNonZero(subject)
    if area < _FEWEST_PX or subject.size - area < _FEWEST_PX:
        return {}
    gap = cv2.mean(levels, subject)[0] - cv2.mean(levels, 1 - subject)[0]
    if gap < _LEAST_GAP_DELTA_E * _STEPS_PER_DELTA_E:
        return {}
    share = area / subject.size
    between = share * (1 - share) * gap**2
    within = float(cv2.meanStdDev(levels)[1][0, 0]) ** 2
    border = border_mask(*subject.shape).view(np.uint8)
    return {
        "subject_gap_delta_e": gap / _STEPS_PER_DELTA_E,
        "subject_separability": min(1.0, between / within),
        "subject_area_ratio": share,
        "subject_centre_ratio": cv2.mean(subject[centre(*subject.shape)])[0],
        "subject_border_ratio": cv2.mean(subject, border)[0],
    } | _surroundings(subject, gradient)


def _surroundings(subject: Uint8, gradient: Float32) -> dict[str, float | None]:
    """How quiet it is away from the subject."""
    away = 1 - cv2.dilate(subject, _guard())
    if cv2.countNonZero(away) < _FEWEST_PX:
        return {}
    around = math.log10(mean(gradient, away.view(np.bool_)) + _ACTIVITY_FLOOR)
    inside = math.log10(mean(gradient, subject.view(np.bool_)) + _ACTIVITY_FLOOR)
    return {
        "surroundings_activity": around,
        "subject_surroundings_activity": inside - around,
    }


@cache
def _guard() -> Uint8:
    kernel = np.ones((2 * _GUARD_PX + 1, 2 * _GUARD_PX + 1), dtype=np.uint8)
    kernel.setflags(write=False)
    return kernel
