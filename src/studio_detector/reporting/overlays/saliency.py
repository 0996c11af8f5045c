"""Overlay of composition: where there is something to look at, with thirds and centroid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studio_detector.analysis.detail import composition
from studio_detector.analysis.detail._places import MINIMUM_SIDE_PX, halved
from studio_detector.analysis.detail._saliency import mapped, smoothed, structure
from studio_detector.reporting.overlays.canvas import blended, grey_photo, photo, size_of, spread
from studio_detector.reporting.overlays.legends import Swatch, note, scale_bar, swatches
from studio_detector.reporting.overlays.marks import cross
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

    Uint8 = npt.NDArray[np.uint8]

#: How strongly the map covers the picture.
_STRENGTH = 0.65


def draw(subject: Subject) -> Drawing:
    """Draw the saliency map of the reduced planes."""
    planes = subject.planes
    size = size_of(planes)
    found = subject.measured(composition)
    row, column = (found.values[f"centroid_{axis}_ratio"] for axis in ("row", "column"))
    if planes.reduced.short_side_px < MINIMUM_SIDE_PX or row is None or column is None:
        words = f"No saliency map: {missing_reason(found)}."
        return Drawing(panel=photo(planes, size), legends=(note(words),), caption=words)
    saliency = smoothed(mapped(halved(structure(planes.reduced))))
    share = spread((saliency / saliency.max()).astype(np.float32), size)
    panel = blended(grey_photo(planes, size), sequential_rgb(share, 0, 1), _STRENGTH)
    _thirds(panel)
    # The measure counts columns from the middle, so that mirroring changes its sign.
    column += 0.5
    cross(panel, row * size[0], column * size[1], ORANGE)
    return Drawing(
        panel=panel,
        legends=(
            scale_bar(
                sequential(),
                [(0, "0"), (0.5, "half"), (1, "most")],
                low_words="nothing to look at",
                high_words="outlines and detail",
            ),
            swatches(
                [
                    Swatch(words="lines of thirds", colour=PAPER, line=True),
                    Swatch(words="centroid of the detail", colour=ORANGE, line=True),
                ]
            ),
        ),
        caption=(
            "Yellow is where outlines and detail lie. Their centroid (cross) stands at "
            f"{column:.0%} of the width and {row:.0%} of the height; "
            f"{shown(found.values['negative_space_ratio'], '.0f', scale=100)} % of the picture is "
            "empty."
        ),
    )


def _thirds(panel: Uint8) -> None:
    rows, columns = panel.shape[:2]
    for third in (1, 2):
        row, column = rows * third // 3, columns * third // 3
        panel[max(0, row - 2) : row + 2] = INK
        panel[:, max(0, column - 2) : column + 2] = INK
    for third in (1, 2):
        row, column = rows * third // 3, columns * third // 3
        panel[max(0, row - 1) : row + 1] = PAPER
        panel[:, max(0, column - 1) : column + 1] = PAPER
