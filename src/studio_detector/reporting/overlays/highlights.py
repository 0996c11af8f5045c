"""Overlay of highlights: each bright area by its shape, and what is clipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.lighting import highlight
from studio_detector.analysis.lighting._highlight_places import CLIPPED_LEVEL
from studio_detector.analysis.lighting._highlight_shapes import SHAPED_AREA_PX, circularities
from studio_detector.reporting.overlays.canvas import (
    blended,
    grey_photo,
    mask_at,
    repeated,
    size_of,
)
from studio_detector.reporting.overlays.legends import Swatch, scale_bar, swatches
from studio_detector.reporting.overlays.lettering import Words, lettered, width_px
from studio_detector.reporting.overlays.marks import hatched, outline
from studio_detector.reporting.overlays.numbers import shown
from studio_detector.reporting.overlays.overlay import Drawing
from studio_detector.reporting.overlays.palettes import (
    INK,
    ORANGE,
    PAPER,
    SKY_BLUE,
    sequential,
    sequential_rgb,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from studio_detector.planes.masks import Highlights
    from studio_detector.reporting.overlays.numbers import Subject

#: Areas whose score is written beside them: the largest ones; more would hide the picture.
_LABELLED = 6
_LABEL_PX = 15


def draw(subject: Subject) -> Drawing:
    """Draw the highlights of the reduced planes."""
    planes = subject.planes
    reduced = planes.reduced
    size = size_of(planes)
    found = reduced.highlights
    scores = circularities(found) if found.count else np.zeros(0)
    shaped = found.areas_px >= SHAPED_AREA_PX
    # Place 0 is what is no highlight.
    table = np.concatenate([[0.0], np.where(shaped, scores, 0.0)])
    has_shape = np.concatenate([[False], shaped])
    labels = repeated(found.labels, size).astype(np.intp)
    panel = grey_photo(planes, size)
    mask = labels > 0
    with_shape = has_shape[labels]
    panel = blended(panel, sequential_rgb(table[labels], 0, 1), 0.85 * with_shape)
    panel = blended(panel, SKY_BLUE, 0.85 * (mask & ~with_shape))
    clipped = mask_at(reduced.luma >= CLIPPED_LEVEL, size) & mask
    hatched(panel, clipped, ORANGE)
    panel[outline(with_shape, 1)] = PAPER
    panel = lettered(panel, _scores(found, scores, shaped, size))
    values = subject.measured(highlight).values
    kinds = [
        Swatch(words=f"clipped (luma {CLIPPED_LEVEL} and more)", colour=PAPER, hatched=ORANGE),
        Swatch(words="too small for a shape", colour=SKY_BLUE),
    ]
    return Drawing(
        panel=panel,
        legends=(
            scale_bar(
                sequential(),
                [(0, "0"), (0.25, "0.25"), (0.5, "0.5"), (0.75, "0.75"), (1, "1")],
                low_words="highlight: ragged",
                high_words="round (shape score)",
            ),
            swatches(kinds),
        ),
        caption=_caption(found, values),
    )


def _caption(found: Highlights, numbers: Mapping[str, float | None]) -> str:
    if not found.count:
        return "Nothing is bright enough for a highlight in this picture."
    areas = "1 bright area" if found.count == 1 else f"{found.count} bright areas"
    return (
        f"{areas} (luma {found.threshold} and more), coloured by shape from "
        f"ragged (dark) to round (yellow); mean score by area "
        f"{shown(numbers['circularity'], '.2f')}. Orange stripes: clipped, "
        f"{shown(numbers['clipped_ratio'], '.1f', scale=100)} % of the picture."
    )


def _scores(
    found: Highlights,
    scores: npt.NDArray[np.float64],
    shaped: npt.NDArray[np.bool_],
    size: tuple[int, int],
) -> list[Words]:
    """The scores of the largest areas, where they are deepest."""
    largest = np.argsort(-found.areas_px, kind="stable")[:_LABELLED]
    words = []
    for part in largest[shaped[largest]].tolist():
        row, column, depth = _deepest(found, part)
        text = f"{scores[part]:.2f}"
        half = width_px(text, _LABEL_PX) // 2 + 3
        scale = size[1] / found.labels.shape[1]
        x_px = round((column + 0.5) * scale)
        if depth * scale < 2 * half:
            # The number would hide a small area: it stands beside it.
            left, _, columns, _ = found.boxes_px[part].tolist()
            before, after = round(left * scale) - half - 2, round((left + columns) * scale) + half
            x_px = after + 2 if after + half < size[1] else before
        y_px = round((row + 0.5) * size[0] / found.labels.shape[0])
        words.append(
            Words(
                text=text,
                x_px=min(max(x_px, half), size[1] - half),
                y_px=min(max(y_px, _LABEL_PX), size[0] - _LABEL_PX),
                size_px=_LABEL_PX,
                fill=PAPER,
                halo=INK,
                anchor="mm",
            )
        )
    return words


def _deepest(found: Highlights, part: int) -> tuple[int, int, float]:
    """Row, column and depth of the place farthest inside: the middle may lie outside."""
    left, top, columns, rows = found.boxes_px[part].tolist()
    inside = found.labels[top : top + rows, left : left + columns] == part + 1
    framed = cv2.copyMakeBorder(inside.view(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    depth = cv2.distanceTransform(framed, cv2.DIST_L2, 5)[1:-1, 1:-1]
    row, column = divmod(int(np.argmax(depth)), columns)
    return top + row, left + column, float(depth[row, column])
