"""Words on pictures: measured, wrapped and drawn with the font that Pillow brings along."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from studio_detector.reporting.overlays.palettes import INK

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from studio_detector.reporting.overlays.palettes import Rgb

    Uint8 = npt.NDArray[np.uint8]

#: Size of words on a sheet of 512 px; smaller ones blur when the sheet is scaled.
SIZE_PX = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A line of words at a place.

    Attributes:
        text: The words, of Latin letters: the font has few others.
        x_px: Column of the anchor.
        y_px: Row of the anchor.
        size_px: Height of the font.
        fill: Colour.
        halo: Colour of an outline that keeps words readable on a picture; None for none.
        anchor: Pillow's two letters for the place of the anchor, such as "mm" for the middle.
    """

    text: str
    x_px: int
    y_px: int
    size_px: int = SIZE_PX
    fill: Rgb = INK
    halo: Rgb | None = None
    anchor: str = "la"


def lettered(rgb: Uint8, words: Iterable[Words]) -> Uint8:
    """A copy of a picture with words on it.

    Args:
        rgb: uint8 (rows, columns, 3).
        words: What to write, in order.
    """
    image = Image.fromarray(np.ascontiguousarray(rgb))
    draw = ImageDraw.Draw(image)
    for line in words:
        draw.text(
            (line.x_px, line.y_px),
            line.text,
            fill=line.fill,
            font=_font(line.size_px),
            anchor=line.anchor,
            stroke_width=0 if line.halo is None else 2,
            stroke_fill=line.halo,
        )
    return np.array(image, dtype=np.uint8)


def width_px(text: str, size_px: int = SIZE_PX) -> int:
    """Columns that a line of words takes."""
    return int(np.ceil(_font(size_px).getlength(text)))


def wrapped(text: str, room_px: int, size_px: int = SIZE_PX) -> list[str]:
    """Break words into lines of at most so many columns; a longer word stands alone."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_px(longer, size_px) <= room_px:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


@cache
def _font(size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size_px)
