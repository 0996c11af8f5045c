"""The picture's border: what surrounds the subject on its four sides."""

from __future__ import annotations

import math
from statistics import median
from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.base import MeasureSpec
from studio_detector.analysis.lighting._backdrop import COLOUR_SIDE_PX, side_strips
from studio_detector.planes.colour import LIGHTNESS_STEP, unpacked
from studio_detector.planes.statistics import mean, medians, share

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes

    Uint8 = npt.NDArray[np.uint8]
    Float64 = npt.NDArray[np.float64]

#: L* from which paper is white and up to which cloth is black, in sRGB pictures.
WHITE_LIGHTNESS = 96.0
BLACK_LIGHTNESS = 9.0
#: CIE76 distance that still counts as one colour of the border.
SAME_COLOUR = 8.0
# CIE units of a level of packed LAB.
_CIE_STEP = np.array([[LIGHTNESS_STEP], [1.0], [1.0]])
_CIE76 = "CIE 15:2018, CIE76 colour difference"
_MARGIN = "Statistics of the border strips, 8 % of the short side"
_HORIZON = "Agreement of steps in both side strips; horizon detection, S. Fefilatyev (2006)"

MEASURES = (
    MeasureSpec(
        name="border_gradient_least",
        summary="Mean gradient of the border strip at the smoothest side",
        unit="levels/px at 256 px",
        low=0,
        high=361,
        studio=-1,
        source=_MARGIN,
    ),
    MeasureSpec(
        name="border_gradient_middle",
        summary=(
            "Mean gradient of the border strips at the two middle sides, between smoothest and "
            "busiest"
        ),
        unit="levels/px at 256 px",
        low=0,
        high=361,
        studio=-1,
        source=_MARGIN,
    ),
    MeasureSpec(
        name="border_gradient_most",
        summary="Mean gradient of the border strip at the busiest side",
        unit="levels/px at 256 px",
        low=0,
        high=361,
        studio=-1,
        source=_MARGIN,
    ),
    MeasureSpec(
        name="border_entropy_least",
        summary=(
            "Variety of tones in the border strip at the plainest side, luma entropy in 32 bins"
        ),
        unit="bit",
        low=0,
        high=5,
        studio=-1,
        source=_MARGIN,
    ),
    MeasureSpec(
        name="border_entropy_middle",
        summary=(
            "Variety of tones in the border strips at the two middle sides, luma entropy in 32 bins"
        ),
        unit="bit",
        low=0,
        high=5,
        studio=-1,
        source=_MARGIN,
    ),
    MeasureSpec(
        name="border_entropy_most",
        summary=(
            "Variety of tones in the border strip at the most varied side, luma entropy in 32 bins"
        ),
        unit="bit",
        low=0,
        high=5,
        studio=-1,
        source=_MARGIN,
    ),
    MeasureSpec(
        name="border_deviation",
        summary=(
            "Unevenness of the border, median over its strips of the median distance from their "
            "median L*"
        ),
        unit="CIE L*",
        low=0,
        high=100,
        studio=-1,
        source=_MARGIN,
    ),
    MeasureSpec(
        name="border_one_colour_ratio",
        summary="Share of the border within a CIE76 distance of 8 of its median colour",
        unit="1",
        low=0,
        high=1,
        studio=1,
        source=_CIE76,
    ),
    MeasureSpec(
        name="border_white_ratio",
        summary="Share of the border that is white (L* 96 and more)",
        unit="1",
        low=0,
        high=1,
        studio=1,
        source=_MARGIN,
    ),
    MeasureSpec(
        name="border_black_ratio",
        summary="Share of the border that is black (L* 9 and less)",
        unit="1",
        low=0,
        high=1,
        source=_MARGIN,
    ),
    MeasureSpec(
        name="border_chroma",
        summary="Median chroma of the border",
        unit="CIE C*ab",
        low=0,
        high=182,
        studio=-1,
        source=_MARGIN,
    ),
    MeasureSpec(
        name="border_lightness",
        summary="Median L* of the border",
        unit="CIE L*",
        low=0,
        high=100,
        studio=1,
        source=_MARGIN,
    ),
    MeasureSpec(
        name="border_fall",
        summary="Median L* of the border strip at the top less that at the bottom",
        unit="CIE L*",
        low=-100,
        high=100,
        studio=-1,
        source=_MARGIN,
    ),
    MeasureSpec(
        name="border_sides_difference",
        summary=(
            "Colour distance between the left and the right border strip, of their median colours"
        ),
        unit="CIE76",
        low=0,
        high=375,
        studio=-1,
        source=_CIE76,
    ),
    MeasureSpec(
        name="border_ends_difference",
        summary=(
            "Colour distance between the top and the bottom border strip, of their median colours"
        ),
        unit="CIE76",
        low=0,
        high=375,
        studio=-1,
        source=_CIE76,
    ),
    MeasureSpec(
        name="horizon_step",
        summary=(
            "Largest step of L* at one height in both side strips of the border: horizon, table "
            "edge"
        ),
        unit="CIE L*",
        low=0,
        high=100,
        studio=-1,
        source=_HORIZON,
    ),
)


def measure_border(planes: Planes) -> dict[str, float | None]:
    """Measure the four border strips; defined on every picture.

    Args:
        planes: The reduced planes; colours are taken at `COLOUR_SIDE_PX`.
    """
    small = planes.at(COLOUR_SIDE_PX)
    strips = side_strips(small.lab)
    colours, deviations = _strip_medians(*strips[:2])
    side_colours, side_deviations = _strip_medians(*strips[2:])
    top, bottom, left, right = map(unpacked, (*colours.tolist(), *side_colours.tolist()))
    # The corners lie in the strips above and below already.
    between = small.inside_border[0]
    parts = (*strips[:2], *(strip[between] for strip in strips[2:]))
    frame = np.concatenate([part.reshape(-1, 3) for part in parts]).T.copy()
    middle = medians(frame)
    lightness, a_star, b_star = unpacked(middle.tolist())
    squares = np.square((frame - middle[:, None]) * _CIE_STEP)
    gradients = sorted(mean(strip) for strip in side_strips(planes.gradient_magnitude))
    entropies = sorted(_entropies_bits(planes.luma))
    return {
        "border_gradient_least": gradients[0],
        "border_gradient_middle": (gradients[1] + gradients[2]) / 2,
        "border_gradient_most": gradients[3],
        "border_entropy_least": entropies[0],
        "border_entropy_middle": (entropies[1] + entropies[2]) / 2,
        "border_entropy_most": entropies[3],
        "border_deviation": median((*deviations.tolist(), *side_deviations.tolist())),
        "border_one_colour_ratio": share(squares.sum(axis=0) <= SAME_COLOUR**2),
        "border_white_ratio": share(frame[0] >= WHITE_LIGHTNESS / LIGHTNESS_STEP),
        "border_black_ratio": share(frame[0] <= BLACK_LIGHTNESS / LIGHTNESS_STEP),
        "border_chroma": math.hypot(a_star, b_star),
        "border_lightness": min(lightness, 100.0),
        "border_fall": top[0] - bottom[0],
        "border_sides_difference": math.dist(left, right),
        "border_ends_difference": math.dist(top, bottom),
        "horizon_step": _horizon_step(small.lab),
    }


def _strip_medians(first: Uint8, second: Uint8) -> tuple[Float64, Float64]:
    """Median colour of two strips, packed (2, 3), and median distance of L* from it (2,)."""
    channels = np.moveaxis(np.stack([first, second]), 3, 1).reshape(2, 3, -1)
    colour = medians(channels)
    distance = np.abs(channels[:, 0] - colour[:, :1])
    return colour, medians(distance) * LIGHTNESS_STEP


def _entropies_bits(luma: Uint8) -> list[float]:
    """Entropy of each side's strip in 32 bins."""
    counts = [cv2.calcHist([strip], [0], None, [32], [0, 256]) for strip in side_strips(luma)]
    shares = np.reshape(counts, (4, 32)).astype(np.float64)
    shares /= shares.sum(axis=1, keepdims=True)
    # Empty bins add nothing, whatever their logarithm.
    bits = -(shares * np.log2(np.maximum(shares, 1e-12))).sum(axis=1)
    return [min(max(entropy, 0.0), 5.0) for entropy in bits.tolist()]


def _horizon_step(lab: Uint8) -> float:
    """Largest L* step between the rows above and below, common to both side strips."""
    rows = len(lab)
    reach = max(1, rows // 24)
    if rows < 2 * reach + 1:
        return 0.0
    profiles = np.stack([strip[:, :, 0].mean(axis=1) for strip in side_strips(lab)[2:]])
    # Means of as many rows above and below each row, by differences of a running sum.
    total = np.zeros((2, rows + 1))
    np.cumsum(profiles * LIGHTNESS_STEP, axis=1, out=total[:, 1:])
    means = (total[:, reach:] - total[:, :-reach]) / reach
    left, right = means[:, reach:] - means[:, :-reach]
    common = np.minimum(np.abs(left), np.abs(right)) * (left * right > 0)
    return float(min(common.max(), 100.0))
