"""Overlay of evidence: where on the picture the log-odds come from, by occlusion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studio_detector.reporting.overlays.canvas import blended, grey_photo, repeated, size_of
from studio_detector.reporting.overlays.legends import note, scale_bar
from studio_detector.reporting.overlays.lettering import Words, lettered
from studio_detector.reporting.overlays.occlusion import occlusion
from studio_detector.reporting.overlays.overlay import Drawing
from studio_detector.reporting.overlays.palettes import INK, PAPER, diverging, diverging_rgb

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.reporting.overlays.numbers import Subject
    from studio_detector.reporting.overlays.occlusion import Logit, Occlusion

#: The scale reaches at least so far, so that a picture without local evidence stays grey.
_LEAST_LIMIT = 0.5
_STRENGTH = 0.72
_ROOM_PX = 40
_NUMBER_PX = 15
_METHOD = (
    "Method: each cell in turn is blurred until no detail is left, and the whole picture is "
    "judged again; the number is by how much the log-odds of studio light fall (+) or rise (-). "
    "Cells act together: the numbers do not add up to the verdict."
)


def draw(subject: Subject, logit: Logit) -> Drawing:
    """Draw by how much the logit depends on each cell of a grid."""
    found = occlusion(subject.planes, logit)
    size = size_of(subject.planes)
    limit = max(_LEAST_LIMIT, float(np.ceil(2 * np.abs(found.change).max()) / 2))
    colours = repeated(diverging_rgb(found.change, limit), size).astype(np.uint8)
    panel = blended(grey_photo(subject.planes, size), colours, _STRENGTH)
    panel = lettered(panel, _numbers(found.change, size))
    return Drawing(
        panel=panel,
        legends=(
            scale_bar(
                diverging(),
                [
                    ((step + 1) / 2, f"{step * limit:+.2g}" if step else "0")
                    for step in (-1.0, -0.5, 0.0, 0.5, 1.0)
                ],
                low_words="this place speaks for natural",
                high_words="for studio (log-odds)",
            ),
            note(_METHOD),
        ),
        caption=_caption(found),
    )


def _numbers(change: npt.NDArray[np.float64], size: tuple[int, int]) -> list[Words]:
    rows, columns = change.shape
    if min(size[0] / rows, size[1] / columns) < _ROOM_PX:
        return []
    return [
        Words(
            text=f"{value:+.2f}" if abs(value) >= 0.005 else "0",
            x_px=round((column + 0.5) * size[1] / columns),
            y_px=round((row + 0.5) * size[0] / rows),
            size_px=_NUMBER_PX,
            fill=PAPER,
            halo=INK,
            anchor="mm",
        )
        for (row, column), value in np.ndenumerate(change)
    ]


def _caption(found: Occlusion) -> str:
    rows, columns = found.change.shape
    most, least = max(0.0, found.change.max()), min(0.0, found.change.min())
    return (
        f"Each of {rows} x {columns} cells (rows x columns) was blurred in turn and the picture "
        f"judged again: orange places speak for studio (up to {most:+.2f} in "
        f"log-odds), blue ones for natural light (up to {least:+.2f}). The "
        f"changes add up to {found.change.sum():+.1f}, not to the verdict's "
        f"{found.logit:+.1f}: cells act together."
    )
