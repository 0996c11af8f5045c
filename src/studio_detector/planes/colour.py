"""Colour conversions of whole pictures, by OpenCV, from sRGB with the D65 white point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

#: L* of one level of packed LAB.
LIGHTNESS_STEP = 100 / 255


def luma(rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Luma of Rec. 601, Y' = 0.299 R' + 0.587 G' + 0.114 B': uint8, 0..255."""
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def lab_uint8(rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """CIE LAB as OpenCV packs it: L* x 255/100, a* + 128, b* + 128, uint8 (rows, columns, 3).

    Eight bits are enough: the quantisation (0.4 in L*, 1 in a* and b*) lies below the
    noise of a JPEG, and the conversion is ten times faster than in float.
    """
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB), dtype=np.uint8)


def lightness(lab: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """L* from packed LAB: float32 (rows, columns), 0..100."""
    return lab[:, :, 0].astype(np.float32) * np.float32(LIGHTNESS_STEP)


def opponent(lab: npt.NDArray[np.uint8], channel: int) -> npt.NDArray[np.float32]:
    """a* (channel 1) or b* (channel 2) from packed LAB: float32, -128..127."""
    return lab[:, :, channel].astype(np.float32) - np.float32(128)


def unpacked(lab: Sequence[float]) -> tuple[float, float, float]:
    """L*, a* and b* of one packed colour, a mean for instance."""
    return lab[0] * LIGHTNESS_STEP, lab[1] - 128, lab[2] - 128


def channels(lab: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """L*, a* and b* from packed LAB: float64 (3, rows, columns)."""
    return np.stack([lab[:, :, 0] * LIGHTNESS_STEP, lab[:, :, 1] - 128.0, lab[:, :, 2] - 128.0])


def hsv_uint8(rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """HSV as OpenCV packs it: hue / 2 in 0..179, saturation and value in 0..255."""
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV), dtype=np.uint8)


def hue_deg(hsv: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Hue in degrees from packed HSV: float32 (rows, columns), 0..358."""
    return hsv[:, :, 0].astype(np.float32) * np.float32(2)
