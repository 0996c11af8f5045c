"""Overlay of colour temperature: b* on a scale from blue over grey to orange."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.lighting import colour_temperature
from studio_detector.analysis.lighting._colour_illuminant import NEUTRAL_CHROMA, usable_colour
from studio_detector.reporting.overlays.canvas import mask_at, size_of, spread
from studio_detector.reporting.overlays.legends import Swatch, scale_bar, swatches
from studio_detector.reporting.overlays.marks import hatched, outline
from studio_detector.reporting.overlays.numbers import shown
from studio_detector.reporting.overlays.overlay import Drawing
from studio_detector.reporting.overlays.palettes import INK, NEUTRAL, diverging, diverging_rgb

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from studio_detector.reporting.overlays.numbers import Subject

    Uint8 = npt.NDArray[np.uint8]

#: Ends of the scale: skin and evening light lie near +25, open shade near -20.
_LIMIT = 40.0
#: How far the picture's own tones darken the map: enough to see where one is.
_SHADE = 0.45
_UNUSABLE = (120, 120, 120)


def draw(subject: Subject) -> Drawing:
    """Draw b* of the planes at which colour is measured, and which pixels say nothing."""
    planes = subject.planes
    small = planes.at(colour_temperature.SIDE_PX)
    size = size_of(planes)
    b_star = spread(small.b_star, size)
    tone = spread(planes.luma_float, size) / np.float32(255)
    panel = _shaded(diverging_rgb(b_star, _LIMIT), 1 - _SHADE * (1 - tone))
    usable = usable_colour(small)
    hatched(panel, mask_at(~usable, size), _UNUSABLE)
    neutral = usable & (small.chroma <= NEUTRAL_CHROMA)
    # Single pixels count for the measure, but their outlines would hide the map.
    large = cv2.medianBlur(neutral.view(np.uint8), 5).astype(np.bool_)
    panel[outline(mask_at(large, size), 1)] = INK
    values = subject.measured(colour_temperature).values
    return Drawing(
        panel=panel,
        legends=(
            scale_bar(
                diverging(),
                [
                    ((step + _LIMIT) / (2 * _LIMIT), f"{step:+d}" if step else "0")
                    for step in (-40, -20, 0, 20, 40)
                ],
                low_words="cooler: blue (b*)",
                high_words="warmer: yellow (b*)",
            ),
            swatches(
                [
                    Swatch(words="outline of near-neutral surfaces", colour=INK, line=True),
                    Swatch(words="too dark or clipped to tell", colour=NEUTRAL, hatched=_UNUSABLE),
                ]
            ),
        ),
        caption=_caption(values),
    )


def _shaded(rgb: Uint8, tone: npt.NDArray[np.floating]) -> Uint8:
    """Darken colours without changing their hue; grey stays grey."""
    return np.asarray(np.rint(rgb * np.asarray(tone, dtype=np.float32)[:, :, None]), dtype=np.uint8)


def _caption(numbers: Mapping[str, float | None]) -> str:
    light = numbers["neutral_b_star"]
    if light is None:
        tint = "Too few neutral surfaces to tell the colour of the light."
    else:
        side = "warm" if light > 1 else "cool" if light < -1 else "neutral"
        tint = f"Near-neutral surfaces are {side}: b* {light:+.1f} on average"
        kelvin = numbers["cct_k"]
        tint += f", about {kelvin:.0f} K as rendered." if kelvin is not None else "."
    return (
        "Orange is warmer, blue cooler than grey, by CIE b*; darker where the picture is. "
        f"{tint} b* differs by {shown(numbers['b_star_spread'], '.1f')} (deviation) over the "
        "picture."
    )
