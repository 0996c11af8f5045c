"""Legends: scale bars, swatches, a wheel of directions, and notes, as strips of a sheet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studio_detector.reporting.overlays.lettering import (
    SIZE_PX,
    Words,
    lettered,
    width_px,
    wrapped,
)
from studio_detector.reporting.overlays.palettes import INK, PAPER, wheel_rgb

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from studio_detector.reporting.overlays.palettes import Rgb

    Uint8 = npt.NDArray[np.uint8]

#: Columns of a strip; the same as a sheet's.
STRIP_PX = 512
_EDGE_PX = 12
_BAR_PX = 14
_LINE_PX = 20
_SWATCH_PX = 16
_WHEEL_PX = 104
_STRIPES_PX, _STRIPE_PX = 12, 4
#: Sum of the channels from which a line is lost on paper without a rim.
_LIGHT_SUM = 520


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Swatch:
    """One sign and what it means.

    Attributes:
        words: What it means.
        colour: Its colour.
        hatched: Colour of stripes across it; None for a plain one.
        line: Drawn as a line instead of a field.
    """

    words: str
    colour: Rgb
    hatched: Rgb | None = None
    line: bool = False


def note(text: str, *, size_px: int = SIZE_PX) -> Uint8:
    """A strip of words, wrapped."""
    lines = wrapped(text, STRIP_PX - 2 * _EDGE_PX, size_px)
    pitch = round(size_px * 1.35)
    strip = _blank(len(lines) * pitch + 8)
    return lettered(
        strip,
        [
            Words(text=line, x_px=_EDGE_PX, y_px=4 + pitch * row, size_px=size_px)
            for row, line in enumerate(lines)
        ],
    )


def scale_bar(
    table: Uint8, ticks: Sequence[tuple[float, str]], *, low_words: str, high_words: str
) -> Uint8:
    """A bar of colours with ticks below and the meaning of its ends above.

    Args:
        table: uint8 (steps, 3), from low to high.
        ticks: Place on the bar, 0..1, and what stands there, from left to right.
        low_words: What the left end means.
        high_words: What the right end means.
    """
    first, last = _EDGE_PX, STRIP_PX - _EDGE_PX - 1
    ends = width_px(low_words) + width_px(high_words) + _EDGE_PX > last - first
    top = 4 + (2 if ends else 1) * _LINE_PX
    strip = _blank(top + _BAR_PX + 26)
    places = np.rint(np.linspace(0, len(table) - 1, last - first + 1)).astype(np.intp)
    strip[top : top + _BAR_PX, first : last + 1] = table[places]
    words = [
        Words(text=low_words, x_px=first, y_px=4),
        Words(text=high_words, x_px=last, y_px=top - _LINE_PX, anchor="ra"),
    ]
    for place, text in ticks:
        column = round(first + place * (last - first))
        strip[top + _BAR_PX : top + _BAR_PX + 4, max(0, column - 1) : column + 1] = INK
        half = width_px(text) // 2 + 1
        middle = min(max(column, first + half), last - half)
        words.append(Words(text=text, x_px=middle, y_px=top + _BAR_PX + 6, anchor="ma"))
    return lettered(strip, words)


def swatches(entries: Sequence[Swatch]) -> Uint8:
    """Signs with their meaning, as many on a line as fit."""
    placed: list[tuple[Swatch, int, int, str]] = []
    column, row = _EDGE_PX, 0
    for entry in entries:
        lines = wrapped(entry.words, STRIP_PX - 2 * _EDGE_PX - _SWATCH_PX - 6)
        needed = _SWATCH_PX + 6 + max(width_px(line) for line in lines)
        if column > _EDGE_PX and column + needed > STRIP_PX - _EDGE_PX:
            column, row = _EDGE_PX, row + 1
        for extra, line in enumerate(lines):
            placed.append((entry, column, row + extra, line))
        row += len(lines) - 1
        column = column + needed + 18 if len(lines) == 1 else STRIP_PX
    strip = _blank((row + 1) * _LINE_PX + 8)
    words, seen = [], set()
    for entry, left, line_row, line in placed:
        top = 4 + line_row * _LINE_PX
        if id(entry) not in seen:
            seen.add(id(entry))
            _sign(strip[top : top + _SWATCH_PX, left : left + _SWATCH_PX], entry)
        words.append(Words(text=line, x_px=left + _SWATCH_PX + 6, y_px=top))
    return lettered(strip, words)


def direction_wheel(text: str) -> Uint8:
    """The wheel of directions with a text beside it."""
    room = STRIP_PX - _WHEEL_PX - 130
    lines = wrapped(text, room)
    height = max(_WHEEL_PX + 44, len(lines) * 19 + 8)
    strip = _blank(height)
    middle, centre = height // 2, 64 + _WHEEL_PX // 2
    down, right = np.mgrid[0:height, 0:STRIP_PX]
    down, right = down - middle, right - centre
    radius = np.hypot(down, right)
    ring = (radius <= _WHEEL_PX / 2) & (radius >= _WHEEL_PX / 4)
    strip[ring] = wheel_rgb(np.degrees(np.arctan2(down[ring], right[ring])))
    reach = _WHEEL_PX // 2 + 4
    words = [
        Words(text="right", x_px=centre + reach, y_px=middle, anchor="lm"),
        Words(text="left", x_px=centre - reach, y_px=middle, anchor="rm"),
        Words(text="up", x_px=centre, y_px=middle - reach, anchor="md"),
        Words(text="down", x_px=centre, y_px=middle + reach, anchor="ma"),
    ]
    top = middle - len(lines) * 19 // 2
    words += [
        Words(text=line, x_px=STRIP_PX - _EDGE_PX - room, y_px=top + 19 * row)
        for row, line in enumerate(lines)
    ]
    return lettered(strip, words)


def hatching(rows: int, columns: int) -> npt.NDArray[np.bool_]:
    """Diagonal stripes, few enough for small files: bool (rows, columns)."""
    down, right = np.ogrid[0:rows, 0:columns]
    return np.asarray((down + right) % _STRIPES_PX < _STRIPE_PX, dtype=np.bool_)


def _sign(place: Uint8, entry: Swatch) -> None:
    rows, columns = place.shape[:2]
    if entry.line:
        if sum(entry.colour) >= _LIGHT_SUM:
            place[rows // 2 - 4 : rows // 2 + 4] = INK
        place[rows // 2 - 2 : rows // 2 + 2] = entry.colour
        return
    place[:] = entry.colour
    if entry.hatched is not None:
        place[hatching(rows, columns)] = entry.hatched
    for rim in (place[:1], place[-1:], place[:, :1], place[:, -1:]):
        rim[:] = INK


def _blank(rows: int) -> Uint8:
    return np.full((rows, STRIP_PX, 3), PAPER, dtype=np.uint8)
