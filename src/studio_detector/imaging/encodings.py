"""RGB encodings given by numbers instead of a profile: primaries, white and transfer curve."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    Floats: TypeAlias = npt.NDArray[np.float64]

#: Luminance of a white sheet in a graded HDR picture, cd/m2 (ITU-R BT.2408); it becomes
#: sRGB white, brighter light is clipped.
HDR_WHITE_NITS = 203.0
_PQ_PEAK_NITS = 10_000.0
# A signal of 0.75 is HDR white in HLG (BT.2408).
_HLG_WHITE_SIGNAL = 0.75

_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Primaries:
    """CIE 1931 chromaticities (x, y) of red, green, blue and white."""

    red: tuple[float, float]
    green: tuple[float, float]
    blue: tuple[float, float]
    white: tuple[float, float] = (0.3127, 0.3290)

    def to_xyz(self) -> Floats:
        """Matrix from linear RGB to XYZ with Y = 1 for white: float64 (3, 3).

        Raises:
            ValueError: If the primaries lie on a line or a y is not positive.
        """
        points = np.array([self.red, self.green, self.blue, self.white], dtype=np.float64)
        if not (np.isfinite(points).all() and (points[:, 1] > 0).all()):
            raise ValueError(f"chromaticities must have a positive y, got {points.tolist()}")
        xyz = np.column_stack(
            [points[:, 0] / points[:, 1], np.ones(4), (1 - points.sum(axis=1)) / points[:, 1]]
        ).T
        if abs(np.linalg.det(xyz[:, :3])) < 1e-6:
            raise ValueError(f"primaries on one line: {points[:3].tolist()}")
        return np.asarray(xyz[:, :3] * np.linalg.solve(xyz[:, :3], xyz[:, 3]))

    def white_xyz(self) -> Floats:
        """XYZ of white, Y = 1: float64 (3,)."""
        x, y = self.white
        return np.array([x / y, 1.0, (1 - x - y) / y])


SRGB = Primaries(red=(0.640, 0.330), green=(0.300, 0.600), blue=(0.150, 0.060))
ADOBE_RGB = Primaries(red=(0.640, 0.330), green=(0.210, 0.710), blue=(0.150, 0.060))

#: Colour primaries of ITU-T H.273, table 2, by code; those absent are taken for sRGB.
CICP_PRIMARIES: Mapping[int, Primaries] = MappingProxyType(
    {
        1: SRGB,
        5: Primaries(red=(0.640, 0.330), green=(0.290, 0.600), blue=(0.150, 0.060)),
        6: Primaries(red=(0.630, 0.340), green=(0.310, 0.595), blue=(0.155, 0.070)),
        7: Primaries(red=(0.630, 0.340), green=(0.310, 0.595), blue=(0.155, 0.070)),
        9: Primaries(red=(0.708, 0.292), green=(0.170, 0.797), blue=(0.131, 0.046)),
        11: Primaries(
            red=(0.680, 0.320), green=(0.265, 0.690), blue=(0.150, 0.060), white=(0.314, 0.351)
        ),
        12: Primaries(red=(0.680, 0.320), green=(0.265, 0.690), blue=(0.150, 0.060)),
    }
)
#: Transfer codes of H.273, table 3, that are HDR.
CICP_HDR_TRANSFERS = frozenset({16, 18})


def srgb_to_linear(signal: Floats) -> Floats:
    """IEC 61966-2-1: signal 0..1 to linear light 0..1."""
    return np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(light: Floats) -> Floats:
    """IEC 61966-2-1: linear light 0..1 to signal 0..1."""
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def power(exponent: float) -> Callable[[Floats], Floats]:
    """A pure power curve: light = signal ** exponent."""
    return lambda signal: signal**exponent


def pq_to_linear(signal: Floats) -> Floats:
    """SMPTE ST 2084 (PQ): signal 0..1 to light, 1 = `HDR_WHITE_NITS`."""
    root = signal ** (1 / 78.84375)
    nits = (np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (
        1 / 0.1593017578125
    )
    return np.asarray(nits * (_PQ_PEAK_NITS / HDR_WHITE_NITS))


def hlg_to_linear(signal: Floats) -> Floats:
    """ARIB STD-B67 (HLG) scene light, 1 = the scene light of HDR white."""

    def scene(value: Floats) -> Floats:
        bright = (np.exp((value - 0.55991073) / 0.17883277) + 0.28466892) / 12
        return np.where(value <= 0.5, value**2 / 3, bright)

    return np.asarray(scene(signal) / scene(np.array(_HLG_WHITE_SIGNAL)))


def cicp_transfer(code: int) -> Callable[[Floats], Floats]:
    """Transfer curve of H.273, table 3; codes not listed are taken for sRGB.

    The camera curves of BT.601, BT.709 and BT.2020 (1, 6, 14, 15) are among these: their
    pictures are graded on displays, and are shown like sRGB.
    """
    return {
        4: power(2.2),
        5: power(2.8),
        8: power(1.0),
        16: pq_to_linear,
        18: hlg_to_linear,
    }.get(code, srgb_to_linear)


def convert_to_srgb(
    rgb: npt.NDArray[np.uint8], primaries: Primaries, to_linear: Callable[[Floats], Floats]
) -> npt.NDArray[np.uint8]:
    """Convert to sRGB; colours outside its gamut are clipped channel by channel.

    Args:
        rgb: uint8 (rows, columns, 3) in the encoding given.
        primaries: Its primaries; another white than D65 is adapted by Bradford's method.
        to_linear: Its transfer curve, signal 0..1 to light, 1 = white.

    Returns:
        uint8 (rows, columns, 3), sRGB.

    Raises:
        ValueError: For impossible primaries.
    """
    light = to_linear(np.arange(256, dtype=np.float64) / 255)[rgb]
    if primaries != SRGB:
        cone_gain = (_BRADFORD @ SRGB.white_xyz()) / (_BRADFORD @ primaries.white_xyz())
        adaptation = np.linalg.solve(_BRADFORD, cone_gain[:, None] * _BRADFORD)
        matrix = np.linalg.solve(SRGB.to_xyz(), adaptation @ primaries.to_xyz())
        light = light @ matrix.T
    return np.rint(linear_to_srgb(np.clip(light, 0, 1)) * 255).astype(np.uint8)
