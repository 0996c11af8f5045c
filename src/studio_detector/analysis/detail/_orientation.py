"""Directions of edges, over the whole picture and from cell to cell."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from studio_detector.analysis.detail._scale import entropy_bits
from studio_detector.planes.gradients import direction_deg

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes

#: Bins of edge direction over half a turn, centred on the axes.
DIRECTION_BINS = 16
_CELLS = 4
#: Shapes whose cells are kept; photographs come in few of them.
_SHAPES_KEPT = 16


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
    # Every second row tells as much: an edge is longer than that. Columns are all kept, so
    # that the mirrored picture gives the same numbers.
    across, down = planes.gradient_columns[::2], planes.gradient_rows[::2]
    turn = direction_deg(across, down)
    turn *= DIRECTION_BINS / 180
    turn += 0.5
    place = turn.astype(np.uint8) & np.uint8(DIRECTION_BINS - 1)
    place += _cells(*across.shape)
    counts = np.bincount(
        place.ravel(), gradient[::2].ravel(), minlength=_CELLS**2 * DIRECTION_BINS
    ).reshape(_CELLS**2, DIRECTION_BINS)
    total = float(counts.sum())
    if total <= 0:
        return {}
    whole = counts.sum(axis=0) / total
    per_cell = counts.sum(axis=1)
    # Cells without gradient are like nothing: they add no similarity and no weight.
    local = counts / np.maximum(per_cell, 1e-9)[:, None]
    similarity = np.minimum(local, whole).sum(axis=1)
    return {
        "self_similarity": float(min(1.0, (similarity * per_cell).sum() / total)),
        "least_self_similarity": float(min(1.0, similarity.min())),
        "edge_direction_entropy_bits": entropy_bits(whole),
        "upright_edge_ratio": float(whole[0]),
        "lying_edge_ratio": float(whole[DIRECTION_BINS // 2]),
    }


@lru_cache(maxsize=_SHAPES_KEPT)
def _cells(rows: int, columns: int) -> npt.NDArray[np.uint8]:
    """First bin of the cell each pixel lies in: uint8 (rows, columns).

    4x4 cells of 16 directions are exactly the 256 values of a byte.
    """
    row_cell = ((np.arange(rows) + 0.5) * _CELLS / rows).astype(np.uint8)
    column_cell = ((np.arange(columns) + 0.5) * _CELLS / columns).astype(np.uint8)
    cells = (row_cell[:, None] * _CELLS + column_cell[None, :]) * np.uint8(DIRECTION_BINS)
    cells = cells.astype(np.uint8)
    cells.setflags(write=False)
    return cells
