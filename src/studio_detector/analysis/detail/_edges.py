"""Edges: how many there are, how contrasty they are, and how many lie at the border."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studio_detector.analysis.detail._places import border_mask
from studio_detector.analysis.detail._scale import median

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes

    Float32 = npt.NDArray[np.float32]
    Mask = npt.NDArray[np.bool_]

#: Gradient from which a ridge counts as an edge; lower than `Planes.edges` asks for, since
#: the edges of defocused things are faint.
_EDGE_LEVELS_PER_PX = 5.0
#: Pixels on an edge, in every second row, under which their distribution says little.
_FEWEST_EDGES = 25
#: Every second row: edges are longer than a row is high. All columns count, so that the
#: mirrored picture has the mirrored edges. The rim has no neighbours on one side.
_INSIDE = (slice(1, -1, 2), slice(1, -1))


def edge_measures(planes: Planes) -> dict[str, float | None]:
    """Count the edges, and measure their contrast and their place.

    Args:
        planes: Planes of the reduced picture, at least 3x3.

    Returns:
        Short measure name -> value, without what there are too few edges for.
    """
    magnitude = planes.gradient_magnitude
    crest = _crests(magnitude, planes.gradient_columns, planes.gradient_rows)
    count = np.count_nonzero(crest)
    values: dict[str, float | None] = {"edge_density_ratio": 2 * count / magnitude.size}
    if count >= _FEWEST_EDGES:
        at_border = np.count_nonzero(crest & border_mask(*magnitude.shape)[_INSIDE])
        values["edge_contrast_levels"] = median(magnitude[_INSIDE][crest])
        values["border_edge_ratio"] = at_border / count
    return values


def _crests(magnitude: Float32, along_columns: Float32, along_rows: Float32) -> Mask:
    """Where the gradient is largest across the edge: bool, in the places of `_INSIDE`."""
    here, rows = magnitude[_INSIDE], magnitude[1:-1:2]
    lying = _is_crest(here, rows[:, :-2], rows[:, 2:])
    upright = _is_crest(here, magnitude[:-2:2, 1:-1], magnitude[2::2, 1:-1])
    to_the_side = np.abs(along_columns[_INSIDE]) >= np.abs(along_rows[_INSIDE])
    # Where the gradient points to the side its neighbours there count, else those above.
    crest: Mask = upright ^ ((upright ^ lying) & to_the_side)
    crest &= here > _EDGE_LEVELS_PER_PX
    return crest


def _is_crest(here: Float32, before: Float32, after: Float32) -> Mask:
    """Whether neither neighbour is higher and one is lower.

    One side must be lower: an even ramp is not an edge. Either may tie, so that the mirrored
    picture has the mirrored crests.
    """
    crest: Mask = here >= np.maximum(before, after)
    crest &= here > np.minimum(before, after)
    return crest
