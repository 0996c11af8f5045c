"""Depth of field: where a picture is sharp, and how sharpness falls off from there.

In a studio the subject is sharp and the backdrop has nothing to be sharp or blurred; in
available light the surroundings are either as sharp as the subject or blurred structure.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from studio_detector.analysis.base import AnalysisSpec, Measurement, MeasureSpec
from studio_detector.analysis.detail._edges import edge_measures
from studio_detector.analysis.detail._places import MINIMUM_SIDE_PX, TOO_SMALL
from studio_detector.analysis.detail._sharpness import (
    energy_cells,
    sharpness_measures,
    structure_measures,
)
from studio_detector.planes.statistics import mean

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes

_PERTUZ = "Pertuz et al. 2013, doi:10.1016/j.patcog.2012.11.011"
_CANNY = "Canny 1986, doi:10.1109/TPAMI.1986.4767851"
_LIU = "Liu, Li and Jia 2008, doi:10.1109/CVPR.2008.4587465"
_DATTA = "Datta et al. 2006, doi:10.1007/11744078_23"
_GINI = "Hurley and Rickard 2009, Comparing measures of sparsity"

#: Highest Laplacian energy under which a picture has nothing to be sharp.
_FLAT_LEVELS2 = 0.01
#: Discs: share of the picture each covers, and how much of its box (pi / 4 for a disc).
_DISC_AREA_RATIO = (2e-4, 2e-2)
_DISC_FILL = (0.6, 0.92)
_DISC_ASPECT = (0.65, 1 / 0.65)
_FLAT = "the picture has no detail that could be sharp"
_FEW_EDGES = "too few edges to measure them"

_RATIO = partial(MeasureSpec, unit="1", low=0, high=1)
_LEVEL_DB = partial(MeasureSpec, unit="dB", low=-4, high=61)
_CONTRAST_DB = partial(MeasureSpec, unit="dB", low=-55, high=55)
_RANGE_DB = partial(MeasureSpec, unit="dB", low=0, high=55)

SPEC = AnalysisSpec(
    name="depth_of_field",
    version=2,
    phase="detail",
    title="Depth of field",
    summary=(
        "Where the picture is sharp, how sharpness falls off from the sharpest place, and "
        "whether the surroundings are sharp, out of focus, or plain."
    ),
    measures=(
        _RANGE_DB(
            name="falloff_db",
            summary=(
                "Sharpness (Laplacian energy) of the sharpest cell over that of the median cell"
            ),
            studio=1,
            source=_PERTUZ,
        ),
        _RANGE_DB(
            name="sharpness_spread_db",
            summary=(
                "Spread of sharpness over the picture, standard deviation of its cells: 0 = evenly"
                " sharp"
            ),
            studio=1,
            source=_PERTUZ,
        ),
        _RATIO(
            name="sharpness_inequality",
            summary=(
                "Concentration of sharpness, Gini index of Laplacian energy over cells: high = "
                "sharp in one place"
            ),
            studio=1,
            source=_GINI,
        ),
        _RATIO(
            name="sharp_cell_ratio",
            summary="Share of the picture's cells within 6 dB of the sharpest one",
            studio=-1,
            source=_PERTUZ,
        ),
        _RATIO(
            name="smooth_cell_ratio",
            summary="Share of the picture's cells more than 20 dB below the sharpest one",
            studio=1,
            source=_PERTUZ,
        ),
        _RATIO(
            name="sharp_row_ratio",
            summary="Height of the centre of sharpness: 0 = upper edge, 1 = lower edge",
            source=_PERTUZ,
        ),
        _CONTRAST_DB(
            name="subject_border_db",
            summary="Sharpness of the centre over that of the border",
            studio=1,
            source=_DATTA,
        ),
        _CONTRAST_DB(
            name="centre_top_db",
            summary="Sharpness of the centre over that of the top",
            studio=1,
            source=_DATTA,
        ),
        _CONTRAST_DB(
            name="centre_bottom_db",
            summary="Sharpness of the centre over that of the bottom",
            studio=1,
            source=_DATTA,
        ),
        _CONTRAST_DB(
            name="centre_softer_side_db",
            summary="Sharpness of the centre over the softer of left and right",
            studio=1,
            source=_DATTA,
        ),
        _CONTRAST_DB(
            name="centre_sharper_side_db",
            summary="Sharpness of the centre over the sharper of left and right",
            studio=1,
            source=_DATTA,
        ),
        _LEVEL_DB(
            name="bottom_sharpness_db",
            summary=(
                "Sharpness (Laplacian energy) along the lower edge: floor, ground, or the subject"
            ),
            studio=-1,
            source=_PERTUZ,
        ),
        _LEVEL_DB(
            name="border_structure_db",
            summary="Power of middle-sized structure at the border, sharp or not",
            studio=-1,
            source=_LIU,
        ),
        _LEVEL_DB(
            name="plainer_sides_structure_db",
            summary=(
                "Power of middle-sized structure at the second plainest side, sharp or not: two "
                "sides at most this busy"
            ),
            studio=-1,
            source=_LIU,
        ),
        _LEVEL_DB(
            name="arch_least_structure_db",
            summary="Power of large structure in the plainest cell beside or above the subject",
            studio=-1,
            source=_LIU,
        ),
        _CONTRAST_DB(
            name="centre_arch_structure_db",
            summary="Structure of the centre over that beside and above the subject",
            studio=1,
            source=_LIU,
        ),
        _CONTRAST_DB(
            name="border_fineness_db",
            summary="Fine over coarse power at the border: low = out of focus",
            source=_LIU,
        ),
        _CONTRAST_DB(
            name="centre_border_fineness_db",
            summary=(
                "Fine over coarse power, the centre's over the border's: high = blurred "
                "surroundings"
            ),
            source=_LIU,
        ),
        _RANGE_DB(
            name="fineness_spread_db",
            summary=(
                "Spread of fine over coarse power over the picture, standard deviation of its "
                "cells: 0 = evenly blurred"
            ),
            studio=-1,
            source=_LIU,
        ),
        _RATIO(
            name="defocused_cell_ratio",
            summary=(
                "Share of the picture's cells with large forms but no detail: blur, or soft shading"
            ),
            studio=1,
            source=_LIU,
        ),
        _RATIO(
            name="defocused_border_ratio",
            summary=(
                "Share of cells at the border with large forms but no detail: blur, or soft shading"
            ),
            studio=1,
            source=_LIU,
        ),
        _RATIO(
            name="plain_border_ratio",
            summary="Share of cells at the border with neither forms nor detail",
            studio=1,
            source=_LIU,
        ),
        MeasureSpec(
            name="edge_contrast_levels",
            summary="Median gradient of the picture's edges: hard edges are high",
            unit="levels per px",
            low=0,
            high=361,
            studio=1,
            source=_CANNY,
        ),
        _RATIO(
            name="edge_density_ratio",
            summary="Share of the picture's pixels that lie on an edge",
            studio=-1,
            source=_CANNY,
        ),
        _RATIO(
            name="border_edge_ratio",
            summary="Share of the picture's edges that lie in the border",
            studio=-1,
            source=_DATTA,
        ),
        MeasureSpec(
            name="gradient_variation",
            summary="Standard deviation over mean of the gradient: high = few, strong edges",
            unit="1",
            low=0,
            high=300,
            studio=1,
            source=_LIU,
        ),
        _RATIO(
            name="disc_area_ratio",
            summary="Share of the picture in small bright discs: blurred lights, catchlights",
            studio=-1,
            source="geometry of the disc: fill pi / 4 of its box, aspect 1",
        ),
    ),
    references=(_PERTUZ, _CANNY, _LIU, _DATTA),
)


def measure(planes: Planes) -> Measurement:
    """Measure where the reduced picture is sharp and what is not; never raises."""
    reduced = planes.reduced
    if reduced.short_side_px < MINIMUM_SIDE_PX:
        return Measurement.of(SPEC, {}, reason=TOO_SMALL)
    energy = energy_cells(reduced.laplacian)
    if float(energy.max()) < _FLAT_LEVELS2:
        return Measurement.of(SPEC, {}, reason=_FLAT)
    values: dict[str, float | None] = {}
    values |= sharpness_measures(energy)
    values |= structure_measures(reduced.luma_float)
    values |= edge_measures(reduced)
    values["gradient_variation"] = _variation(reduced.gradient_magnitude)
    values["disc_area_ratio"] = _disc_area_ratio(reduced)
    return Measurement.of(SPEC, values, reason=_FEW_EDGES)


def _variation(magnitude: npt.NDArray[np.float32]) -> float | None:
    """Standard deviation over mean of the gradient; None without any."""
    average = mean(magnitude)
    if average <= 0:
        return None
    mean_square = float(np.square(magnitude, dtype=np.float64).mean())
    return math.sqrt(max(0.0, mean_square - average**2)) / average


def _disc_area_ratio(reduced: Planes) -> float:
    bright = reduced.highlights
    area = reduced.rows_px * reduced.columns_px
    width, height = bright.boxes_px[:, 2], bright.boxes_px[:, 3]
    share = bright.areas_px / area
    fill = bright.areas_px / (width * height)
    aspect = width / height
    disc = (
        (share >= _DISC_AREA_RATIO[0])
        & (share <= _DISC_AREA_RATIO[1])
        & (fill >= _DISC_FILL[0])
        & (fill <= _DISC_FILL[1])
        & (aspect >= _DISC_ASPECT[0])
        & (aspect <= _DISC_ASPECT[1])
    )
    return float(share[disc].sum())
