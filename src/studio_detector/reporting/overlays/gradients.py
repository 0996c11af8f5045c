"""Overlays of gradients: how steep tones change, and in which direction."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.lighting import shadow
from studio_detector.analysis.lighting.shadow import DIRECTION_SIDE_PX
from studio_detector.planes.gradients import EDGE_LEVELS_PER_PX
from studio_detector.reporting.overlays.canvas import (
    blended,
    grey_photo,
    mask_at,
    repeated,
    size_of,
    spread,
)
from studio_detector.reporting.overlays.legends import (
    Swatch,
    direction_wheel,
    note,
    scale_bar,
    swatches,
)
from studio_detector.reporting.overlays.light_direction import (
    CLEAR_AGREEMENT,
    light_direction,
    shaded,
)
from studio_detector.reporting.overlays.marks import arrow, dart, disc
from studio_detector.reporting.overlays.numbers import shown
from studio_detector.reporting.overlays.overlay import Drawing
from studio_detector.reporting.overlays.palettes import (
    YELLOW,
    sequential,
    sequential_rgb,
    wheel_rgb,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes
    from studio_detector.reporting.overlays.light_direction import LightDirection
    from studio_detector.reporting.overlays.numbers import Subject

    Uint8 = npt.NDArray[np.uint8]

#: Right end of the scale, levels per px: outlines of high contrast lie there.
_STEEPEST = 60.0
_TICKS = (0.0, 3.0, EDGE_LEVELS_PER_PX, 30.0, _STEEPEST)
#: Gradient from which a direction is shown at full colour.
_FULL_COLOUR_LEVELS_PER_PX = 6.0
#: Pointers along the long side, and the mean gradient from which a place has one.
_POINTERS = 12
_POINTED_LEVELS_PER_PX = 1.0
#: Length of the arrow of the light, as a share of the short side.
_ARROW_RATIO = 0.3


def magnitude(subject: Subject) -> Drawing:
    """Draw the gradient magnitude of the reduced planes, on a square-root scale."""
    reduced = subject.planes.reduced
    size = size_of(subject.planes)
    steep = reduced.gradient_magnitude
    panel = sequential_rgb(np.sqrt(spread(steep, size)), 0, math.sqrt(_STEEPEST))
    bar = scale_bar(
        sequential(),
        [(math.sqrt(tick / _STEEPEST), f"{tick:g}") for tick in _TICKS],
        low_words="even tone",
        high_words="steep: levels per px at 256 px",
    )
    edges = float(np.count_nonzero(reduced.edges)) / steep.size
    mean = float(steep.mean(dtype=np.float64))
    return Drawing(
        panel=panel,
        legends=(bar,),
        caption=(
            "How steeply the tone changes, pixel by pixel: yellow lines are outlines and "
            f"texture, dark blue is even tone. Mean {mean:.1f} levels per px; "
            f"{edges:.0%} of the picture is edge ({EDGE_LEVELS_PER_PX:g} and more)."
        ),
    )


def direction(subject: Subject) -> Drawing:
    """Draw the direction in which tones rise, and where the light comes from."""
    planes = subject.planes
    small = planes.at(DIRECTION_SIDE_PX)
    size = size_of(planes)
    hues = wheel_rgb(repeated(small.gradient_direction_deg, size).astype(np.float32))
    strength = np.clip(small.gradient_magnitude / np.float32(_FULL_COLOUR_LEVELS_PER_PX), 0, 1)
    left_out = ~mask_at(shaded(planes), size)
    visible = spread(strength.astype(np.float32), size) * np.where(left_out, 0.25, 0.75)
    panel = blended(grey_photo(planes, size), hues, visible)
    _pointers(panel, small)
    light = light_direction(planes)
    if light is not None and light.clear:
        _light_arrow(panel, light)
    values = subject.measured(shadow).values
    return Drawing(
        panel=panel,
        legends=(
            direction_wheel(
                "Hue and white pointers: the way in which the tone rises. Strong colour: "
                "slopes inside the subject; faint: backdrop and outlines."
            ),
            _arrow_legend(light),
        ),
        caption=(
            f"{_light_caption(light)} Over the whole picture directions vary by "
            f"{shown(values['direction_variance'], '.2f')} (0 one way, 1 all ways)."
        ),
    )


def _arrow_legend(light: LightDirection | None) -> Uint8:
    if light is None or not light.clear:
        return note(_no_arrow(light))
    words = f"lamp and arrow: light from {light.words}, {light.from_deg:.0f} deg"
    return swatches([Swatch(words=words, colour=YELLOW)])


def _light_caption(light: LightDirection | None) -> str:
    if light is None or not light.clear:
        return _no_arrow(light)
    return (
        f"Lamp and arrow: light from {light.words} ({light.from_deg:.0f} deg clockwise from the "
        f"right), estimated from slopes inside the subject, {light.agreement_ratio:.0%} of which "
        "agree."
    )


def _no_arrow(light: LightDirection | None) -> str:
    if light is None:
        return "No arrow for the light: too little of the picture is shaded."
    return (
        "No arrow for the light: slopes inside the subject point all ways "
        f"({light.agreement_ratio:.0%} agree, {CLEAR_AGREEMENT:.0%} are needed)."
    )


def _pointers(panel: Uint8, small: Planes) -> None:
    """A pointer in each cell whose mean gradient is above noise."""
    rows, columns = panel.shape[:2]
    pitch = max(rows, columns) / _POINTERS
    across, down = max(1, round(columns / pitch)), max(1, round(rows / pitch))
    cells = (across, down)
    right, below = (
        cv2.resize(plane, cells, interpolation=cv2.INTER_AREA)
        for plane in (small.gradient_columns, small.gradient_rows)
    )
    length = np.sqrt(right * right + below * below)
    for row, column in np.argwhere(length >= _POINTED_LEVELS_PER_PX):
        reach = 0.3 * pitch / float(length[row, column])
        middle = ((column + 0.5) * columns / across, (row + 0.5) * rows / down)
        step = (reach * float(right[row, column]), reach * float(below[row, column]))
        dart(panel, middle, step)


def _light_arrow(panel: Uint8, light: LightDirection) -> None:
    """A lamp, and an arrow that flies with its light through the middle of the picture."""
    rows, columns = panel.shape[:2]
    reach = _ARROW_RATIO * min(rows, columns)
    angle = math.radians(light.from_deg)
    step = (reach * math.cos(angle), reach * math.sin(angle))
    middle = (columns / 2, rows / 2)
    lamp = (middle[0] + step[0], middle[1] + step[1])
    width_px = max(2, min(6, round(reach / 12)))
    arrow(panel, lamp, (middle[0] - step[0], middle[1] - step[1]), YELLOW, width_px=width_px)
    disc(panel, lamp, YELLOW, radius_px=2 * width_px)
