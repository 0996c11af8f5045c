"""Directions of edges, over the whole picture and from cell to cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.detail._scale import entropy_bits

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes

#: Bins of edge direction over half a turn, centred on the axes.
DIRECTION_BINS = 16
_CELLS = 4
#: Gradient from which a pixel belongs to a line, and how much it must outweigh the other.
_LINE_LEVELS_PER_PX = 5.0
_LINE_DOMINANCE = 2.0


def orientation_measures(
    planes: Planes, gradient: npt.NDArray[np.float32]
) -> dict[str, float | None]:
    """Histograms of edge direction, weighed by gradient, in 4x4 cells and over all.

    Args:
        planes: Planes of the reduced picture.
        gradient: float32 (rows, columns), its gradient above noise, levels per px.

    Returns:
        Short measure name -> value; empty for a picture without gradient.
    """
    rows, columns = planes.rows_px, planes.columns_px
    per_degree = np.float32(DIRECTION_BINS / 180)
    turn = (planes.gradient_direction_deg * per_degree + np.float32(0.5)).astype(np.uint8)
    direction = turn % np.uint8(DIRECTION_BINS)
    row_cell = ((np.arange(rows) + 0.5) * _CELLS / rows).astype(np.uint8)
    column_cell = ((np.arange(columns) + 0.5) * _CELLS / columns).astype(np.uint8)
    # 4x4 cells of 16 directions are exactly the 256 values of a byte.
    cell = (row_cell[:, None] * _CELLS + column_cell[None, :]) * np.uint8(DIRECTION_BINS)
    counts = np.bincount(
        (cell + direction).ravel(),
        gradient.ravel(),
        minlength=_CELLS**2 * DIRECTION_BINS,
    ).reshape(_CELLS**2, DIRECTION_BINS)
    total = float(counts.sum())
    if total <= 0:
        return {}
    whole = counts.sum(axis=0) / total
    per_cell = counts.sum(axis=1)
    # Cells without gradient are like nothing: they add no similarity and no weight.
    local = counts / np.maximum(per_cell, 1e-9)[:, None]
    similarity = np.minimum(local, whole).sum(axis=1)
    upright, lying = whole[0], whole[DIRECTION_BINS // 2]
    return {
        "self_similarity": float(min(1.0, (similarity * per_cell).sum() / total)),
        "least_self_similarity": float(min(1.0, similarity.min())),
        "edge_direction_entropy_bits": entropy_bits(whole),
        "upright_edge_ratio": float(upright),
        "lying_edge_ratio": float(lying),
        "longest_row_line_ratio": _longest_line(planes, lying=True),
        "longest_column_line_ratio": _longest_line(planes, lying=False),
    }


def _longest_line(planes: Planes, *, lying: bool) -> float:
    """Largest share of one row (column) covered by lying (upright) edges, 0..1."""
    along = np.abs(planes.gradient_rows if lying else planes.gradient_columns)
    across = np.abs(planes.gradient_columns if lying else planes.gradient_rows)
    line = (along > _LINE_LEVELS_PER_PX) & (along > _LINE_DOMINANCE * across)
    count = cv2.reduce(line.view(np.uint8), 1 if lying else 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S)
    return float(count.max() / (planes.columns_px if lying else planes.rows_px))
