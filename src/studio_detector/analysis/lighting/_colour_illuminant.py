"""The colour of the light: neutrals, illuminant estimates, colour temperature, mixed light."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.base import MeasureSpec
from studio_detector.planes.colour import unpacked
from studio_detector.planes.statistics import Histogram, share

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes

    Uint8 = npt.NDArray[np.uint8]
    Uint16 = npt.NDArray[np.uint16]
    Float64 = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

#: Chroma up to which a surface is taken for grey or white under tinted light.
NEUTRAL_CHROMA = 12.0
#: Levels of packed L* (8 to 96) in which colour is neither clipped nor lost in noise.
USABLE_LEVELS = (21, 244)
#: Fewest pixels of the small plane an estimate may rest on.
FEWEST_PIXELS = 32
#: Range of colour temperature in which McCamy's formula is within about 2 %.
CCT_RANGE_K = (2000.0, 15000.0)
#: Distance from the Planckian locus (CIE 1960 uv) beyond which a temperature says nothing.
LARGEST_DUV = 0.05
#: Warm and cool neutrals stand for two kinds of light when both b* limits are passed.
_COOL_B_STAR = -4.0
_WARM_B_STAR = 8.0
#: IEC 61966-2-1, linear sRGB to CIE XYZ.
_RGB_TO_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)
_CODES = np.arange(256) / 255
# IEC 61966-2-1, linear value of each sRGB code in 16 bits: sums of whole numbers are exact.
_LINEAR = np.round(
    65535 * np.where(_CODES <= 0.04045, _CODES / 12.92, ((_CODES + 0.055) / 1.055) ** 2.4)
).astype(np.uint16)
_MCCAMY = "C. McCamy, Color Res. Appl. 17 (1992), doi:10.1002/col.5080170211"
_KRYSTEK = "M. Krystek, Color Res. Appl. 10 (1985), doi:10.1002/col.5080100109"
_GREY_EDGE = "J. van de Weijer et al., IEEE TIP 16 (2007), doi:10.1109/TIP.2007.901808"
_HORDLEY = "S. Hordley, Color Res. Appl. 31 (2006), doi:10.1002/col.20226"

_NO_NEUTRALS = "too few near-neutral pixels that are neither clipped nor black"
_NO_USABLE = "too few pixels that are neither clipped nor black"
#: Why a measure can be None.
REASONS = {
    "neutral_b_star": _NO_NEUTRALS,
    "neutral_a_star": _NO_NEUTRALS,
    "neutral_b_star_deviation": _NO_NEUTRALS,
    "cct_k": f"{_NO_NEUTRALS}, or the light is too far from the Planckian locus",
    "locus_distance": f"{_NO_NEUTRALS}, or the light is outside 2000 to 15000 K",
    "illuminant_disagreement_deg": _NO_USABLE,
    "illuminant_spread_deg": _NO_USABLE,
    "light_b_star": _NO_USABLE,
}

MEASURES = (
    MeasureSpec(
        name="neutral_ratio",
        summary="Share of the picture with chroma below 6: greys, whites and blacks",
        unit="1",
        low=0,
        high=1,
        studio=1,
        source="CIE 15:2018",
    ),
    MeasureSpec(
        name="neutral_b_star",
        summary="Mean b* of near-neutral surfaces: the warmth of the light",
        unit="CIE b*",
        low=-NEUTRAL_CHROMA,
        high=NEUTRAL_CHROMA,
        source="CIE 15:2018",
    ),
    MeasureSpec(
        name="neutral_a_star",
        summary="Mean a* of near-neutral surfaces: the light's tint to magenta (+) or green (-)",
        unit="CIE a*",
        low=-NEUTRAL_CHROMA,
        high=NEUTRAL_CHROMA,
        source="CIE 15:2018",
    ),
    MeasureSpec(
        name="neutral_b_star_deviation",
        summary="Standard deviation of b* among near-neutral surfaces: mixed light is high",
        unit="CIE b*",
        low=0,
        high=NEUTRAL_CHROMA,
        studio=-1,
        source="CIE 15:2018",
    ),
    MeasureSpec(
        name="cct_k",
        summary="Correlated colour temperature left in near-neutral surfaces (6500 = balanced)",
        unit="K",
        low=CCT_RANGE_K[0],
        high=CCT_RANGE_K[1],
        source=_MCCAMY,
    ),
    MeasureSpec(
        name="locus_distance",
        summary=(
            "Distance of the light's colour in near-neutral surfaces from black-body light, CIE "
            "1960 uv"
        ),
        unit="1",
        low=0,
        high=1,
        source=_KRYSTEK,
    ),
    MeasureSpec(
        name="illuminant_disagreement_deg",
        summary=(
            "Largest angle between grey-world, maximum-RGB and grey-edge estimates of the light's "
            "colour"
        ),
        unit="deg",
        low=0,
        high=90,
        source=f"{_GREY_EDGE}; {_HORDLEY}",
    ),
    MeasureSpec(
        name="illuminant_spread_deg",
        summary=(
            "Mean angle between the light's colour in 4x4 regions and in the whole, by grey-world"
        ),
        unit="deg",
        low=0,
        high=90,
        studio=-1,
        source=_HORDLEY,
    ),
    MeasureSpec(
        name="light_b_star",
        summary="Mean b* of the lightest tenth of the picture that is not clipped: warm is high",
        unit="CIE b*",
        low=-128,
        high=127,
        source="CIE 15:2018",
    ),
    MeasureSpec(
        name="mixed_light_ratio",
        summary=(
            "Share of the picture in warm or in cool muted surfaces, whichever is smaller: high "
            "with two kinds of light"
        ),
        unit="1",
        low=0,
        high=0.5,
        studio=-1,
        source=_HORDLEY,
    ),
)


def measure_illuminant(planes: Planes) -> dict[str, float | None]:
    """Estimate the light from small planes; a measure without support is absent."""
    chroma, b_star = planes.chroma, planes.b_star
    usable = usable_colour(planes)
    muted = usable & (chroma <= 2 * NEUTRAL_CHROMA)
    values: dict[str, float | None] = {
        "neutral_ratio": share(chroma < NEUTRAL_CHROMA / 2),
        "mixed_light_ratio": min(
            share(muted & (b_star >= _WARM_B_STAR)),
            share(muted & (b_star <= _COOL_B_STAR)),
        ),
    }
    linear = _linear(planes.rgb)
    neutral = usable & (chroma <= NEUTRAL_CHROMA)
    if np.count_nonzero(neutral) >= FEWEST_PIXELS:
        values |= _neutrals(planes, neutral, linear)
    if np.count_nonzero(usable) >= FEWEST_PIXELS:
        values["light_b_star"] = _light_b_star(planes, usable)
        values |= _disagreement(planes, usable, linear)
    return values


def usable_colour(planes: Planes) -> Mask:
    """Where colour is neither clipped nor lost in noise: bool (rows, columns)."""
    level = cv2.extractChannel(planes.lab, 0)
    return np.asarray((level >= USABLE_LEVELS[0]) & (level <= USABLE_LEVELS[1]))


def _linear(rgb: Uint8) -> Uint16:
    """Linear sRGB, 0..65535, by a table of the 256 codes."""
    return np.asarray(cv2.LUT(rgb, _LINEAR), dtype=np.uint16)


def _neutrals(planes: Planes, neutral: Mask, linear: Uint16) -> dict[str, float | None]:
    inside = neutral.view(np.uint8)
    mean, deviation = cv2.meanStdDev(planes.lab, mask=inside)
    _, a_star, b_star = unpacked(mean.ravel().tolist())
    cct_k, duv = _colour_temperature(np.array(cv2.mean(linear, inside)[:3]))
    return {
        "neutral_b_star": b_star,
        "neutral_a_star": a_star,
        "neutral_b_star_deviation": float(deviation[2, 0]),
        "cct_k": cct_k if duv is not None and duv <= LARGEST_DUV else None,
        "locus_distance": duv,
    }


def _colour_temperature(light: Float64) -> tuple[float | None, float | None]:
    """Temperature in kelvin by McCamy and distance from the locus by Krystek.

    Both None outside `CCT_RANGE_K`.
    """
    x_value, y_value, z_value = (_RGB_TO_XYZ @ light).tolist()
    total = x_value + y_value + z_value
    if total <= 0:
        return None, None
    x, y = x_value / total, y_value / total
    if abs(0.1858 - y) < 1e-6:
        return None, None
    n = (x - 0.3320) / (0.1858 - y)
    kelvin = 449 * n**3 + 3525 * n**2 + 6823.3 * n + 5520.33
    if not CCT_RANGE_K[0] <= kelvin <= CCT_RANGE_K[1]:
        return None, None
    divisor = -2 * x + 12 * y + 3
    u, v = 4 * x / divisor, 6 * y / divisor
    locus_u = (0.860117757 + 1.54118254e-4 * kelvin + 1.28641212e-7 * kelvin**2) / (
        1 + 8.42420235e-4 * kelvin + 7.08145163e-7 * kelvin**2
    )
    locus_v = (0.317398726 + 4.22806245e-5 * kelvin + 4.20481691e-8 * kelvin**2) / (
        1 - 2.89741816e-5 * kelvin + 1.61456053e-7 * kelvin**2
    )
    return kelvin, math.hypot(u - locus_u, v - locus_v)


def _light_b_star(planes: Planes, usable: Mask) -> float:
    # Luma orders tones as L* does, and its histogram spares sorting.
    ninth = Histogram.of(planes.luma, usable).percentile(90)
    light = usable & (planes.luma >= int(ninth))
    return unpacked(cv2.mean(planes.lab, light.view(np.uint8)))[2]


def _disagreement(planes: Planes, usable: Mask, linear: Uint16) -> dict[str, float | None]:
    inside = usable.view(np.uint8)
    world = np.array(cv2.mean(linear, inside)[:3])
    levels = [
        Histogram.of(planes.rgb, usable, channel=channel).percentile(99) for channel in range(3)
    ]
    brightest = _LINEAR[np.array(levels, dtype=np.intp)].astype(np.float64)
    # Grey-edge: the mean colour difference between neighbours is the light's colour.
    edge = np.zeros(3)
    for before, after in (
        ((slice(None, -1), slice(None)), (slice(1, None), slice(None))),
        ((slice(None), slice(None, -1)), (slice(None), slice(1, None))),
    ):
        both = inside[before] & inside[after]
        edge += cv2.mean(cv2.absdiff(linear[before], linear[after]), both)[:3]
    estimates = [world, brightest, edge] if edge.any() else [world, brightest]
    weighted = cv2.bitwise_and(linear, linear, mask=inside)
    regions = cv2.resize(weighted, (4, 4), interpolation=cv2.INTER_AREA).reshape(16, 3)
    lit = regions[regions.sum(axis=1) > 6]
    return {
        "illuminant_disagreement_deg": float(_angles_deg(estimates, estimates).max()),
        "illuminant_spread_deg": float(_angles_deg(lit, [world]).mean()) if len(lit) else None,
    }


def _angles_deg(first: npt.ArrayLike, second: npt.ArrayLike) -> Float64:
    """Angle between each of some colours and each of others: float64, 0..90."""
    one, other = (
        colours / np.sqrt(np.square(colours).sum(axis=1, keepdims=True))
        for colours in (np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64))
    )
    return np.asarray(np.degrees(np.arccos(np.minimum(one @ other.T, 1))), dtype=np.float64)
