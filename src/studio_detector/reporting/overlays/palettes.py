"""Colours of the overlays: safe for the colour-blind, and the same thing everywhere.

Named colours are those of Okabe and Ito; orange stands for studio and for warm, blue for
natural and for cool, as everywhere in this project.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Uint8 = npt.NDArray[np.uint8]
    Rgb = tuple[int, int, int]

INK: Rgb = (26, 26, 26)
PAPER: Rgb = (255, 255, 255)
#: Round the picture, where it does not fill the sheet.
MAT: Rgb = (236, 236, 236)
ORANGE: Rgb = (213, 94, 0)
BLUE: Rgb = (0, 114, 178)
SKY_BLUE: Rgb = (86, 180, 233)
GREEN: Rgb = (0, 158, 115)
YELLOW: Rgb = (240, 228, 66)
PINK: Rgb = (204, 121, 167)
#: Middle of the diverging scale.
NEUTRAL: Rgb = (222, 222, 222)

_STEPS = 256
#: Steps to each side of the diverging scale's middle, which is a step of its own.
DIVERGING_SIDE = 127
_DIVERGING_STOPS = ((0, 52, 110), BLUE, NEUTRAL, ORANGE, (122, 46, 0))
# Hues of equal saturation and value differ in lightness too, so that the wheel keeps some
# order in grey; arrows say the direction again.
_WHEEL_SATURATION, _WHEEL_VALUE = 200, 235


@cache
def sequential() -> Uint8:
    """Cividis, dark blue for little to yellow for much: uint8 (256, 3)."""
    ramp = np.arange(_STEPS, dtype=np.uint8)[:, None]
    return _sealed(cv2.applyColorMap(ramp, cv2.COLORMAP_CIVIDIS)[:, 0, ::-1])


@cache
def diverging() -> Uint8:
    """Blue over neutral grey to orange: uint8 (255, 3), the grey at `DIVERGING_SIDE`."""
    stops = np.array(_DIVERGING_STOPS, dtype=np.float64)
    at = np.linspace(0, 2 * DIVERGING_SIDE, len(stops))
    steps = np.arange(2 * DIVERGING_SIDE + 1)
    table = np.stack([np.interp(steps, at, channel) for channel in stops.T], axis=1)
    return _sealed(np.rint(table).astype(np.uint8))


@cache
def wheel() -> Uint8:
    """One turn of hues, for directions: uint8 (180, 3), a step each two degrees."""
    hues = np.arange(180, dtype=np.uint8)
    hsv = np.stack(
        [hues, np.full_like(hues, _WHEEL_SATURATION), np.full_like(hues, _WHEEL_VALUE)], axis=1
    )
    return _sealed(cv2.cvtColor(hsv[None], cv2.COLOR_HSV2RGB)[0])


def sequential_rgb(values: npt.NDArray[np.floating], low: float, high: float) -> Uint8:
    """Colours of values on `sequential`, clipped to ``low``..``high``: uint8 (..., 3)."""
    span = max(high - low, 1e-9)
    steps = np.rint((np.asarray(values, dtype=np.float64) - low) * ((_STEPS - 1) / span))
    return sequential()[np.clip(steps, 0, _STEPS - 1).astype(np.intp)]


def diverging_rgb(values: npt.NDArray[np.floating], limit: float) -> Uint8:
    """Colours of values on `diverging`, clipped to ``-limit``..``limit``: uint8 (..., 3)."""
    steps = np.rint(np.asarray(values, dtype=np.float64) * (DIVERGING_SIDE / max(limit, 1e-9)))
    clipped = np.clip(steps, -DIVERGING_SIDE, DIVERGING_SIDE) + DIVERGING_SIDE
    return diverging()[clipped.astype(np.intp)]


def wheel_rgb(direction_deg: npt.NDArray[np.floating]) -> Uint8:
    """Colours of directions of any number of turns: uint8 (..., 3)."""
    steps = np.rint(np.asarray(direction_deg, dtype=np.float64) / 2) % len(wheel())
    return wheel()[steps.astype(np.intp)]


def _sealed(table: npt.NDArray[np.generic]) -> Uint8:
    sealed = np.array(table, dtype=np.uint8)
    sealed.setflags(write=False)
    return sealed
