"""Composition: where the subject stands, how much empty space it has, what surrounds it.

A packshot or a portrait on a sweep isolates one subject near the middle, leaves quiet
margins and repeats few colours along its border; a found scene fills the frame.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.base import AnalysisSpec, Measurement, MeasureSpec
from studio_detector.analysis.detail import _saliency
from studio_detector.analysis.detail._border_colours import BorderColours, colour_measures
from studio_detector.analysis.detail._orientation import orientation_measures
from studio_detector.analysis.detail._outline import outline_measures
from studio_detector.analysis.detail._places import MINIMUM_SIDE_PX, TOO_SMALL, halved

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes

    Float32 = npt.NDArray[np.float32]

_KE = "Ke, Tang and Jing 2006, doi:10.1109/CVPR.2006.303"
_DATTA = "Datta et al. 2006, doi:10.1007/11744078_23"
_SWAIN = "Swain and Ballard 1991, doi:10.1007/BF00130487"
_WEI = "Wei et al. 2012, Geodesic saliency using background priors"
_OTSU = "Otsu 1979, doi:10.1109/TSMC.1979.4310076"
_REDIES = "Redies et al. 2012, doi:10.1007/978-3-642-33863-2_54"
_ENTROPY = "Redies, Brachmann and Wagemans 2017, doi:10.1016/j.visres.2017.02.004"

#: Long side at which colours are looked at: half the reduced one.
_COLOUR_SIDE_PX = 128
#: Mean gradient under which there is nothing to compose, in levels per px.
_FLAT_LEVELS_PER_PX = 0.01
_FLAT = "the picture is one flat tone"
_NO_SUBJECT = "nothing stands out from the colours of the border"

_RATIO = partial(MeasureSpec, unit="1", low=0, high=1)
_HALF = partial(MeasureSpec, unit="1", low=0, high=0.5)
_CORRELATION = partial(MeasureSpec, unit="1", low=-1, high=1)
_COLOUR_BITS = partial(MeasureSpec, unit="bits", low=0, high=12.3)
_DELTA_E = partial(MeasureSpec, unit="delta E", low=0, high=300)
_OVER_EVEN = partial(MeasureSpec, unit="times an even spread", low=0)
_ACTIVITY = partial(MeasureSpec, unit="log10 levels per px", low=-1, high=2.6)

SPEC = AnalysisSpec(
    name="composition",
    version=2,
    phase="detail",
    title="Composition",
    summary=(
        "Where the picture's detail and its subject lie, how much space is empty, and how "
        "the border's colours compare with the centre's."
    ),
    measures=(
        _RATIO(
            name="centroid_row_ratio",
            summary=(
                "Height of the centre of what catches the eye (saliency): 0 = upper edge, 1 = "
                "lower edge"
            ),
            studio=1,
            source=_KE,
        ),
        MeasureSpec(
            name="centroid_column_ratio",
            summary=(
                "Sideways place of the centre of what catches the eye (saliency): -0.5 = left "
                "edge, 0.5 = right edge"
            ),
            unit="1",
            low=-0.5,
            high=0.5,
            mirror="negated",
            source=_KE,
        ),
        MeasureSpec(
            name="centroid_offset_ratio",
            summary=(
                "Distance of the centre of what catches the eye (saliency) from the middle, in "
                "sides"
            ),
            unit="1",
            low=0,
            high=0.71,
            source=_KE,
        ),
        _HALF(
            name="row_spread_ratio",
            summary="Spread of what catches the eye (saliency) over the height, standard deviation",
            studio=-1,
            source=_KE,
        ),
        _HALF(
            name="column_spread_ratio",
            summary=(
                "Spread of what catches the eye (saliency) over the width, standard deviation: low"
                " = a narrow subject"
            ),
            studio=-1,
            source=_KE,
        ),
        MeasureSpec(
            name="upright_spread",
            summary=(
                "Spread of what catches the eye over the height against the width, log ratio: high"
                " = stands upright"
            ),
            unit="1",
            low=-6.3,
            high=6.3,
            studio=1,
            source=_KE,
        ),
        _OVER_EVEN(
            name="thirds_concentration",
            summary=(
                "How much of what catches the eye (saliency) lies within a tenth of a side of the "
                "four thirds points"
            ),
            high=32,
            studio=1,
            source=_DATTA,
        ),
        _OVER_EVEN(
            name="centre_concentration",
            summary=(
                "How much of what catches the eye (saliency) lies within a quarter of a side of "
                "the middle"
            ),
            high=6,
            studio=1,
            source=_DATTA,
        ),
        _OVER_EVEN(
            name="border_concentration",
            summary=(
                "How much of what catches the eye (saliency) lies in the outer tenth of the picture"
            ),
            high=3,
            studio=-1,
            source=_KE,
        ),
        MeasureSpec(
            name="saliency_entropy_bits",
            summary=(
                "Evenness of what catches the eye (saliency), entropy over 32x32 places: 10 = "
                "everywhere alike"
            ),
            unit="bits",
            low=0,
            high=10,
            studio=-1,
            source=_KE,
        ),
        _RATIO(
            name="negative_space_ratio",
            summary="Empty space, share of cells with under 15 % of the strongest gradient",
            studio=1,
            source=_KE,
        ),
        _RATIO(
            name="plain_space_ratio",
            summary="Plain space, share of cells with hardly any gradient",
            studio=1,
            source=_KE,
        ),
        _RATIO(
            name="empty_row_ratio",
            summary="Share of rows where hardly anything catches the eye (saliency)",
            studio=1,
            source=_KE,
        ),
        _RATIO(
            name="empty_column_ratio",
            summary="Share of columns where hardly anything catches the eye (saliency)",
            studio=1,
            source=_KE,
        ),
        _RATIO(
            name="top_margin_ratio",
            summary="Empty margin above everything, in sides",
            studio=1,
            source=_KE,
        ),
        _RATIO(
            name="narrower_side_margin_ratio",
            summary="Narrower of the empty margins left and right",
            studio=1,
            source=_KE,
        ),
        _RATIO(
            name="wider_side_margin_ratio",
            summary="Wider of the empty margins left and right",
            studio=1,
            source=_KE,
        ),
        _RATIO(
            name="detail_box_ratio",
            summary="Share of the picture inside its empty margins: low = detail in a small box",
            studio=-1,
            source=_KE,
        ),
        _CORRELATION(
            name="left_right_symmetry",
            summary="Correlation of lightness with its mirror image",
            studio=1,
            source=_DATTA,
        ),
        _CORRELATION(
            name="saliency_symmetry",
            summary="Correlation of what catches the eye (saliency) with its mirror image",
            studio=1,
            source=_DATTA,
        ),
        _CORRELATION(
            name="top_bottom_symmetry",
            summary="Correlation of lightness with its upside-down image: low = sky, ground",
            studio=1,
            source=_DATTA,
        ),
        _RATIO(
            name="row_layer_ratio",
            summary=(
                "Share of the variance of lightness explained by height: layers such as sky and "
                "ground"
            ),
            studio=-1,
            source=_DATTA,
        ),
        _RATIO(
            name="column_layer_ratio",
            summary=(
                "Share of the variance of lightness explained by the column: an upright subject"
            ),
            studio=1,
            source=_DATTA,
        ),
        _RATIO(
            name="border_main_colour_ratio",
            summary="Share of the border in its four commonest colours",
            studio=1,
            source=_SWAIN,
        ),
        _COLOUR_BITS(
            name="border_colour_entropy_bits",
            summary="Variety of colours in the border, entropy",
            studio=-1,
            source=_SWAIN,
        ),
        _COLOUR_BITS(
            name="arch_colour_entropy_bits",
            summary="Variety of colours along the top and the upper half of both sides, entropy",
            studio=-1,
            source=_SWAIN,
        ),
        _RATIO(
            name="centre_border_overlap",
            summary="Likeness of the colours of centre and border, histogram intersection",
            studio=-1,
            source=_SWAIN,
        ),
        _DELTA_E(
            name="side_difference_delta_e",
            summary="Colour distance between the left and the right side, of their mean colours",
            studio=-1,
            source=_WEI,
        ),
        _DELTA_E(
            name="top_bottom_difference_delta_e",
            summary="Colour distance between top and bottom, of their mean colours",
            studio=-1,
            source=_WEI,
        ),
        MeasureSpec(
            name="subject_gap_delta_e",
            summary="Colour distance from the border, the subject's less that of its surroundings",
            unit="delta E",
            low=0,
            high=128,
            studio=1,
            source=_WEI,
        ),
        _RATIO(
            name="subject_separability",
            summary=(
                "How well colour tells subject from surroundings, Otsu separability: 1 = clean cut"
            ),
            studio=1,
            source=_OTSU,
        ),
        _RATIO(
            name="subject_area_ratio",
            summary="Subject's share of the picture, what differs from the border's colours",
            studio=-1,
            source=_WEI,
        ),
        _RATIO(
            name="subject_centre_ratio",
            summary="Subject's share of the centre, what differs from the border's colours",
            studio=1,
            source=_WEI,
        ),
        _RATIO(
            name="subject_border_ratio",
            summary="Subject's share of the border: 0 = isolated",
            studio=-1,
            source=_WEI,
        ),
        _ACTIVITY(
            name="surroundings_activity",
            summary="Gradient away from the subject, as a logarithm: busy surroundings are high",
            studio=-1,
            source=_WEI,
        ),
        MeasureSpec(
            name="subject_surroundings_activity",
            summary="Gradient inside the subject over that away from it, as a logarithm",
            unit="log10 ratio",
            low=-3.6,
            high=3.6,
            studio=1,
            source=_WEI,
        ),
        _RATIO(
            name="self_similarity",
            summary="Likeness of edge directions from place to place, weighed by detail",
            studio=-1,
            source=_REDIES,
        ),
        _RATIO(
            name="least_self_similarity",
            summary=(
                "Likeness of edge directions between the whole and the place least like it: 0 = an"
                " empty place"
            ),
            studio=-1,
            source=_REDIES,
        ),
        MeasureSpec(
            name="edge_direction_entropy_bits",
            summary="Variety of edge directions, entropy: 4 = all alike",
            unit="bits",
            low=0,
            high=4,
            studio=-1,
            source=_ENTROPY,
        ),
        _RATIO(
            name="upright_edge_ratio",
            summary="Share of the gradient that lies on upright edges",
            studio=1,
            source=_REDIES,
        ),
        _RATIO(
            name="lying_edge_ratio",
            summary="Share of the gradient that lies on lying edges: horizons, shelves, steps",
            studio=-1,
            source=_REDIES,
        ),
    ),
    references=(_KE, _DATTA, _SWAIN, _WEI, _REDIES, _ENTROPY),
)


def measure(planes: Planes) -> Measurement:
    """Measure the composition of the reduced picture; never raises.

    Places are counted in sides of the picture, so that its aspect does not enter by itself.
    """
    reduced = planes.reduced
    if reduced.short_side_px < MINIMUM_SIDE_PX:
        return Measurement.of(SPEC, {}, reason=TOO_SMALL)
    structure = _saliency.structure(reduced)
    gradient = halved(structure)
    cells = _saliency.mapped(gradient)
    if float(cells.mean()) < _FLAT_LEVELS_PER_PX:
        return Measurement.of(SPEC, {}, reason=_FLAT)
    saliency = _saliency.smoothed(cells)
    small = reduced.at(_COLOUR_SIDE_PX)
    colours = BorderColours.of(small)
    values: dict[str, float | None] = {}
    values |= _saliency.placement_measures(saliency)
    values |= _saliency.space_measures(saliency, cells)
    values |= _saliency.symmetry_measures(saliency, _saliency.mapped(small.lightness))
    values |= colour_measures(colours)
    values |= outline_measures(colours.distance(), _sized(structure, gradient, small))
    values |= orientation_measures(reduced, structure)
    return Measurement.of(SPEC, values, reason=_NO_SUBJECT)


def _sized(structure: Float32, half: Float32, small: Planes) -> Float32:
    """The gradient at the size of the smaller planes: float32 (rows, columns)."""
    rows, columns = small.rows_px, small.columns_px
    if max(structure.shape) == 2 * _COLOUR_SIDE_PX:
        # Of an odd side the half is rounded up, that of the planes to the nearest even.
        return half[:rows, :columns]
    resized = cv2.resize(structure, (columns, rows), interpolation=cv2.INTER_AREA)
    return resized.astype(np.float32, copy=False)
