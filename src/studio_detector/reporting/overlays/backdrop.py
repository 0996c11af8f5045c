"""Overlay of the backdrop: what was found of it, and where it departs from one even surface."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studio_detector.analysis.lighting import background
from studio_detector.analysis.lighting._surface import fitted
from studio_detector.reporting.overlays.canvas import (
    blended,
    grey_photo,
    mask_at,
    size_of,
    spread,
)
from studio_detector.reporting.overlays.legends import Swatch, scale_bar, swatches
from studio_detector.reporting.overlays.marks import outline
from studio_detector.reporting.overlays.numbers import shown
from studio_detector.reporting.overlays.overlay import Drawing
from studio_detector.reporting.overlays.palettes import INK, YELLOW, diverging, diverging_rgb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_detector.reporting.overlays.numbers import Subject

#: Ends of the scale of the residual, in L*.
_LIMIT = 8.0
_STRENGTH = 0.75


def draw(subject: Subject) -> Drawing:
    """Draw the backdrop of the reduced planes with the residual of its surface."""
    planes = subject.planes
    reduced = planes.reduced
    size = size_of(planes)
    backdrop = mask_at(reduced.backdrop, size)
    residual = np.zeros(size, dtype=np.float32)
    surface = fitted(reduced)
    if surface is not None:
        residual = spread(surface.residual.astype(np.float32), size)
    colours = diverging_rgb(residual, _LIMIT)
    panel = blended(grey_photo(planes, size), colours, _STRENGTH * backdrop)
    panel[outline(backdrop, 3)] = INK
    panel[outline(backdrop, 2)] = YELLOW
    values = subject.measured(background).values
    return Drawing(
        panel=panel,
        legends=(
            swatches([Swatch(words="edge of the backdrop found", colour=YELLOW, line=True)]),
            scale_bar(
                diverging(),
                [
                    ((step + _LIMIT) / (2 * _LIMIT), f"{step:+d}" if step else "0")
                    for step in (-8, -4, 0, 4, 8)
                ],
                low_words="darker than the surface",
                high_words="lighter (L*)",
            ),
        ),
        caption=_caption(values),
    )


def _caption(numbers: Mapping[str, float | None]) -> str:
    covered = shown(numbers["coverage_ratio"], ".0f", scale=100)
    if numbers["surface_residual"] is None:
        return (
            f"The smooth region that reaches the border covers {covered} % of the picture: too "
            "little for a surface to be fitted."
        )
    return (
        f"The backdrop (inside the yellow line) covers {covered} % of the picture. Grey: light "
        "falls on it as on one even surface of degree 2; orange and blue: it is lighter or "
        f"darker there, by {shown(numbers['surface_residual'], '.1f')} L* on average (root mean "
        "square)."
    )
