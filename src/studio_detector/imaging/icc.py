"""Reading an ICC profile just far enough to recognise sRGB, which then costs nothing."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from studio_detector.imaging.encodings import srgb_to_linear

if TYPE_CHECKING:
    import numpy.typing as npt

_HEADER_BYTES = 128
_MOST_TAGS = 100
# sRGB primaries adapted to the D50 white of the profile connection space (IEC 61966-2-1,
# ICC.1:2022 annex E): columns of X, Y, Z for red, green and blue.
_SRGB_COLORANTS = np.array(
    [[0.43607, 0.22249, 0.01392], [0.38515, 0.71687, 0.09708], [0.14307, 0.06061, 0.71410]]
)
# The sRGB profiles in circulation differ by up to 0.0012 from each other, Display P3, the
# nearest other space, by 0.08.
_COLORANT_TOLERANCE = 0.003
# Light; the curves in circulation differ by 0.0008, a gamma of 2.2 by 0.008.
_CURVE_TOLERANCE = 0.002
_PROBES = np.linspace(0, 1, 18)


def is_srgb(profile: bytes) -> bool:
    """Whether a profile is sRGB in numbers, whatever it calls itself.

    Args:
        profile: The bytes of an ICC profile.

    Returns:
        True for a matrix profile with the colorants and the curve of sRGB. False for
        anything else, damaged ones and sRGB profiles made of tables included; those take
        the general way, which is slower and no less right.
    """
    try:
        if profile[16:20] != b"RGB " or profile[36:40] != b"acsp":
            return False
        tags = _tags(profile)
        # Tables take precedence over the matrix.
        if tags.keys() & {b"A2B0", b"A2B1", b"D2B0", b"D2B1"}:
            return False
        colorants = np.array([_xyz(tags[name]) for name in (b"rXYZ", b"gXYZ", b"bXYZ")])
        if np.abs(colorants - _SRGB_COLORANTS).max() > _COLORANT_TOLERANCE:
            return False
        expected = srgb_to_linear(_PROBES)
        # Numbers without sense overflow, and are then as far away as can be.
        with np.errstate(all="ignore"):
            return all(
                bool(np.abs(_curve(tags[name]) - expected).max() <= _CURVE_TOLERANCE)
                for name in (b"rTRC", b"gTRC", b"bTRC")
            )
    except (KeyError, ValueError, struct.error):
        return False


def _tags(profile: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">I", profile, _HEADER_BYTES)
    if count > _MOST_TAGS:
        raise ValueError(f"{count} tags")
    tags = {}
    for index in range(count):
        name, offset, length = struct.unpack_from(">4sII", profile, _HEADER_BYTES + 4 + 12 * index)
        tags[name] = profile[offset : offset + length]
    return tags


def _xyz(tag: bytes) -> tuple[float, ...]:
    return tuple(value / 65536 for value in struct.unpack_from(">3i", tag, 8))


def _curve(tag: bytes) -> npt.NDArray[np.float64]:
    """Light at `_PROBES`, for the curve types that sRGB profiles use."""
    if tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        if count < 2:
            gamma = struct.unpack_from(">H", tag, 12)[0] / 256 if count else 1.0
            return np.asarray(_PROBES**gamma)
        samples = np.frombuffer(tag, dtype=">u2", count=count, offset=12) / 65535
        return np.interp(_PROBES, np.linspace(0, 1, count), samples)
    if tag[:4] == b"para" and tag[8:10] == b"\0\x03":
        gamma, a, b, c, d = (value / 65536 for value in struct.unpack_from(">5i", tag, 12))
        linear = c * _PROBES
        return np.asarray(np.where(d <= _PROBES, np.maximum(a * _PROBES + b, 0) ** gamma, linear))
    raise ValueError(f"curve type {tag[:4]!r}")
