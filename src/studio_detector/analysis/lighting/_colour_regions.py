"""Where colour lies: regions against each other, low-frequency drifts, sky and foliage."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.base import MeasureSpec
from studio_detector.planes.colour import unpacked
from studio_detector.planes.planes import grid_mean
from studio_detector.planes.statistics import mean, share

if TYPE_CHECKING:
    import numpy.typing as npt
    from cv2.typing import MatLike

    from studio_detector.planes import Planes

    Float32 = npt.NDArray[np.float32]

# Lowest and highest colour, in packed LAB (`Planes.lab`), of blue sky (L* 40 and more, a* -22
# to 12, b* up to -6) and of foliage (a* up to -4, b* 8 and more); seen outdoors, skies lie at
# hues of 250 +- 30 degrees and leaves at 115 +- 20. Near neutral, hue is noise.
_SKY = ((102, 106, 0), (255, 140, 122))
_FOLIAGE = ((0, 0, 136), (255, 124, 255))
# Skin: hues of 25 to 75 degrees as b* over a*, chroma, and L* 25 to 92 in packed levels.
_SKIN_SLOPE = (math.tan(math.radians(25)), math.tan(math.radians(75)))
_SKIN_CHROMA = (10.0, 45.0)
_SKIN_LEVEL = (64, 234)
_SWAIN = "M. Swain, D. Ballard, Color indexing, IJCV 7 (1991)"
_BOUTELL = "M. Boutell, J. Luo, Beyond pixels, Pattern Recognition 38 (2005)"

MEASURES = (
    MeasureSpec(
        name="b_star_mean",
        summary="Mean b* of the picture: warm above 0, cool below",
        unit="CIE b*",
        low=-128,
        high=127,
        source="CIE 15:2018",
    ),
    MeasureSpec(
        name="a_star_mean",
        summary="Mean a* of the picture: magenta above 0, green below",
        unit="CIE a*",
        low=-128,
        high=127,
        studio=1,
        source="CIE 15:2018",
    ),
    MeasureSpec(
        name="b_star_spread",
        summary="Standard deviation of b* between the cells of an 8x8 grid",
        unit="CIE b*",
        low=0,
        high=128,
        studio=-1,
        source="CIE 15:2018",
    ),
    MeasureSpec(
        name="a_star_spread",
        summary="Standard deviation of a* between the cells of an 8x8 grid",
        unit="CIE a*",
        low=0,
        high=128,
        studio=-1,
        source="CIE 15:2018",
    ),
    MeasureSpec(
        name="b_star_centre_difference",
        summary="b* of the centre less b* of the border: a warm subject on a neutral ground",
        unit="CIE b*",
        low=-255,
        high=255,
        source="CIE 15:2018",
    ),
    MeasureSpec(
        name="a_star_centre_difference",
        summary="a* of the centre less a* of the border",
        unit="CIE a*",
        low=-255,
        high=255,
        source="CIE 15:2018",
    ),
    MeasureSpec(
        name="b_star_sideways_drift",
        summary="Size of the linear drift of b* from one side edge to the other",
        unit="CIE b*",
        low=0,
        high=400,
        studio=-1,
        source="CIE 15:2018",
    ),
    MeasureSpec(
        name="sky_ratio",
        summary="Share of the upper third that is light and sky blue",
        unit="1",
        low=0,
        high=1,
        studio=-1,
        source=_BOUTELL,
    ),
    MeasureSpec(
        name="foliage_ratio",
        summary="Share of the picture with the yellow-green of leaves and grass",
        unit="1",
        low=0,
        high=1,
        studio=-1,
        source=_BOUTELL,
    ),
    MeasureSpec(
        name="foliage_low_ratio",
        summary="Share of the lower third with the yellow-green of leaves and grass",
        unit="1",
        low=0,
        high=1,
        studio=-1,
        source=_BOUTELL,
    ),
    MeasureSpec(
        name="skin_ratio",
        summary="Share of the picture within the hue, chroma and lightness of human skin",
        unit="1",
        low=0,
        high=1,
        source="S. Phung et al., Skin segmentation, IEEE TPAMI 27 (2005)",
    ),
    MeasureSpec(
        name="hue_entropy_bits",
        summary="Variety of hues, entropy in 36 bins weighted by chroma: many hues are high",
        unit="bit",
        low=0,
        high=5.17,
        studio=-1,
        source=_SWAIN,
    ),
    MeasureSpec(
        name="colour_count_log2",
        summary="Number of distinct colours at 4 bits a channel, as a logarithm to base 2",
        unit="bit",
        low=0,
        high=12,
        studio=-1,
        source=_SWAIN,
    ),
    MeasureSpec(
        name="modal_colour_ratio",
        summary="Share of the picture in its most frequent colour (LAB bins of 8)",
        unit="1",
        low=0,
        high=1,
        studio=1,
        source=_SWAIN,
    ),
    MeasureSpec(
        name="chroma_mean",
        summary="Mean chroma of the picture",
        unit="CIE C*ab",
        low=0,
        high=182,
        source="CIE 15:2018",
    ),
    MeasureSpec(
        name="chroma_p95",
        summary="Chroma below which 95 % of the picture lies: 0 for a monochrome picture",
        unit="CIE C*ab",
        low=0,
        high=182,
        source="CIE 15:2018",
    ),
)


def measure_regions(planes: Planes) -> dict[str, float | None]:
    """Measure colour by place on small planes; defined on every picture."""
    lab, chroma = planes.lab, planes.chroma
    rows, columns = planes.rows_px, planes.columns_px
    sky, foliage = cv2.inRange(lab, *_SKY), cv2.inRange(lab, *_FOLIAGE)
    third = max(1, rows // 3)
    _, a_mean, b_mean = unpacked(cv2.mean(lab))
    _, a_spread, b_spread = grid_mean(lab).std(axis=(0, 1)).tolist()
    centre = lab[rows // 4 : rows - rows // 4, columns // 4 : columns - columns // 4]
    _, a_centre, b_centre = unpacked(cv2.mean(centre))
    _, a_border, b_border = unpacked(cv2.mean(lab, planes.border.view(np.uint8)))
    by_column = cv2.reduce(lab, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S)
    place = round(0.95 * (chroma.size - 1))
    return {
        "b_star_mean": b_mean,
        "a_star_mean": a_mean,
        "b_star_spread": b_spread,
        "a_star_spread": a_spread,
        "b_star_centre_difference": b_centre - b_border,
        "a_star_centre_difference": a_centre - a_border,
        "b_star_sideways_drift": abs(_drift(by_column[0, :, 2])) / rows,
        "sky_ratio": _ratio(sky[:third]),
        "foliage_ratio": _ratio(foliage),
        "foliage_low_ratio": _ratio(foliage[-third:]),
        "skin_ratio": _skin_ratio(planes),
        "hue_entropy_bits": _hue_entropy_bits(planes.hue_deg, chroma),
        "colour_count_log2": _colour_count_log2(planes.rgb),
        "modal_colour_ratio": _modal_colour_ratio(lab),
        "chroma_mean": mean(chroma),
        "chroma_p95": float(np.partition(chroma.ravel(), place)[place]),
    }


def _ratio(found: MatLike) -> float:
    return cv2.countNonZero(found) / found.size


def _drift(profile: MatLike) -> float:
    """Difference between the two ends of the straight line fitted to a profile."""
    length = len(profile)
    if length < 2:
        return 0.0
    position = np.arange(1 - length, length, 2) / (2 * (length - 1))
    return float(position @ profile / (position @ position))


def _skin_ratio(planes: Planes) -> float:
    level, a_star, b_star = planes.lab[:, :, 0], planes.a_star, planes.b_star
    skin = (
        (a_star > 0)
        & (b_star >= _SKIN_SLOPE[0] * a_star)
        & (b_star <= _SKIN_SLOPE[1] * a_star)
        & (planes.chroma >= _SKIN_CHROMA[0])
        & (planes.chroma <= _SKIN_CHROMA[1])
        & (level >= _SKIN_LEVEL[0])
        & (level <= _SKIN_LEVEL[1])
    )
    return share(skin)


def _hue_entropy_bits(hue_deg: Float32, chroma: Float32) -> float:
    bins = (hue_deg * np.float32(0.1)).astype(np.uint8).ravel()
    weights = np.bincount(bins, weights=chroma.ravel(), minlength=36)
    total = weights.sum()
    if total <= 0:
        return 0.0
    shares = weights[weights > 0] / total
    return max(0.0, -float(shares @ np.log2(shares)))


def _colour_count_log2(rgb: npt.NDArray[np.uint8]) -> float:
    counts = cv2.calcHist([rgb], [0, 1, 2], None, [16, 16, 16], [0, 256, 0, 256, 0, 256])
    # What occurs once is noise, or the blend of two neighbours.
    return math.log2(max(1, int(np.count_nonzero(counts > 1))))


def _modal_colour_ratio(lab: npt.NDArray[np.uint8]) -> float:
    # Bins of 8 CIE units are centred on neutral, so that a grey backdrop does not straddle
    # four of them; 13 bins of 20.4 levels are 8 L* each,
    # and a hair less, for OpenCV rounds the end down.
    counts = cv2.calcHist([lab], [0, 1, 2], None, [13, 33, 33], [0, 265.19, -4, 260, -4, 260])
    return float(counts.max()) * 3 / lab.size
