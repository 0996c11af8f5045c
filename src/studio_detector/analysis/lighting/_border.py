"""The picture's border: what surrounds the subject on its four sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.base import MeasureSpec
from studio_detector.analysis.lighting._backdrop import side_strips

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes

    Float32 = npt.NDArray[np.float32]

#: Long side at which colours of the border are compared.
COLOUR_SIDE_PX = 128
#: L* from which paper is white and up to which cloth is black, in sRGB pictures.
WHITE_LIGHTNESS = 96.0
BLACK_LIGHTNESS = 9.0
#: CIE76 distance that still counts as one colour of the border.
SAME_COLOUR = 8.0
_CIE76 = "CIE 15:2018, CIE76 colour difference"
_MARGIN = "Statistics of the border strips, 8 % of the short side"
_HORIZON = "Agreement of steps in both side strips; horizon detection, S. Fefilatyev (2006)"

MEASURES = (
    MeasureSpec(
        name="border_gradient_least",
        summary="Mean gradient of the smoothest side's strip",
        unit="levels/px at 256 px",
        low=0,
        high=361,
        studio=-1,
        source=_MARGIN,
    ),
    MeasureSpec(
        name="border_gradient_middle",
        summary="Mean gradient of the strips, mean of the two middle sides",
        unit="levels/px at 256 px",
        low=0,
        high=361,
        studio=-1,
        source=_MARGIN,
    ),
    MeasureSpec(
        name="border_gradient_most",
        summary="Mean gradient of the busiest side's strip",
        unit="levels/px at 256 px",
        low=0,
        high=361,
        studio=-1,
        source=_MARGIN,
    ),
    MeasureSpec(
        name="border_entropy_least",
        summary="Luma entropy (32 bins) of the plainest side's strip",
        unit="bit",
        low=0,
        high=5,
        studio=-1,
        source=_MARGIN,
    ),
    MeasureSpec(
        name="border_entropy_middle",
        summary="Luma entropy of the strips, mean of the two middle sides",
        unit="bit",
        low=0,
        high=5,
        studio=-1,
        source=_MARGIN,
    ),
    MeasureSpec(
        name="border_entropy_most",
        summary="Luma entropy of the most varied side's strip",
        unit="bit",
        low=0,
        high=5,
        studio=-1,
        source=_MARGIN,
    ),
    MeasureSpec(
        name="border_deviation",
        summary="Median over the sides of the median distance from the strip's median L*",
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
        summary="Median L* of the top strip less that of the bottom strip",
        unit="CIE L*",
        low=-100,
        high=100,
        studio=-1,
        source=_MARGIN,
    ),
    MeasureSpec(
        name="border_sides_difference",
        summary="Distance between the median colours of the left and right strip",
        unit="CIE76",
        low=0,
        high=375,
        studio=-1,
        source=_CIE76,
    ),
    MeasureSpec(
        name="border_ends_difference",
        summary="Distance between the median colours of the top and bottom strip",
        unit="CIE76",
        low=0,
        high=375,
        studio=-1,
        source=_CIE76,
    ),
    MeasureSpec(
        name="horizon_step",
        summary="Largest step of L* at one height in both side strips: horizon, table edge",
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
    lab = cv2.merge([small.lightness, small.a_star, small.b_star])
    strips = [np.reshape(strip, (-1, 3)) for strip in side_strips(lab)]
    medians = np.stack([np.median(strip, axis=0) for strip in strips])
    frame = lab[small.border]
    lightness = frame[:, 0]
    middle = np.median(frame, axis=0)
    distance = np.sqrt(((frame - middle) ** 2).sum(axis=1))
    gradients = sorted(
        float(strip.mean(dtype=np.float64)) for strip in side_strips(planes.gradient_magnitude)
    )
    entropies = sorted(_entropy_bits(strip) for strip in side_strips(planes.luma))
    deviations = [
        float(np.median(np.abs(strip[:, 0] - median[0])))
        for strip, median in zip(strips, medians, strict=True)
    ]
    top, bottom, left, right = medians
    return {
        "border_gradient_least": gradients[0],
        "border_gradient_middle": (gradients[1] + gradients[2]) / 2,
        "border_gradient_most": gradients[3],
        "border_entropy_least": entropies[0],
        "border_entropy_middle": (entropies[1] + entropies[2]) / 2,
        "border_entropy_most": entropies[3],
        "border_deviation": float(np.median(deviations)),
        "border_one_colour_ratio": float((distance <= SAME_COLOUR).mean()),
        "border_white_ratio": float((lightness >= WHITE_LIGHTNESS).mean()),
        "border_black_ratio": float((lightness <= BLACK_LIGHTNESS).mean()),
        "border_chroma": float(np.hypot(middle[1], middle[2])),
        "border_lightness": float(middle[0]),
        "border_fall": float(top[0] - bottom[0]),
        "border_sides_difference": float(np.linalg.norm(left - right)),
        "border_ends_difference": float(np.linalg.norm(top - bottom)),
        "horizon_step": _horizon_step(planes.lightness),
    }


def _entropy_bits(strip: npt.NDArray[np.generic]) -> float:
    counts = np.bincount(np.ravel(strip).astype(np.uint8) >> 3, minlength=32)
    share = counts[counts > 0] / counts.sum()
    return float(np.clip(-(share * np.log2(share)).sum(), 0, 5))


def _horizon_step(lightness: Float32) -> float:
    """Largest L* step between the rows above and below, common to both side strips."""
    _, _, left, right = side_strips(lightness)
    reach = max(1, len(lightness) // 24)
    if len(lightness) < 2 * reach + 1:
        return 0.0
    steps = []
    for strip in (left, right):
        total = np.concatenate([[0.0], np.cumsum(strip.mean(axis=1, dtype=np.float64))])
        means = (total[reach:] - total[:-reach]) / reach
        steps.append(means[reach:] - means[:-reach])
    same_sign = steps[0] * steps[1] > 0
    common = np.minimum(np.abs(steps[0]), np.abs(steps[1])) * same_sign
    return float(min(common.max(), 100.0))
