"""Frequency: how a picture's power is spread over scales, directions and places.

A sharp subject before a plain backdrop puts its power into few places and leaves whole
blocks of the border without any; a street or a wood fills every block at every scale.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from studio_detector.analysis.base import AnalysisSpec, Measurement, MeasureSpec
from studio_detector.analysis.detail._blocks import BLOCK_PX, block_measures
from studio_detector.analysis.detail._scale import decibel, entropy_bits

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes
    from studio_detector.planes.spectrum import Spectrum

    Floats = npt.NDArray[np.float64]

_FIELD = "Field 1987, doi:10.1364/JOSAA.4.002379"
_SCHAAF = "van der Schaaf and van Hateren 1996, doi:10.1016/0042-6989(96)00002-8"
_TORRALBA = "Torralba and Oliva 2003, doi:10.1088/0954-898X/14/3/302"
_GINI = "Hurley and Rickard 2009, doi:10.1109/TIT.2009.2027527"

#: Rings of the spectrum start here, in cycles per long side, and are a third of an octave wide.
RINGS_FROM = 4.0
RINGS_PER_OCTAVE = 3
_RINGS = 14
#: First ring of the middle band (8 cycles) and of the fine one (32), counting what lies below.
_MIDDLE_RING = 4
_FINE_RING = 10
#: Where the last ring ends: 101.6 cycles, below the 128 a side of 256 px can hold.
FINE_BELOW = RINGS_FROM * 2 ** (_RINGS / RINGS_PER_OCTAVE)
#: Frequencies whose direction is looked at: outlines and structure, not grain.
DIRECTION_BAND = (8.0, 64.0)
#: The largest forms, for instance a standing figure against a lying horizon.
FORM_BAND = (4.0, 16.0)
_DIRECTION_BINS = 18
#: Variance (levels squared) under which a picture has no structure to speak of.
_FLAT_LEVELS2 = 0.01
#: A ring is kept at most this far below the strongest one.
_RING_FLOOR = 1e-8
_MINIMUM_LONG_SIDE_PX = 64
_FLAT = "the picture is one flat tone"
_SMALL = f"the long side is under {_MINIMUM_LONG_SIDE_PX} px or the short one under 8 px"
_NO_FINE = "the long side is under 204 px, so the finest band is not in the picture"
_FEW_BLOCKS = f"fewer than 3x3 blocks of {BLOCK_PX} px at a long side of 256 px"

_BLOCK_SOURCE = f"block spectra after {_TORRALBA}"

SPEC = AnalysisSpec(
    name="frequency",
    version=1,
    phase="detail",
    title="Frequency",
    summary=(
        "How the power of the luma is spread over scales, directions and places: windowed "
        "Fourier transform of the whole picture and of blocks of it."
    ),
    measures=(
        MeasureSpec(
            name="coarse_share_db",
            summary="Share of the power below 8 cycles per long side; high: large forms only",
            unit="dB",
            low=-120,
            high=0,
            studio=1,
            source=_FIELD,
        ),
        MeasureSpec(
            name="middle_share_db",
            summary="Share of the power from 8 to 32 cycles per long side",
            unit="dB",
            low=-120,
            high=0,
            studio=-1,
            source=_FIELD,
        ),
        MeasureSpec(
            name="fine_share_db",
            summary="Share of the power from 32 to 102 cycles per long side; high: much detail",
            unit="dB",
            low=-120,
            high=0,
            studio=-1,
            source=_FIELD,
        ),
        MeasureSpec(
            name="slope",
            summary="Exponent of the radial power spectrum; -2 is typical, lower is smoother",
            unit="1",
            low=-20,
            high=20,
            studio=-1,
            source=_SCHAAF,
        ),
        MeasureSpec(
            name="slope_residual_db",
            summary="RMS distance of the radial spectrum from its power law",
            unit="dB",
            low=0,
            high=80,
            source=_SCHAAF,
        ),
        MeasureSpec(
            name="slope_curvature_db",
            summary="Bend of the radial spectrum; negative: the finest detail is missing",
            unit="dB per octave squared",
            low=-100,
            high=100,
            source=_SCHAAF,
        ),
        MeasureSpec(
            name="centroid_octaves",
            summary="Centre of gravity of the power on the octave axis, from 4 cycles up",
            unit="octaves",
            low=0,
            high=5,
            studio=-1,
            source=_FIELD,
        ),
        MeasureSpec(
            name="bandwidth_octaves",
            summary="Standard deviation of the power on the octave axis",
            unit="octaves",
            low=0,
            high=3,
            studio=-1,
            source=_FIELD,
        ),
        MeasureSpec(
            name="anisotropy",
            summary="Preference for one direction, second harmonic; 0 none, 1 one direction",
            unit="1",
            low=0,
            high=1,
            studio=1,
            source=_TORRALBA,
        ),
        MeasureSpec(
            name="fourfold_anisotropy",
            summary="Preference for two directions at right angles, fourth harmonic",
            unit="1",
            low=0,
            high=1,
            studio=1,
            source=_TORRALBA,
        ),
        MeasureSpec(
            name="upright_balance",
            summary="Upright against lying structure; 1 all upright edges, -1 all lying ones",
            unit="1",
            low=-1,
            high=1,
            studio=1,
            source=_TORRALBA,
        ),
        MeasureSpec(
            name="form_upright_balance",
            summary="The same for the largest forms, 4 to 16 cycles: a figure against a horizon",
            unit="1",
            low=-1,
            high=1,
            studio=1,
            source=_TORRALBA,
        ),
        MeasureSpec(
            name="cardinal_balance",
            summary="Upright and lying against diagonal structure; high: architecture, shelves",
            unit="1",
            low=-1,
            high=1,
            studio=1,
            source=_TORRALBA,
        ),
        MeasureSpec(
            name="direction_entropy_bits",
            summary="Entropy of the power over 18 directions; high: all directions alike",
            unit="bits",
            low=0,
            high=float(np.log2(_DIRECTION_BINS)),
            studio=-1,
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
            summary="The same among the blocks at the border",
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
            summary="The same among the blocks at the border",
            unit="1",
            low=0,
            high=1,
            studio=-1,
            source=_BLOCK_SOURCE,
        ),
        MeasureSpec(
            name="busy_border_block_ratio",
            summary="Share of border blocks with structure down to the finest scale",
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
            name="quiet_block_power_db",
            summary="Power of large forms in the quietest tenth of the blocks",
            unit="dB",
            low=-6,
            high=49,
            studio=-1,
            source=_BLOCK_SOURCE,
        ),
        MeasureSpec(
            name="fine_power_spread_db",
            summary="Standard deviation over blocks of the power of fine detail",
            unit="dB",
            low=0,
            high=55,
            studio=1,
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
            summary="Gini index of the power over blocks; high: the structure is in one place",
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
    spectrum = planes.spectrum
    total = float(spectrum.power.sum())
    if spectrum.long_side_px < _MINIMUM_LONG_SIDE_PX or planes.reduced.short_side_px < 8:
        return Measurement.of(SPEC, {}, reason=_SMALL)
    if total < _FLAT_LEVELS2:
        return Measurement.of(SPEC, {}, reason=_FLAT)
    cycles = spectrum.cycles.ravel()
    power = spectrum.power.ravel()
    ring_power, ring_bins = _rings(spectrum, cycles)
    values: dict[str, float | None] = _bands(ring_power, total)
    missing = {}
    if spectrum.long_side_px < 2 * FINE_BELOW:
        values["fine_share_db"] = None
        missing["fine_share_db"] = _NO_FINE
    whole = min(_RINGS, int(RINGS_PER_OCTAVE * np.log2(spectrum.long_side_px / 2 / RINGS_FROM)))
    values |= _radial(ring_power[1 : whole + 1], ring_bins[1 : whole + 1])
    values |= _directions(spectrum, cycles, power)
    values |= block_measures(planes.reduced.luma_float)
    return Measurement.of(SPEC, values, missing=missing, reason=_FEW_BLOCKS)


def _rings(spectrum: Spectrum, cycles: Floats) -> tuple[Floats, Floats]:
    """Power and number of bins of the whole spectrum by third of an octave.

    Returns:
        Two float64 arrays of `_RINGS` + 2: all below the first ring, the rings, all above.
    """
    octaves = np.log2(np.maximum(cycles, RINGS_FROM / 2) / RINGS_FROM)
    ring = np.minimum(np.floor(octaves * RINGS_PER_OCTAVE), _RINGS).astype(np.intp)
    ring = np.maximum(ring, -1) + 1
    bins = np.broadcast_to(spectrum.multiplicity, spectrum.power.shape).ravel()
    power = spectrum.power.ravel()
    count = _RINGS + 2
    return (
        np.bincount(ring, power, minlength=count).astype(np.float64),
        np.bincount(ring, bins, minlength=count).astype(np.float64),
    )


def _bands(ring_power: Floats, total: float) -> dict[str, float | None]:
    coarse, middle, fine, _ = np.split(ring_power, (_MIDDLE_RING, _FINE_RING, _RINGS + 1))
    share = np.array([coarse.sum(), middle.sum(), fine.sum()]) / total
    # Rounding can push the share of everything past one.
    in_db = np.minimum(decibel(share, 1e-12), 0.0)
    names = ("coarse_share_db", "middle_share_db", "fine_share_db")
    return dict(zip(names, in_db.tolist(), strict=True))


def _radial(ring_power: Floats, ring_bins: Floats) -> dict[str, float | None]:
    """Fit a power law to the power density of rings evenly spaced in octaves.

    Args:
        ring_power: float64, power of each ring that is whole, levels squared.
        ring_bins: float64, same shape: bins of the whole spectrum in it.
    """
    octaves = (np.arange(len(ring_power)) + 0.5) / RINGS_PER_OCTAVE
    power_sum = float(ring_power.sum())
    if power_sum < _FLAT_LEVELS2:
        return {}
    filled = ring_bins > 0
    density = ring_power[filled] / ring_bins[filled]
    in_db = decibel(density / density.max(), _RING_FLOOR)
    centred = octaves[filled] - octaves[filled].mean()
    slope_db = float(centred @ in_db) / float(centred @ centred)
    residual = in_db - in_db.mean() - slope_db * centred
    weight = ring_power / power_sum
    centroid = float(weight @ octaves)
    return {
        "slope": slope_db / (10 * math.log10(2)),
        "slope_residual_db": float(np.sqrt(np.mean(residual**2))),
        "slope_curvature_db": float(np.polyfit(centred, in_db, 2)[0]),
        "centroid_octaves": centroid,
        "bandwidth_octaves": float(np.sqrt(weight @ (octaves - centroid) ** 2)),
    }


def _directions(spectrum: Spectrum, cycles: Floats, power: Floats) -> dict[str, float | None]:
    values: dict[str, float | None] = {}
    form, _ = _harmonics(spectrum, cycles, power, FORM_BAND)
    if form is not None:
        values["form_upright_balance"] = float(form[0].real)
    structure, weights = _harmonics(spectrum, cycles, power, DIRECTION_BAND)
    if structure is not None:
        second, fourth = structure
        values |= {
            "anisotropy": min(1.0, abs(second)),
            "fourfold_anisotropy": min(1.0, abs(fourth)),
            "upright_balance": float(second.real),
            "cardinal_balance": float(fourth.real),
            "direction_entropy_bits": entropy_bits(weights),
        }
    return values


def _harmonics(
    spectrum: Spectrum, cycles: Floats, power: Floats, band: tuple[float, float]
) -> tuple[tuple[complex, complex] | None, Floats]:
    """Second and fourth circular moment of the direction of power, and its histogram."""
    chosen = np.flatnonzero((cycles >= band[0]) & (cycles < band[1]))
    # Weighing with the squared frequency (the spectrum of the gradient) keeps the strong
    # low frequencies from deciding alone.
    weight = power[chosen] * np.square(cycles[chosen])
    total = float(weight.sum())
    if total < _FLAT_LEVELS2:
        return None, np.zeros(0)
    row, column = np.divmod(chosen, spectrum.power.shape[1])
    frequency = spectrum.column_frequency.ravel()[column] + 1j * spectrum.row_frequency.ravel()[row]
    # Directions count over half a turn: doubling the angle joins both ends.
    double = np.square(frequency * (spectrum.long_side_px / cycles[chosen]))
    turn = np.angle(double) / (2 * np.pi) * _DIRECTION_BINS
    # Bins are centred on the axes, so that a mirrored picture fills mirrored bins.
    bins = np.rint(turn).astype(np.intp) % _DIRECTION_BINS
    second = complex((weight * double).sum() / total)
    fourth = complex((weight * double * double).sum() / total)
    histogram = np.bincount(bins, weight, minlength=_DIRECTION_BINS).astype(np.float64)
    return (second, fourth), histogram
