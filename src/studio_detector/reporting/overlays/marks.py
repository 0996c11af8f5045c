"""Signs drawn into pictures: outlines, hatching, arrows, boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.reporting.overlays.legends import hatching
from studio_detector.reporting.overlays.palettes import INK, PAPER

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.reporting.overlays.palettes import Rgb

    Uint8 = npt.NDArray[np.uint8]
    Mask = npt.NDArray[np.bool_]


def outline(mask: Mask, width_px: int = 2) -> Mask:
    """The inner rim of a mask; where it leaves the picture there is none: bool."""
    kernel = np.ones((2 * width_px + 1, 2 * width_px + 1), dtype=np.uint8)
    return np.asarray(mask & ~cv2.erode(mask.view(np.uint8), kernel).view(np.bool_))


def hatched(rgb: Uint8, mask: Mask, colour: Rgb) -> None:
    """Draw stripes where a mask is set, in place."""
    rgb[mask & hatching(*mask.shape)] = colour


def arrow(
    rgb: Uint8, tail: tuple[float, float], tip: tuple[float, float], colour: Rgb, width_px: int = 4
) -> None:
    """Draw an arrow with a dark rim in place; points are column and row."""
    start, end = (round(tail[0]), round(tail[1])), (round(tip[0]), round(tip[1]))
    length = max(1.0, float(np.hypot(tip[0] - tail[0], tip[1] - tail[1])))
    head = min(0.5, 5 * width_px / length)
    for shade, width in ((INK, width_px + 4), (colour, width_px)):
        cv2.arrowedLine(rgb, start, end, shade, width, tipLength=head)


def dart(rgb: Uint8, middle: tuple[float, float], step: tuple[float, float]) -> None:
    """Draw a small white pointer with a dark rim in place; both are column and row."""
    tail = (round(middle[0] - step[0]), round(middle[1] - step[1]))
    tip = (round(middle[0] + step[0]), round(middle[1] + step[1]))
    for shade, width in ((INK, 4), (PAPER, 2)):
        cv2.arrowedLine(rgb, tail, tip, shade, width, tipLength=0.45)


def disc(rgb: Uint8, middle: tuple[float, float], colour: Rgb, radius_px: int) -> None:
    """Draw a disc with a dark rim in place; the middle is column and row."""
    place = (round(middle[0]), round(middle[1]))
    for shade, radius in ((INK, radius_px + 2), (colour, radius_px)):
        cv2.circle(rgb, place, radius, shade, -1)


def box(rgb: Uint8, place: tuple[slice, slice], colour: Rgb, width_px: int = 3) -> None:
    """Draw the inner rim of a place with a dark line inside it, in place."""
    inner = rgb[place]
    for shade, width in ((INK, width_px + 1), (colour, width_px)):
        for rim in (inner[:width], inner[-width:], inner[:, :width], inner[:, -width:]):
            rim[:] = shade


def cross(rgb: Uint8, row: float, column: float, colour: Rgb, reach_px: int = 12) -> None:
    """Draw an upright cross with a dark rim in place."""
    y, x = round(row), round(column)
    for shade, width in ((INK, 6), (colour, 3)):
        cv2.line(rgb, (x - reach_px, y), (x + reach_px, y), shade, width)
        cv2.line(rgb, (x, y - reach_px), (x, y + reach_px), shade, width)
