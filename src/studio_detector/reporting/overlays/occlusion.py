"""Where on the picture the log-odds come from: each place blurred, and the verdict again.

The method is occlusion (Zeiler and Fergus 2014). It answers one question for each cell of a
grid: by how much would the logit change if there were no detail here? It is no division of
the evidence: measures look at the whole picture, cells act together, and the changes do not
add up to the logit. A blurred cell is itself a smooth surface, so that busy places tend to
look natural and smooth ones neutral.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.planes import Planes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy.typing as npt

    from studio_detector.analysis.base import Analysis
    from studio_detector.decision.model import Head

    Uint8 = npt.NDArray[np.uint8]
    Float32 = npt.NDArray[np.float32]
    Logit = Callable[[Planes], float]

#: Cells along the long side; the whole picture is judged once more for each cell.
CELLS = 6
#: Standard deviation of the blur and width of a cell's soft edge, in cells.
_BLUR_RATIO = 0.5
_FEATHER_RATIO = 0.15


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Occlusion:
    """How the logit of P(studio) depends on each place.

    Attributes:
        logit: Logit of the picture as it is.
        change: float64 (rows, columns) of the grid: ``logit`` less that without the cell's
            detail; above 0 the place speaks for studio.
    """

    logit: float
    change: npt.NDArray[np.float64]


def occlusion(planes: Planes, logit: Logit) -> Occlusion:
    """Judge the picture with each cell of a grid blurred away.

    Args:
        planes: The picture's planes.
        logit: Judges planes: logit of P(studio), before calibration.
    """
    whole = logit(planes)
    rows, columns = _grid(planes.rows_px, planes.columns_px)
    pitch_px = max(planes.rows_px, planes.columns_px) / CELLS
    blurred = cv2.GaussianBlur(
        planes.rgb, (0, 0), max(0.5, _BLUR_RATIO * pitch_px), borderType=cv2.BORDER_REFLECT
    )
    change = np.empty((rows, columns))
    for row, column in np.ndindex(rows, columns):
        weight = _window(planes.rows_px, row, rows)[:, None] * _window(
            planes.columns_px, column, columns
        )
        change[row, column] = whole - logit(Planes(_mixed(planes.rgb, blurred, weight)))
    return Occlusion(logit=whole, change=change)


def head_logit(head: Head, analyses: Iterable[Analysis]) -> Logit:
    """The logit of one head of a model, measuring only what the head reads.

    Args:
        head: ``model.lighting`` or ``model.full``: the one that gave the verdict.
        analyses: The analyses to choose from, a `Registry` for instance.
    """
    read = {shape.measure.partition(".")[0] for shape in head.shapes}
    chosen = [analysis for analysis in analyses if analysis.SPEC.name in read]

    def logit(planes: Planes) -> float:
        measurements = {analysis.SPEC.name: analysis.measure(planes) for analysis in chosen}
        return head.evaluate(measurements).logit

    return logit


def _grid(rows_px: int, columns_px: int) -> tuple[int, int]:
    """Cells down and across, as square as they come, and none narrower than a pixel."""
    pitch = max(rows_px, columns_px) / CELLS
    return (
        min(rows_px, max(1, round(rows_px / pitch))),
        min(columns_px, max(1, round(columns_px / pitch))),
    )


def _window(length_px: int, cell: int, cells: int) -> Float32:
    """1 inside a cell, 0 outside, with a ramp between, since a hard edge would be detail."""
    pitch = length_px / cells
    place = np.arange(length_px) + 0.5
    ramp = max(1.0, _FEATHER_RATIO * pitch)
    # The picture's own edge is no edge of the cell.
    after = place - cell * pitch if cell > 0 else np.full(length_px, ramp)
    before = (cell + 1) * pitch - place if cell < cells - 1 else np.full(length_px, ramp)
    inside = np.minimum(after, before)
    return np.asarray(np.clip(inside / ramp + 0.5, 0, 1), dtype=np.float32)


def _mixed(rgb: Uint8, blurred: npt.NDArray[np.generic], weight: Float32) -> Uint8:
    share = weight[:, :, None]
    return np.rint(rgb * (1 - share) + blurred.astype(np.float32) * share).astype(np.uint8)
