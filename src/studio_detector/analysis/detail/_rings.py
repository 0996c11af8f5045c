"""Power by scale and direction: a half spectrum taken ring by ring."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from studio_detector.planes.spectrum import Spectrum

    Float32 = npt.NDArray[np.float32]
    Places = npt.NDArray[np.intp]

#: Rings of the spectrum start here, in cycles per long side, and are a third of an octave wide.
RINGS_FROM = 4.0
RINGS_PER_OCTAVE = 3
_RINGS = 14
#: Where the last ring ends: 101.6 cycles, below the 128 a side of 256 px can hold.
FINE_BELOW = RINGS_FROM * 2 ** (_RINGS / RINGS_PER_OCTAVE)
#: First ring of the middle band (8 cycles) and of the fine one (32).
_MIDDLE_RING = 3
_FINE_RING = 9
#: Where the coarse, the middle and the fine band end, cycles per long side: 8, 32, 101.6.
BANDS_BELOW = (
    RINGS_FROM * 2 ** (_MIDDLE_RING / RINGS_PER_OCTAVE),
    RINGS_FROM * 2 ** (_FINE_RING / RINGS_PER_OCTAVE),
    FINE_BELOW,
)
#: Rings whose direction is looked at, 8 to 64 cycles: outlines and structure, not grain.
_STRUCTURE_RINGS = (3, 12)
#: The largest forms, 4 to 16 cycles, for instance a standing figure against a lying horizon.
_FORM_RINGS = (0, 6)
#: Variance (levels squared) under which a picture has no structure to speak of.
FLAT_LEVELS2 = 0.01
#: A band is kept at most this far below the whole, a ring below the strongest one.
_BAND_FLOOR = 1e-12
_RING_FLOOR = 1e-8
#: Shapes whose rings are kept; photographs come in few of them.
_SHAPES_KEPT = 24


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Rings:
    """Where the rings of a half spectrum lie; depends on its shape alone.

    Attributes:
        bins: intp (count,): places in the flattened half spectrum, those below the first ring
            first, then ring after ring.
        starts: Place in `bins` at which each ring starts, and the end of the last: 15 numbers.
        filled: intp (n,): rings that hold a bin, plus one; 0, below the first, always does.
        filled_from: intp (n,): place in `bins` at which each of these starts.
        squared_cycles: float32 (count,): square of the frequency.
        cosine: float32 (count,): cosine of twice the direction.
        sine: float32 (count,): its sine.
        sizes: Bins of the whole spectrum in each ring that lies in it as a whole.
    """

    bins: Places
    starts: tuple[int, ...]
    filled: Places
    filled_from: Places
    squared_cycles: Float32
    cosine: Float32
    sine: Float32
    sizes: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuse writing: one instance serves all pictures of a shape."""
        for places in (self.bins, self.filled, self.filled_from):
            places.setflags(write=False)
        for numbers in (self.squared_cycles, self.cosine, self.sine):
            numbers.setflags(write=False)


def ring_measures(spectrum: Spectrum, total: float) -> dict[str, float | None]:
    """Shares of three bands, the power law, and directions of the power of a picture.

    Args:
        spectrum: Spectrum of the reduced picture.
        total: Sum of its power, at least `FLAT_LEVELS2`.

    Returns:
        Short measure name -> value, without what the spectrum is too small for.
    """
    rings = _rings(spectrum.shape, spectrum.long_side_px)
    power = spectrum.power.ravel()[rings.bins]
    by_ring = _by_ring(rings, power)
    values = _bands(by_ring, total)
    if spectrum.long_side_px < 2 * FINE_BELOW:
        del values["fine_share_db"]
    values |= _power_law(by_ring[1:], rings.sizes)
    values |= _directions(rings, power)
    return values


def ring_densities(spectrum: Spectrum) -> tuple[list[float], list[float]]:
    """What the power law is fitted to.

    Args:
        spectrum: Spectrum of the reduced picture.

    Returns:
        Middle of each ring in octaves above `RINGS_FROM`, and its power per bin in decibels
        below the densest; both empty without structure.
    """
    rings = _rings(spectrum.shape, spectrum.long_side_px)
    held = _held(_by_ring(rings, spectrum.power.ravel()[rings.bins])[1:], rings.sizes)
    if sum(power for _, power, _ in held) < FLAT_LEVELS2:
        return [], []
    return [octave for octave, _, _ in held], _densities_db(held)


def _by_ring(rings: _Rings, power: Float32) -> list[float]:
    """Power below the first ring, and in each ring, levels squared: 15 numbers."""
    by_ring = [0.0] * (_RINGS + 1)
    sums = np.add.reduceat(power, rings.filled_from)
    for ring, ring_power in zip(rings.filled.tolist(), sums.tolist(), strict=True):
        by_ring[ring] = ring_power
    return by_ring


def _bands(by_ring: Sequence[float], total: float) -> dict[str, float | None]:
    middle, fine = 1 + _MIDDLE_RING, 1 + _FINE_RING
    bands = {
        "coarse_share_db": by_ring[:middle],
        "middle_share_db": by_ring[middle:fine],
        "fine_share_db": by_ring[fine:],
    }
    # Rounding can push the share of everything past one.
    return {
        name: min(0.0, 10 * math.log10(sum(band) / total + _BAND_FLOOR))
        for name, band in bands.items()
    }


def _power_law(by_ring: Sequence[float], sizes: Sequence[float]) -> dict[str, float | None]:
    """Fit a power law to the power density of rings evenly spaced in octaves.

    Args:
        by_ring: Power of each ring, levels squared.
        sizes: Bins of the whole spectrum in each; those beyond are not in it as a whole.
    """
    held = _held(by_ring, sizes)
    total = sum(power for _, power, _ in held)
    if total < FLAT_LEVELS2:
        return {}
    octaves = _without_mean([octave for octave, _, _ in held])
    in_db = _without_mean(_densities_db(held))
    slope_db, residual_db = _regressed(in_db, octaves)
    # What a constant and a slope leave of the square is the bend's own share of a parabola.
    _, bend = _regressed(_without_mean([octave**2 for octave in octaves]), octaves)
    curvature_db, _ = _regressed(in_db, bend)
    centroid = sum(octave * power for octave, power, _ in held) / total
    spread = sum((octave - centroid) ** 2 * power for octave, power, _ in held) / total
    return {
        "slope": slope_db / (10 * math.log10(2)),
        "slope_residual_db": math.sqrt(_dot(residual_db, residual_db) / len(held)),
        "slope_curvature_db": curvature_db,
        "centroid_octaves": centroid,
        "bandwidth_octaves": math.sqrt(spread),
    }


def _held(by_ring: Sequence[float], sizes: Sequence[float]) -> list[tuple[float, float, float]]:
    """Octave, power and bins of each ring that the spectrum holds as a whole."""
    # On a dozen numbers plain Python is several times faster than NumPy.
    return [
        ((ring + 0.5) / RINGS_PER_OCTAVE, power, size)
        for ring, (power, size) in enumerate(zip(by_ring, sizes, strict=False))
        if size
    ]


def _densities_db(held: Sequence[tuple[float, float, float]]) -> list[float]:
    densest = max(power / size for _, power, size in held)
    return [10 * math.log10(power / size / densest + _RING_FLOOR) for _, power, size in held]


def _without_mean(values: Sequence[float]) -> list[float]:
    mean = sum(values) / len(values)
    return [value - mean for value in values]


def _regressed(values: Sequence[float], on: Sequence[float]) -> tuple[float, list[float]]:
    """Slope of values on others, both without mean, and what it leaves of them."""
    slope = _dot(values, on) / _dot(on, on)
    return slope, [value - slope * other for value, other in zip(values, on, strict=True)]


def _dot(first: Sequence[float], second: Sequence[float]) -> float:
    return sum(one * other for one, other in zip(first, second, strict=True))


def _directions(rings: _Rings, power: Float32) -> dict[str, float | None]:
    values: dict[str, float | None] = {}
    form = _moments(rings, power, _FORM_RINGS)
    if form is not None:
        values["form_upright_balance"] = form.second
    structure = _moments(rings, power, _STRUCTURE_RINGS)
    if structure is not None:
        values |= {
            "anisotropy": math.hypot(structure.second, structure.second_sine),
            "fourfold_anisotropy": math.hypot(structure.fourth, structure.fourth_sine),
            "upright_balance": structure.second,
            "cardinal_balance": structure.fourth,
        }
        # Rounding can push a length past one.
        values |= {name: max(-1.0, min(1.0, value)) for name, value in values.items() if value}
    return values


class _Moments(NamedTuple):
    """Second and fourth circular moments of direction, -1..1 each."""

    second: float
    second_sine: float
    fourth: float
    fourth_sine: float


def _moments(rings: _Rings, power: Float32, band: tuple[int, int]) -> _Moments | None:
    """Moments of the direction of power in a band of rings; None without any."""
    chosen = slice(rings.starts[band[0]], rings.starts[band[1]])
    cosine, sine = rings.cosine[chosen], rings.sine[chosen]
    # Weighing with the squared frequency (the spectrum of the gradient) keeps the strong
    # low frequencies from deciding alone.
    weight = power[chosen] * rings.squared_cycles[chosen]
    total = float(weight.sum())
    if total < FLAT_LEVELS2:
        return None
    turned = weight * cosine
    # The angle doubled again: cos 2a = 2 cos^2 a - 1, sin 2a = 2 sin a cos a.
    return _Moments(
        second=float(turned.sum()) / total,
        second_sine=_sum(weight, sine) / total,
        fourth=2 * _sum(turned, cosine) / total - 1,
        fourth_sine=2 * _sum(turned, sine) / total,
    )


def _sum(first: Float32, second: Float32) -> float:
    # Unlike a dot product, einsum adds in one order whatever the number of threads.
    return float(np.einsum("k,k->", first, second))


@lru_cache(maxsize=_SHAPES_KEPT)
def _rings(shape: tuple[int, int], long_side_px: int) -> _Rings:
    """Sort the bins of the half spectrum of this shape into rings."""
    rows = np.fft.fftfreq(shape[0])[:, None] * long_side_px
    columns = np.fft.rfftfreq(shape[1])[None, :] * long_side_px
    cycles = np.sqrt(np.square(rows) + np.square(columns)).ravel()
    octaves = np.log2(np.maximum(cycles, RINGS_FROM / 2) / RINGS_FROM)
    ring = 1 + np.maximum(np.floor(octaves * RINGS_PER_OCTAVE), -1).astype(np.intp)
    bins = np.argsort(ring, kind="stable")
    bins = bins[: np.searchsorted(ring[bins], _RINGS + 1)]
    ring = ring[bins]
    filled, filled_from = np.unique(ring, return_index=True)
    frequency = np.add(columns, 1j * rows).ravel()[bins]
    # Directions count over half a turn: doubling the angle joins both ends.
    double = np.square(frequency / np.maximum(cycles[bins], RINGS_FROM / 2))
    whole = min(_RINGS, int(RINGS_PER_OCTAVE * math.log2(long_side_px / 2 / RINGS_FROM)))
    # All columns of the half spectrum but the first and an even last stand for two bins.
    column = bins % columns.size
    fold = np.where((column == 0) | (2 * column == shape[1]), 1.0, 2.0)
    sizes = np.bincount(ring, fold, minlength=_RINGS + 1)[1 : 1 + whole]
    return _Rings(
        bins=bins,
        starts=tuple(np.searchsorted(ring, np.arange(1, _RINGS + 2)).tolist()),
        filled=filled,
        filled_from=filled_from,
        squared_cycles=np.square(cycles[bins]).astype(np.float32),
        cosine=double.real.astype(np.float32),
        sine=double.imag.astype(np.float32),
        sizes=tuple(sizes.tolist()),
    )
