"""Depth of field: where a picture is sharp, and how sharpness falls off from there.

In a studio the subject is sharp and the backdrop has nothing to be sharp or blurred; in
available light the surroundings are either as sharp as the subject or blurred structure.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.base import AnalysisSpec, Measurement, MeasureSpec
from studio_detector.analysis.detail._edges import REBLUR_PX, edges
from studio_detector.analysis.detail._scale import (
    GRID,
    MINIMUM_SIDE_PX,
    TOO_SMALL,
    arch_cells,
    border_cells,
    border_mask,
    centre_cells,
    decibel,
    inequality,
    percentiles,
)
from studio_detector.planes.planes import grid_mean

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes

    Floats = npt.NDArray[np.float64]

_PERTUZ = "Pertuz et al. 2013, doi:10.1016/j.patcog.2012.11.011"
_ZHUO = "Zhuo and Sim 2011, doi:10.1016/j.patcog.2011.03.009"
_LIU = "Liu, Li and Jia 2008, doi:10.1109/CVPR.2008.4587465"
_DATTA = "Datta et al. 2006, doi:10.1007/11744078_23"
_GINI = "Hurley and Rickard 2009, doi:10.1109/TIT.2009.2027527"

#: Laplacian energy of noise of half a level, which JPEG coding takes away or puts in: less
#: than this is nothing.
_SHARPNESS_FLOOR = 8.0
#: The same for the power of a band between two blurs.
_BAND_FLOOR = 0.5
#: Highest Laplacian energy under which a picture has nothing to be sharp.
_FLAT_LEVELS2 = 0.01
#: A cell this far below the sharpest one is smooth; above the other, sharp too.
_SMOOTH_DB = 20.0
_SHARP_DB = 6.0
#: Coarse power from which a cell holds structure, and fine power under which it is soft.
_STRUCTURED_DB = 6.0
_SOFT_DB = 0.0
#: Coarse power under which a cell is plain.
_PLAIN_DB = 3.0
#: Discs: share of the picture each covers, and how much of its box (pi / 4 for a disc).
_DISC_AREA_RATIO = (2e-4, 2e-2)
_DISC_FILL = (0.6, 0.92)
_DISC_ASPECT = (0.65, 1 / 0.65)
#: Edges under which a distribution of widths says little.
_FEWEST_EDGES = 50
_FEWEST_EDGES_PART = 20
_FLAT = "the picture has no detail that could be sharp"
_FEW_EDGES = "too few edges to measure their widths"

_RATIO = partial(MeasureSpec, unit="1", low=0, high=1)
_LEVEL_DB = partial(MeasureSpec, unit="dB", low=-4, high=61)
_CONTRAST_DB = partial(MeasureSpec, unit="dB", low=-55, high=55)
_RANGE_DB = partial(MeasureSpec, unit="dB", low=0, high=55)

SPEC = AnalysisSpec(
    name="depth_of_field",
    version=1,
    phase="detail",
    title="Depth of field",
    summary=(
        "Where the picture is sharp, how sharpness falls off from the sharpest place, and "
        "whether the surroundings are sharp, out of focus, or plain."
    ),
    measures=(
        _RANGE_DB(
            name="falloff_db",
            summary="Laplacian energy of the sharpest cell over the median cell",
            studio=1,
            source=_PERTUZ,
        ),
        _RANGE_DB(
            name="falloff_quartile_db",
            summary="The same over the cell at the lower quartile",
            studio=1,
            source=_PERTUZ,
        ),
        _RANGE_DB(
            name="sharpness_spread_db",
            summary="Standard deviation of the sharpness of the cells; 0: evenly sharp",
            studio=1,
            source=_PERTUZ,
        ),
        _RATIO(
            name="sharpness_inequality",
            summary="Gini index of Laplacian energy over cells; high: sharp in one place",
            studio=1,
            source=_GINI,
        ),
        _RATIO(
            name="sharp_cell_ratio",
            summary="Share of cells within 6 dB of the sharpest one",
            studio=-1,
            source=_PERTUZ,
        ),
        _RATIO(
            name="smooth_cell_ratio",
            summary="Share of cells more than 20 dB below the sharpest one",
            studio=1,
            source=_PERTUZ,
        ),
        MeasureSpec(
            name="falloff_slope_db",
            summary="Change of sharpness with distance from the sharpest cell",
            unit="dB per cell",
            low=-55,
            high=55,
            studio=-1,
            source=_PERTUZ,
        ),
        _RATIO(
            name="sharp_row_ratio",
            summary="Height of the centre of sharpness; 0 the upper, 1 the lower edge",
            source=_PERTUZ,
        ),
        _RATIO(
            name="sharp_extent_ratio",
            summary="Root mean square distance of sharpness from its centre, in sides",
            studio=-1,
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
        _CONTRAST_DB(
            name="top_bottom_db",
            summary="Sharpness of the upper quarter over the lower: sky over ground is low",
            source=_DATTA,
        ),
        _LEVEL_DB(
            name="bottom_sharpness_db",
            summary="Laplacian energy along the lower edge: floor, ground, or the subject",
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
            summary="The same for the second plainest side: two sides at most this busy",
            studio=-1,
            source=_LIU,
        ),
        _LEVEL_DB(
            name="arch_least_structure_db",
            summary="Large structure in the plainest cell beside or above the subject",
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
            summary="Fine over coarse power at the border; low: out of focus",
            source=_LIU,
        ),
        _CONTRAST_DB(
            name="centre_border_fineness_db",
            summary="Fineness of the centre over the border; high: blurred surroundings",
            source=_LIU,
        ),
        _RANGE_DB(
            name="fineness_spread_db",
            summary="Standard deviation of fineness over cells; 0: evenly blurred",
            studio=-1,
            source=_LIU,
        ),
        _RATIO(
            name="defocused_cell_ratio",
            summary="Share of cells with large forms but no detail: blur, or soft shading",
            studio=1,
            source=_LIU,
        ),
        _RATIO(
            name="defocused_border_ratio",
            summary="The same among the cells at the border",
            studio=1,
            source=_LIU,
        ),
        _RATIO(
            name="plain_border_ratio",
            summary="Share of border cells with neither forms nor detail",
            studio=1,
            source=_LIU,
        ),
        MeasureSpec(
            name="edge_width_px",
            summary="Median blur of the edges (standard deviation), at a long side of 256 px",
            unit="px",
            low=0,
            high=5.1,
            studio=1,
            source=_ZHUO,
        ),
        MeasureSpec(
            name="edge_width_spread",
            summary="Log ratio of the quartiles of edge width; high: sharp and blurred edges",
            unit="1",
            low=0,
            high=20,
            studio=-1,
            source=_ZHUO,
        ),
        MeasureSpec(
            name="border_edge_width_px",
            summary="Median blur of the edges at the border",
            unit="px",
            low=0,
            high=5.1,
            studio=1,
            source=_ZHUO,
        ),
        MeasureSpec(
            name="edge_width_contrast",
            summary="Log ratio of edge width at the border to the rest",
            unit="1",
            low=-20,
            high=20,
            studio=1,
            source=_ZHUO,
        ),
        MeasureSpec(
            name="edge_contrast_levels",
            summary="Median gradient of the edges",
            unit="levels per px",
            low=0,
            high=361,
            studio=1,
            source=_ZHUO,
        ),
        _RATIO(
            name="edge_density_ratio",
            summary="Share of pixels on an edge",
            studio=-1,
            source=_ZHUO,
        ),
        _RATIO(
            name="border_edge_ratio",
            summary="Share of the edges that lie in the border",
            studio=-1,
            source=_DATTA,
        ),
        MeasureSpec(
            name="gradient_variation",
            summary="Standard deviation over mean of the gradient; high: few, strong edges",
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
    references=(_PERTUZ, _ZHUO, _LIU, _DATTA),
)


def measure(planes: Planes) -> Measurement:
    """Measure where the reduced picture is sharp and what is not; never raises."""
    reduced = planes.reduced
    if reduced.short_side_px < MINIMUM_SIDE_PX:
        return Measurement.of(SPEC, {}, reason=TOO_SMALL)
    energy = grid_mean(np.square(reduced.laplacian))
    if float(energy.max()) < _FLAT_LEVELS2:
        return Measurement.of(SPEC, {}, reason=_FLAT)
    values: dict[str, float | None] = {}
    values |= _sharpness(energy)
    blurred = cv2.GaussianBlur(
        reduced.luma_float, (0, 0), REBLUR_PX, borderType=cv2.BORDER_REFLECT
    ).astype(np.float32, copy=False)
    values |= _structure(reduced.luma_float, blurred)
    values |= _edge_widths(reduced, blurred)
    values["disc_area_ratio"] = _disc_area_ratio(reduced)
    return Measurement.of(SPEC, values, reason=_FEW_EDGES)


def _sharpness(energy: Floats) -> dict[str, float | None]:
    in_db = decibel(energy, _SHARPNESS_FLOOR)
    below = in_db.max() - in_db
    row, column = np.unravel_index(int(energy.argmax()), energy.shape)
    rows, columns = np.mgrid[:GRID, :GRID]
    distance = np.hypot(rows - row, columns - column)
    distance -= distance.mean()
    ordered = np.sort(below, axis=None)
    weight = energy / energy.sum()
    middle_row, middle_column = float((weight * rows).sum()), float((weight * columns).sum())
    scatter = weight * ((rows - middle_row) ** 2 + (columns - middle_column) ** 2)
    centre = float(in_db[centre_cells()].mean())
    left, right = float(in_db[:, 0].mean()), float(in_db[:, -1].mean())
    return {
        "falloff_db": float(ordered[31:33].mean()),
        "falloff_quartile_db": float(ordered[47:49].mean()),
        "sharpness_spread_db": float(in_db.std()),
        "sharpness_inequality": inequality(energy),
        "sharp_cell_ratio": float((below <= _SHARP_DB).mean()),
        "smooth_cell_ratio": float((below > _SMOOTH_DB).mean()),
        "falloff_slope_db": float((distance * in_db).sum() / np.square(distance).sum()),
        "sharp_row_ratio": (middle_row + 0.5) / GRID,
        "sharp_extent_ratio": float(np.sqrt(scatter.sum())) / GRID,
        "subject_border_db": centre - float(in_db[border_cells()].mean()),
        "centre_top_db": centre - float(in_db[0].mean()),
        "centre_bottom_db": centre - float(in_db[-1].mean()),
        "centre_softer_side_db": centre - min(left, right),
        "centre_sharper_side_db": centre - max(left, right),
        "top_bottom_db": float(in_db[:2].mean() - in_db[-2:].mean()),
        "bottom_sharpness_db": float(in_db[-1].mean()),
    }


def _structure(
    luma: npt.NDArray[np.float32], blurred: npt.NDArray[np.float32]
) -> dict[str, float | None]:
    """Compare the power of fine, middle and coarse structure cell by cell."""
    # Boxes after the first Gaussian are round enough and cost the same at any width; the
    # standard deviations of the three blurs are 1, 2.2 and 4.3 px.
    softer = cv2.blur(blurred, (7, 7), borderType=cv2.BORDER_REFLECT)
    softest = cv2.blur(softer, (13, 13), borderType=cv2.BORDER_REFLECT)
    surroundings = cv2.blur(softest, (33, 33), borderType=cv2.BORDER_REFLECT)
    fine, middle, coarse = (
        decibel(grid_mean(cv2.multiply(band, band)), _BAND_FLOOR)
        for band in (luma - blurred, blurred - softer, softest - surroundings)
    )
    border, centre, arch = border_cells(), centre_cells(), arch_cells()
    fineness = fine - middle
    defocused = (coarse > _STRUCTURED_DB) & (fine < _SOFT_DB)
    plain = (coarse < _PLAIN_DB) & (fine < _SOFT_DB)
    sides = np.sort([part.mean() for part in (middle[0], middle[-1], middle[:, 0], middle[:, -1])])
    return {
        "border_structure_db": float(middle[border].mean()),
        "plainer_sides_structure_db": float(sides[1]),
        "arch_least_structure_db": float(coarse[arch].min()),
        "centre_arch_structure_db": float(middle[centre].mean() - middle[arch].mean()),
        "border_fineness_db": float(fineness[border].mean()),
        "centre_border_fineness_db": float(fineness[centre].mean() - fineness[border].mean()),
        "fineness_spread_db": float(fineness.std()),
        "defocused_cell_ratio": float(defocused.mean()),
        "defocused_border_ratio": float(defocused[border].mean()),
        "plain_border_ratio": float(plain[border].mean()),
    }


def _edge_widths(reduced: Planes, blurred: npt.NDArray[np.float32]) -> dict[str, float | None]:
    found = edges(reduced, blurred)
    count = len(found.width_px)
    magnitude = reduced.gradient_magnitude
    (mean,), (deviation,) = (statistic.ravel() for statistic in cv2.meanStdDev(magnitude))
    values: dict[str, float | None] = {
        "edge_density_ratio": count / magnitude.size,
        "gradient_variation": float(deviation / mean) if mean > 0 else None,
    }
    if count < _FEWEST_EDGES:
        return values
    lower, median, upper = percentiles(found.width_px, 25, 50, 75)
    at_border = border_mask(*magnitude.shape).ravel()[found.place]
    values |= {
        "edge_width_px": median,
        "edge_width_spread": math.log(upper / lower),
        "edge_contrast_levels": percentiles(found.contrast, 50)[0],
        "border_edge_ratio": float(at_border.mean()),
    }
    if at_border.sum() >= _FEWEST_EDGES_PART:
        outer = percentiles(found.width_px[at_border], 50)[0]
        values["border_edge_width_px"] = outer
        if (~at_border).sum() >= _FEWEST_EDGES_PART:
            inner = percentiles(found.width_px[~at_border], 50)[0]
            values["edge_width_contrast"] = math.log(outer / inner)
    return values


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
