"""Overlay of texture: the five regions compared, and the co-occurrence matrix of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studio_detector.analysis.detail import texture
from studio_detector.analysis.detail._glcm import LEVELS, Neighbours, texture_properties
from studio_detector.analysis.detail._places import MINIMUM_SIDE_PX, centre, strips
from studio_detector.reporting.overlays.canvas import photo, repeated, size_of
from studio_detector.reporting.overlays.legends import STRIP_PX, note, scale_bar
from studio_detector.reporting.overlays.lettering import Words, lettered
from studio_detector.reporting.overlays.marks import box
from studio_detector.reporting.overlays.numbers import missing_reason, shown
from studio_detector.reporting.overlays.overlay import Drawing
from studio_detector.reporting.overlays.palettes import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PAPER,
    PINK,
    SKY_BLUE,
    sequential,
    sequential_rgb,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes
    from studio_detector.reporting.overlays.numbers import Subject
    from studio_detector.reporting.overlays.palettes import Rgb

    Uint8 = npt.NDArray[np.uint8]
    Place = tuple[slice, slice]

_COLOURS: dict[str, Rgb] = {
    "centre": ORANGE,
    "top": SKY_BLUE,
    "bottom": BLUE,
    "left": GREEN,
    "right": PINK,
}
_CELL_PX = 10
_MATRIX_PX = LEVELS * _CELL_PX
#: Share of the pairs at which the scale of the matrices ends, by its square root.
_FULL_SHARE = 0.25
_LETTER_PX = 18


def regions(planes: Planes) -> dict[str, Place]:
    """The regions that are compared on the reduced planes, the centre first."""
    shape = (planes.reduced.rows_px, planes.reduced.columns_px)
    return {"centre": centre(*shape), **strips(*shape)}


def draw(subject: Subject) -> Drawing:
    """Draw the regions and their matrices."""
    planes = subject.planes
    size = size_of(planes)
    found = subject.measured(texture)
    if planes.reduced.short_side_px < MINIMUM_SIDE_PX:
        words = f"No texture regions: {missing_reason(found)}."
        return Drawing(panel=photo(planes, size), legends=(note(words),), caption=words)
    places = regions(planes)
    neighbours = Neighbours.of(planes.reduced.luma)
    matrices = np.stack([neighbours.co_occurrence(*place) for place in places.values()])
    panel = _framed(planes, places, size)
    values = found.values
    return Drawing(
        panel=panel,
        legends=(
            note("Pairs of neighbouring tones, 8 steps from dark to light, in each region:"),
            _matrices(list(places), matrices),
            scale_bar(
                sequential(),
                [(0, "0"), (0.5, f"{_FULL_SHARE / 4:.0%}"), (1, f"{_FULL_SHARE:.0%}")],
                low_words="no such pair",
                high_words="share of the pairs, and more",
            ),
        ),
        caption=(
            "Even surfaces put all pairs into one or two squares on the diagonal, texture "
            "spreads them. Homogeneity (1 is even): centre "
            f"{shown(values['centre_homogeneity'], '.2f')}, border strips "
            f"{shown(values['border_homogeneity'], '.2f')}; entropy "
            f"{shown(values['centre_entropy_bits'], '.1f')} and "
            f"{shown(values['border_entropy_bits'], '.1f')} bits."
        ),
    )


def _framed(planes: Planes, places: dict[str, Place], size: tuple[int, int]) -> Uint8:
    """The picture with a frame and a letter for each region."""
    panel = photo(planes, size)
    reduced = planes.reduced
    down, right = size[0] / reduced.rows_px, size[1] / reduced.columns_px
    words = []
    for name, (rows, columns) in reversed(places.items()):
        across = slice(round(columns.start * right), round(columns.stop * right))
        along = slice(round(rows.start * down), round(rows.stop * down))
        box(panel, (along, across), _COLOURS[name])
        words.append(
            Words(
                text=name[0].upper(),
                x_px=(across.start + across.stop) // 2,
                y_px=(along.start + along.stop) // 2,
                size_px=_LETTER_PX,
                fill=PAPER,
                halo=INK,
                anchor="mm",
            )
        )
    return lettered(panel, words)


def _matrices(names: list[str], matrices: npt.NDArray[np.float64]) -> Uint8:
    """A strip with the matrices side by side, their entropy below."""
    pitch = STRIP_PX // len(names)
    strip = np.full((_MATRIX_PX + 52, STRIP_PX, 3), PAPER, dtype=np.uint8)
    entropies = texture_properties(matrices)["entropy_bits"]
    words = []
    for place, (name, matrix, bits) in enumerate(zip(names, matrices, entropies, strict=True)):
        left = place * pitch + (pitch - _MATRIX_PX) // 2
        colours = sequential_rgb(np.sqrt(matrix), 0, _FULL_SHARE**0.5)
        top = 24
        frame = strip[top - 4 : top + _MATRIX_PX + 4, left - 4 : left + _MATRIX_PX + 4]
        frame[:] = _COLOURS[name]
        frame[4:-4, 4:-4] = repeated(colours, (_MATRIX_PX, _MATRIX_PX))
        middle = left + _MATRIX_PX // 2
        words += [
            Words(text=name, x_px=middle, y_px=1, anchor="ma"),
            Words(text=f"{bits:.1f} bits", x_px=middle, y_px=top + _MATRIX_PX + 6, anchor="ma"),
        ]
    return lettered(strip, words)
