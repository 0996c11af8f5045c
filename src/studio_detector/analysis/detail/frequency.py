"""Frequency: how a picture's power is spread over scales, directions and places.

A sharp subject before a plain backdrop puts its power into few places and leaves whole
blocks of the border without any; a street or a wood fills every block at every scale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.analysis.base import AnalysisSpec, Measurement, MeasureSpec
from studio_detector.analysis.detail._blocks import BLOCK_PX, block_measures
from studio_detector.analysis.detail._rings import FLAT_LEVELS2, ring_measures

if TYPE_CHECKING:
    from studio_detector.planes import Planes

_FIELD = "Field 1987, doi:10.1364/JOSAA.4.002379"
_SCHAAF = "van der Schaaf and van Hateren 1996, doi:10.1016/0042-6989(96)00002-8"
_TORRALBA = "Torralba and Oliva 2003, doi:10.1088/0954-898X/14/3/302"
_GINI = "Hurley and Rickard 2009, Comparing measures of sparsity"

_MINIMUM_LONG_SIDE_PX = 64
_FLAT = "the picture is one flat tone"
_SMALL = f"the long side is under {_MINIMUM_LONG_SIDE_PX} px or the short one under 8 px"
_NO_FINE = "the long side is under 204 px, so the finest band is not in the picture"
_FEW_BLOCKS = f"fewer than 3x3 blocks of {BLOCK_PX} px at a long side of 256 px"

_BLOCK_SOURCE = f"block spectra after {_TORRALBA}"

SPEC = AnalysisSpec(
    name="frequency",
    version=2,
    phase="detail",
    title="Frequency",
    summary=(
        "How the power of the luma is spread over scales, directions and places: windowed "
        "Fourier transform of the whole picture and of blocks of it."
    ),
    measures=(
        MeasureSpec(
            name="coarse_share_db",
            summary=(
                "Power in large forms, below 8 cycles per long side, as a share of all: high = "
                "hardly anything else"
            ),
            unit="dB",
            low=-120,
            high=0,
            studio=1,
            source=_FIELD,
        ),
        MeasureSpec(
            name="middle_share_db",
            summary="Power in middle-sized forms, 8 to 32 cycles per long side, as a share of all",
            unit="dB",
            low=-120,
            high=0,
            studio=-1,
            source=_FIELD,
        ),
        MeasureSpec(
            name="fine_share_db",
            summary=(
                "Power in fine detail, 32 to 102 cycles per long side, as a share of all: high = "
                "much detail"
            ),
            unit="dB",
            low=-120,
            high=0,
            studio=-1,
            source=_FIELD,
        ),
        MeasureSpec(
            name="slope",
            summary=(
                "How power falls from large forms to fine detail, as an exponent: -2 is typical, "
                "lower is smoother"
            ),
            unit="1",
            low=-20,
            high=20,
            studio=-1,
            source=_SCHAAF,
        ),
        MeasureSpec(
            name="slope_residual_db",
            summary="How far power over frequency strays from a power law, root mean square",
            unit="dB",
            low=0,
            high=80,
            source=_SCHAAF,
        ),
        MeasureSpec(
            name="slope_curvature_db",
            summary="Bend of the power over frequency: negative = the finest detail is missing",
            unit="dB per octave squared",
            low=-100,
            high=100,
            source=_SCHAAF,
        ),
        MeasureSpec(
            name="centroid_octaves",
            summary=(
                "Fineness of the structure, centre of gravity of the power on the octave axis from"
                " 4 cycles up"
            ),
            unit="octaves",
            low=0,
            high=5,
            studio=-1,
            source=_FIELD,
        ),
        MeasureSpec(
            name="bandwidth_octaves",
            summary=(
                "Range of fineness of the structure, standard deviation of the power on the octave"
                " axis"
            ),
            unit="octaves",
            low=0,
            high=3,
            studio=-1,
            source=_FIELD,
        ),
        MeasureSpec(
            name="anisotropy",
            summary=(
                "Preference of the structure for one direction, second harmonic: 0 = none, 1 = one"
                " direction"
            ),
            unit="1",
            low=0,
            high=1,
            studio=1,
            source=_TORRALBA,
        ),
        MeasureSpec(
            name="fourfold_anisotropy",
            summary=(
                "Preference of the structure for two directions at right angles, fourth harmonic"
            ),
            unit="1",
            low=0,
            high=1,
            studio=1,
            source=_TORRALBA,
        ),
        MeasureSpec(
            name="upright_balance",
            summary="Upright against lying structure: 1 = all upright edges, -1 = all lying ones",
            unit="1",
            low=-1,
            high=1,
            studio=1,
            source=_TORRALBA,
        ),
        MeasureSpec(
            name="form_upright_balance",
            summary=(
                "Upright against lying structure in the largest forms, 4 to 16 cycles: a figure "
                "against a horizon"
            ),
            unit="1",
            low=-1,
            high=1,
            studio=1,
            source=_TORRALBA,
        ),
        MeasureSpec(
            name="cardinal_balance",
            summary="Upright and lying against diagonal structure: high = architecture, shelves",
            unit="1",
            low=-1,
            high=1,
            studio=1,
            source=_TORRALBA,
        ),
        MeasureSpec(
            name="flat_block_ratio",
            summary="Share of blocks with hardly any structure: plain backdrop, or open sky",
            unit="1",
            low=0,
            high=1,
            studio=1,
            source=_BLOCK_SOURCE,
        ),
        MeasureSpec(
            name="flat_border_block_ratio",
            summary=(
                "Share of blocks at the border with hardly any structure: plain backdrop, or open "
                "sky"
            ),
            unit="1",
            low=0,
            high=1,
            studio=1,
            source=_BLOCK_SOURCE,
        ),
        MeasureSpec(
            name="soft_block_ratio",
            summary="Share of blocks with large forms but no detail: out of focus, or shading",
            unit="1",
            low=0,
            high=1,
            source=_BLOCK_SOURCE,
        ),
        MeasureSpec(
            name="soft_border_block_ratio",
            summary=(
                "Share of blocks at the border with large forms but no detail: out of focus, or "
                "shading"
            ),
            unit="1",
            low=0,
            high=1,
            studio=-1,
            source=_BLOCK_SOURCE,
        ),
        MeasureSpec(
            name="busy_border_block_ratio",
            summary="Share of blocks at the border with structure down to the finest scale",
            unit="1",
            low=0,
            high=1,
            studio=-1,
            source=_BLOCK_SOURCE,
        ),
        MeasureSpec(
            name="border_coarse_power_db",
            summary="Median power of large forms in the blocks at the border",
            unit="dB",
            low=-6,
            high=49,
            studio=-1,
            source=_BLOCK_SOURCE,
        ),
        MeasureSpec(
            name="border_fine_power_db",
            summary="Median power of fine detail in the blocks at the border",
            unit="dB",
            low=-6,
            high=49,
            studio=-1,
            source=_BLOCK_SOURCE,
        ),
        MeasureSpec(
            name="centre_border_coarse_db",
            summary="Power of large forms in the centre over that at the border",
            unit="dB",
            low=-55,
            high=55,
            studio=1,
            source=_BLOCK_SOURCE,
        ),
        MeasureSpec(
            name="centre_border_fine_db",
            summary="Power of fine detail in the centre over that at the border",
            unit="dB",
            low=-55,
            high=55,
            studio=1,
            source=_BLOCK_SOURCE,
        ),
        MeasureSpec(
            name="power_inequality",
            summary=(
                "Concentration of the structure, Gini index of the power over blocks: high = all "
                "in one place"
            ),
            unit="1",
            low=0,
            high=1,
            studio=1,
            source=_GINI,
        ),
    ),
    references=(_FIELD, _SCHAAF, _TORRALBA),
)


def measure(planes: Planes) -> Measurement:
    """Measure how power spreads over scales, directions and blocks; never raises.

    Frequencies count in cycles per long side, so that the size of the picture does not
    matter; a picture under 204 px lacks the finest band and says so.
    """
    reduced = planes.reduced
    if (
        max(reduced.rows_px, reduced.columns_px) < _MINIMUM_LONG_SIDE_PX
        or reduced.short_side_px < 8
    ):
        return Measurement.of(SPEC, {}, reason=_SMALL)
    spectrum = reduced.spectrum
    total = float(spectrum.power.sum())
    if total < FLAT_LEVELS2:
        return Measurement.of(SPEC, {}, reason=_FLAT)
    values = ring_measures(spectrum, total)
    values |= block_measures(reduced.luma_float)
    missing = {"fine_share_db": _NO_FINE}
    return Measurement.of(SPEC, values, missing=missing, reason=_FEW_BLOCKS)
