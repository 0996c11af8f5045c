"""The backdrop: how much of the picture it covers, and its colour."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

import cv2
import numpy as np

from studio_detector.analysis.base import MeasureSpec
from studio_detector.planes.colour import unpacked
from studio_detector.planes.masks import border_px
from studio_detector.planes.scale import COVERED
from studio_detector.planes.statistics import share

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes

_Scalar = TypeVar("_Scalar", bound=np.generic)

#: Long side at which colours are taken: the backdrop has no detail.
COLOUR_SIDE_PX = 128
#: Smallest share of the picture from which the region reached is called a backdrop.
SMALLEST_RATIO = 0.02
_SEAMLESS = "F. Hunter et al., Light: Science and Magic (2015), seamless backgrounds"

_NO_BACKDROP = "no smooth region reaches the border"
#: Why a measure can be None.
REASONS = dict.fromkeys(("lightness", "chroma", "b_star", "colour_deviation"), _NO_BACKDROP)

MEASURES = (
    MeasureSpec(
        name="coverage_ratio",
        summary="Backdrop's share of the picture, the smooth region that reaches the border",
        unit="1",
        low=0,
        high=1,
        studio=1,
        source=_SEAMLESS,
    ),
    MeasureSpec(
        name="side_coverage_least",
        summary="Backdrop's share of the border strip at the side with the least of it",
        unit="1",
        low=0,
        high=1,
        studio=1,
        source=_SEAMLESS,
    ),
    MeasureSpec(
        name="side_coverage_second",
        summary=(
            "Backdrop's share of the border strip with the second least of it: three sides have at"
            " least this"
        ),
        unit="1",
        low=0,
        high=1,
        studio=1,
        source=_SEAMLESS,
    ),
    MeasureSpec(
        name="top_coverage",
        summary="Backdrop's share of the border strip at the top",
        unit="1",
        low=0,
        high=1,
        studio=1,
        source=_SEAMLESS,
    ),
    MeasureSpec(
        name="bottom_coverage",
        summary="Backdrop's share of the border strip at the bottom: skies have none there",
        unit="1",
        low=0,
        high=1,
        studio=1,
        source=_SEAMLESS,
    ),
    MeasureSpec(
        name="lightness",
        summary="Mean L* of the backdrop",
        unit="CIE L*",
        low=0,
        high=100,
        source="CIE 15:2018",
    ),
    MeasureSpec(
        name="chroma",
        summary="Chroma of the backdrop's mean colour: papers are neutral, skies are not",
        unit="CIE C*ab",
        low=0,
        high=182,
        studio=-1,
        source="CIE 15:2018",
    ),
    MeasureSpec(
        name="b_star",
        summary="Mean b* of the backdrop",
        unit="CIE b*",
        low=-128,
        high=127,
        source="CIE 15:2018",
    ),
    MeasureSpec(
        name="colour_deviation",
        summary=(
            "Unevenness of the backdrop's colour, root mean square distance of a*b* from their mean"
        ),
        unit="CIE a*b*",
        low=0,
        high=182,
        studio=-1,
        source="CIE 15:2018",
    ),
)


def measure_backdrop(planes: Planes) -> dict[str, float | None]:
    """Measure the backdrop.

    Args:
        planes: Planes at the side at which the backdrop is found.

    Returns:
        The measures; those without support are absent.
    """
    backdrop = planes.backdrop
    coverage = share(backdrop)
    shares = [share(side) for side in side_strips(backdrop)]
    least, second, *_ = sorted(shares)
    values: dict[str, float | None] = {
        "coverage_ratio": coverage,
        "side_coverage_least": least,
        "side_coverage_second": second,
        "top_coverage": shares[0],
        "bottom_coverage": shares[1],
    }
    small = planes.at(COLOUR_SIDE_PX)
    inside = (planes.backdrop_cover(COLOUR_SIDE_PX) == COVERED).view(np.uint8)
    if coverage < SMALLEST_RATIO or not cv2.countNonZero(inside):
        return values
    mean, deviation = cv2.meanStdDev(small.lab, mask=inside)
    lightness, a_star, b_star = unpacked(mean.ravel().tolist())
    return values | {
        "lightness": min(lightness, 100.0),
        "chroma": math.hypot(a_star, b_star),
        "b_star": b_star,
        "colour_deviation": math.hypot(*deviation[1:, 0].tolist()),
    }


def side_strips(plane: npt.NDArray[_Scalar]) -> tuple[npt.NDArray[_Scalar], ...]:
    """The border strips of a plane: top, bottom, left, right; corners belong to both."""
    rows, columns = plane.shape[:2]
    width = border_px(rows, columns)
    return plane[:width], plane[-width:], plane[:, :width], plane[:, -width:]
