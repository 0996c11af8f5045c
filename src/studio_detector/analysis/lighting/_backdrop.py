"""The backdrop: how much of the picture it covers, its colour and its noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.base import MeasureSpec
from studio_detector.planes.masks import BORDER_RATIO

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes

    Float32 = npt.NDArray[np.float32]

#: Smallest share of the picture from which the region reached is called a backdrop.
SMALLEST_RATIO = 0.02
_SEAMLESS = "F. Hunter et al., Light: Science and Magic (2015), seamless backgrounds"
_IMMERKAER = "J. Immerkaer, Fast noise variance estimation, CVIU 64 (1996)"

_NO_BACKDROP = "no smooth region reaches the border"
#: Why a measure can be None.
REASONS = dict.fromkeys(
    ("lightness", "chroma", "b_star", "colour_deviation", "noise_levels"), _NO_BACKDROP
)

MEASURES = (
    MeasureSpec(
        name="coverage_ratio",
        summary="Share of the picture covered by the smooth region that reaches the border",
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
        summary="The same at the side with the second least: three sides have at least this",
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
        summary="Root mean square distance of the backdrop's a*b* from their mean",
        unit="CIE a*b*",
        low=0,
        high=182,
        studio=-1,
        source="CIE 15:2018",
    ),
    MeasureSpec(
        name="noise_levels",
        summary="Mean size of the Laplacian on the backdrop: grain, weave and coding noise",
        unit="levels",
        low=0,
        high=1020,
        studio=-1,
        source=_IMMERKAER,
    ),
)


def measure_backdrop(planes: Planes, *, whole: Planes) -> dict[str, float | None]:
    """Measure the backdrop.

    Args:
        planes: Planes at the side at which the backdrop is found.
        whole: Planes of the whole picture, for the noise.

    Returns:
        The measures; those without support are absent.
    """
    backdrop = planes.backdrop
    coverage = float(backdrop.mean())
    sides = side_strips(backdrop)
    shares = [float(side.mean()) for side in sides]
    least, second, *_ = sorted(shares)
    values: dict[str, float | None] = {
        "coverage_ratio": coverage,
        "side_coverage_least": least,
        "side_coverage_second": second,
        "top_coverage": shares[0],
        "bottom_coverage": shares[1],
    }
    if coverage < SMALLEST_RATIO:
        return values
    inside = backdrop.view(np.uint8)
    (a_mean, a_deviation), (b_mean, b_deviation) = (
        _mean_and_deviation(plane, inside) for plane in (planes.a_star, planes.b_star)
    )
    noisy = whole.backdrop.view(np.uint8)
    values |= {
        "lightness": cv2.mean(planes.lightness, inside)[0],
        "chroma": float(np.hypot(a_mean, b_mean)),
        "b_star": b_mean,
        "colour_deviation": float(np.hypot(a_deviation, b_deviation)),
        "noise_levels": cv2.norm(whole.laplacian, cv2.NORM_L1, noisy) / np.count_nonzero(noisy),
    }
    return values


def side_strips(plane: npt.NDArray[np.generic]) -> tuple[npt.NDArray[np.generic], ...]:
    """The border strips of a plane: top, bottom, left, right; corners belong to both."""
    rows, columns = plane.shape[:2]
    width = max(1, round(BORDER_RATIO * min(rows, columns)))
    return plane[:width], plane[-width:], plane[:, :width], plane[:, -width:]


def _mean_and_deviation(plane: Float32, inside: npt.NDArray[np.uint8]) -> tuple[float, float]:
    mean, deviation = cv2.meanStdDev(plane, mask=inside)
    return float(mean[0, 0]), float(deviation[0, 0])
