"""Overlay of shadows: the dark regions, and how softly each place of their outline ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studio_detector.analysis.lighting import shadow
from studio_detector.analysis.lighting._shadow_edges import shadow_outline, transitions
from studio_detector.reporting.overlays.canvas import (
    blended,
    grey_photo,
    mask_at,
    repeated,
    size_of,
)
from studio_detector.reporting.overlays.legends import Swatch, scale_bar, swatches
from studio_detector.reporting.overlays.marks import hatched
from studio_detector.reporting.overlays.numbers import shown
from studio_detector.reporting.overlays.overlay import Drawing
from studio_detector.reporting.overlays.palettes import BLUE, sequential, sequential_rgb

if TYPE_CHECKING:
    from studio_detector.reporting.overlays.numbers import Subject

#: Right end of the scale: transitions this wide, in percent of the long side, and wider.
_WIDEST_PERCENT = 6.0


def draw(subject: Subject) -> Drawing:
    """Draw the shadow mask of the reduced planes and the width of its transitions."""
    planes = subject.planes
    reduced = planes.reduced
    size = size_of(planes)
    dark = mask_at(reduced.shadow, size)
    panel = blended(grey_photo(planes, size), BLUE, 0.35 * dark)
    hatched(panel, dark, BLUE)
    outline = shadow_outline(reduced)
    if outline.any():
        _, widths_px = transitions(reduced, outline)
        percent = np.zeros(outline.shape, dtype=np.float32)
        percent[outline] = 100 * widths_px / max(reduced.rows_px, reduced.columns_px)
        shown_line = mask_at(outline, size)
        colours = sequential_rgb(repeated(percent, size).astype(np.float32), 0, _WIDEST_PERCENT)
        panel[shown_line] = colours[shown_line]
    values = subject.measured(shadow).values
    share = np.count_nonzero(reduced.shadow) / reduced.shadow.size
    return Drawing(
        panel=panel,
        legends=(
            swatches([Swatch(words="shadow: the darkest tones of this picture", colour=BLUE)]),
            scale_bar(
                sequential(),
                [(step / _WIDEST_PERCENT, f"{step} %") for step in range(7)],
                low_words="outline: hard edge",
                high_words="soft edge (width, of the long side)",
            ),
        ),
        caption=(
            f"Striped: the darkest tones ({share:.0%} of the picture). Their outline is dark "
            "where the shadow ends hard and yellow where it ends softly; half of it is wider "
            f"than {shown(values['penumbra_percent'], '.1f')} % of the long side."
        ),
    )
