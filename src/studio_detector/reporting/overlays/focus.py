"""Overlay of focus: how sharp each cell of the grid is, against the sharpest one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studio_detector.analysis.detail import depth_of_field
from studio_detector.analysis.detail._places import GRID, MINIMUM_SIDE_PX
from studio_detector.analysis.detail._sharpness import energy_cells, sharpness_db
from studio_detector.reporting.overlays.canvas import blended, photo, repeated, size_of
from studio_detector.reporting.overlays.legends import Swatch, note, scale_bar, swatches
from studio_detector.reporting.overlays.lettering import Words, lettered
from studio_detector.reporting.overlays.marks import box
from studio_detector.reporting.overlays.numbers import missing_reason, shown
from studio_detector.reporting.overlays.overlay import Drawing
from studio_detector.reporting.overlays.palettes import (
    INK,
    ORANGE,
    PAPER,
    sequential,
    sequential_rgb,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.reporting.overlays.numbers import Subject

#: Left end of the scale: so far below the sharpest cell, dB.
_LOWEST_DB = -30.0
_STRENGTH = 0.6
#: Cells narrower than this have no room for a number.
_ROOM_PX = 30
_NUMBER_PX = 13


def draw(subject: Subject) -> Drawing:
    """Draw the Laplacian energy of the reduced planes over the grid of the measures."""
    planes = subject.planes
    size = size_of(planes)
    found = subject.measured(depth_of_field)
    if planes.reduced.short_side_px < MINIMUM_SIDE_PX or found.values["falloff_db"] is None:
        return _without(subject, missing_reason(found))
    in_db = sharpness_db(energy_cells(planes.reduced.laplacian))
    relative = in_db - in_db.max()
    colours = repeated(sequential_rgb(relative, _LOWEST_DB, 0), size).astype(np.uint8)
    panel = blended(photo(planes, size), colours, _STRENGTH)
    row, column = divmod(int(np.argmax(in_db)), GRID)
    box(panel, (_span(row, size[0]), _span(column, size[1])), ORANGE)
    panel = lettered(panel, _numbers(relative, size))
    values = found.values
    return Drawing(
        panel=panel,
        legends=(
            scale_bar(
                sequential(),
                [((step - _LOWEST_DB) / -_LOWEST_DB, f"{step}") for step in (-30, -20, -10, 0)],
                low_words="soft or without detail",
                high_words="sharpest; dB below it",
            ),
            swatches([Swatch(words="the sharpest cell", colour=ORANGE, line=True)]),
        ),
        caption=(
            "Detail in each of 8 x 8 cells, in decibels below the sharpest (orange frame): "
            f"{shown(values['smooth_cell_ratio'], '.0f', scale=100)} % of the cells are soft or "
            "without detail (20 dB below and more); the centre is "
            f"{shown(values['subject_border_db'], '+.0f')} dB against the border."
        ),
    )


def _without(subject: Subject, reason: str) -> Drawing:
    words = f"No focus grid: {reason}."
    return Drawing(
        panel=photo(subject.planes, size_of(subject.planes)), legends=(note(words),), caption=words
    )


def _numbers(relative: npt.NDArray[np.float64], size: tuple[int, int]) -> list[Words]:
    if min(size) < GRID * _ROOM_PX:
        return []
    return [
        Words(
            text=f"{value:.0f}" if round(value) else "0",
            x_px=round((column + 0.5) * size[1] / GRID),
            y_px=round((row + 0.5) * size[0] / GRID),
            size_px=_NUMBER_PX,
            fill=PAPER,
            halo=INK,
            anchor="mm",
        )
        for (row, column), value in np.ndenumerate(relative)
    ]


def _span(cell: int, side_px: int) -> slice:
    # The same rounding as that by which cells are enlarged.
    return slice(-(-cell * side_px // GRID), -(-(cell + 1) * side_px // GRID))
