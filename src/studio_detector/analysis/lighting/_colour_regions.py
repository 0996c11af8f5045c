"""Where colour lies: regions against each other, low-frequency drifts, sky and foliage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studio_detector.analysis.base import MeasureSpec
from studio_detector.planes.planes import grid_mean

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes

    Float32 = npt.NDArray[np.float32]
    Mask = npt.NDArray[np.bool_]

#: CIE LAB hue of blue sky and of foliage; seen outdoors, skies lie at 250 +- 30 degrees and
#: leaves at 115 +- 20. Below the chroma limit hue is noise.
_SKY_A = (-22.0, 12.0)
_SKY_B_HIGHEST = -6.0
_SKY_LIGHTNESS_LOWEST = 40.0
_FOLIAGE_A_HIGHEST = -4.0
_FOLIAGE_B_LOWEST = 8.0
_SKIN_HUE_DEG = (25.0, 75.0)
_SKIN_CHROMA = (10.0, 45.0)
_SKIN_LIGHTNESS = (25.0, 92.0)
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
        name="b_star_fall",
        summary="Linear drift of b* from the top edge to the bottom edge: sky above, earth below",
        unit="CIE b*",
        low=-400,
        high=400,
        studio=-1,
        source=_BOUTELL,
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
        summary="Entropy of hue in 36 bins weighted by chroma: many hues are high",
        unit="bit",
        low=0,
        high=5.17,
        studio=-1,
        source=_SWAIN,
    ),
    MeasureSpec(
        name="colour_count_log2",
        summary="Distinct colours at 4 bits a channel, as a logarithm to base 2",
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
        summary="Mean chroma",
        unit="CIE C*ab",
        low=0,
        high=182,
        source="CIE 15:2018",
    ),
    MeasureSpec(
        name="chroma_p95",
        summary="Chroma below which 95 % of the picture lies: 0 for a monochrome one",
        unit="CIE C*ab",
        low=0,
        high=182,
        source="CIE 15:2018",
    ),
)


def measure_regions(planes: Planes) -> dict[str, float | None]:
    """Measure colour by place on small planes; defined on every picture."""
    lightness, a_star, b_star = planes.lightness, planes.a_star, planes.b_star
    chroma = planes.chroma
    border = planes.border
    centre = _centre(planes.rows_px, planes.columns_px)
    foliage = (a_star <= _FOLIAGE_A_HIGHEST) & (b_star >= _FOLIAGE_B_LOWEST)
    sky = (
        (b_star <= _SKY_B_HIGHEST)
        & (a_star >= _SKY_A[0])
        & (a_star <= _SKY_A[1])
        & (lightness >= _SKY_LIGHTNESS_LOWEST)
    )
    third = max(1, planes.rows_px // 3)
    return {
        "b_star_mean": float(b_star.mean()),
        "a_star_mean": float(a_star.mean()),
        "b_star_spread": float(grid_mean(b_star).std()),
        "a_star_spread": float(grid_mean(a_star).std()),
        "b_star_centre_difference": float(b_star[centre].mean() - b_star[border].mean()),
        "a_star_centre_difference": float(a_star[centre].mean() - a_star[border].mean()),
        "b_star_fall": _drift(b_star.mean(axis=1)),
        "b_star_sideways_drift": abs(_drift(b_star.mean(axis=0))),
        "sky_ratio": float(sky[:third].mean()),
        "foliage_ratio": float(foliage.mean()),
        "foliage_low_ratio": float(foliage[-third:].mean()),
        "skin_ratio": _skin_ratio(lightness, a_star, b_star, chroma),
        "hue_entropy_bits": _hue_entropy_bits(planes.hue_deg, chroma),
        "colour_count_log2": _colour_count_log2(planes.rgb),
        "modal_colour_ratio": _modal_colour_ratio(lightness, a_star, b_star),
        "chroma_mean": float(chroma.mean()),
        "chroma_p95": float(np.percentile(chroma, 95)),
    }


def _centre(rows_px: int, columns_px: int) -> tuple[slice, slice]:
    row, column = rows_px // 4, columns_px // 4
    return slice(row, rows_px - row), slice(column, columns_px - column)


def _drift(profile: Float32) -> float:
    """Difference between the two ends of the straight line fitted to a profile."""
    if len(profile) < 2:
        return 0.0
    position = np.linspace(-0.5, 0.5, len(profile))
    return float(position @ profile / (position @ position))


def _skin_ratio(lightness: Float32, a_star: Float32, b_star: Float32, chroma: Float32) -> float:
    low, high = np.tan(np.radians(_SKIN_HUE_DEG))
    skin = (
        (a_star > 0)
        & (b_star >= low * a_star)
        & (b_star <= high * a_star)
        & (chroma >= _SKIN_CHROMA[0])
        & (chroma <= _SKIN_CHROMA[1])
        & (lightness >= _SKIN_LIGHTNESS[0])
        & (lightness <= _SKIN_LIGHTNESS[1])
    )
    return float(skin.mean())


def _hue_entropy_bits(hue_deg: Float32, chroma: Float32) -> float:
    bins = (hue_deg * np.float32(0.1)).astype(np.uint8).ravel()
    weights = np.bincount(bins, weights=chroma.ravel(), minlength=36)
    total = weights.sum()
    if total <= 0:
        return 0.0
    share = weights[weights > 0] / total
    return max(0.0, float(-(share * np.log2(share)).sum()))


def _colour_count_log2(rgb: npt.NDArray[np.uint8]) -> float:
    coarse = (rgb >> 4).astype(np.int32)
    codes = (coarse[:, :, 0] << 8) | (coarse[:, :, 1] << 4) | coarse[:, :, 2]
    return float(np.log2(np.count_nonzero(np.bincount(codes.ravel(), minlength=4096))))


def _modal_colour_ratio(lightness: Float32, a_star: Float32, b_star: Float32) -> float:
    # Bins are centred on neutral, so that a grey backdrop does not straddle four of them.
    rows = (lightness * np.float32(1 / 8)).astype(np.int32)
    across = ((a_star + np.float32(132)) * np.float32(1 / 8)).astype(np.int32)
    down = ((b_star + np.float32(132)) * np.float32(1 / 8)).astype(np.int32)
    counts = np.bincount(((rows * 33 + across) * 33 + down).ravel())
    return float(counts.max() / lightness.size)
