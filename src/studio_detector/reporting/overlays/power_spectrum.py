"""Overlay of frequency: the power spectrum with its bands, and the slope fitted to it."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.detail import frequency
from studio_detector.analysis.detail._rings import BANDS_BELOW, RINGS_FROM, ring_densities
from studio_detector.reporting.overlays.canvas import SHEET_PX
from studio_detector.reporting.overlays.legends import Swatch, note, scale_bar, swatches
from studio_detector.reporting.overlays.lettering import Words, lettered
from studio_detector.reporting.overlays.numbers import missing_reason, shown
from studio_detector.reporting.overlays.overlay import Drawing
from studio_detector.reporting.overlays.palettes import (
    BLUE,
    INK,
    MAT,
    ORANGE,
    PAPER,
    sequential,
    sequential_rgb,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from studio_detector.planes.spectrum import Spectrum
    from studio_detector.reporting.overlays.numbers import Subject

    Uint8 = npt.NDArray[np.uint8]
    Floats = npt.NDArray[np.float64]

_HALF_PX = SHEET_PX // 2
#: Range shown below the strongest bin, decibels.
_RANGE_DB = 80.0
#: Highest frequency shown on the square map, cycles per long side.
_WIDEST_CYCLES = 128.0
#: Frequencies below the first ring are drawn from here.
_PLOT_FROM = 2.0
_BAND_TINTS = ((225, 235, 245), (245, 240, 220), (245, 225, 215))
_BANDS = ("coarse", "middle", "fine")
#: Inner margins of the plot: left, top, right, bottom.
_MARGINS = (40, 14, 10, 34)


def draw(subject: Subject) -> Drawing:
    """Draw the spectrum of the reduced planes."""
    spectrum = subject.planes.reduced.spectrum
    found = subject.measured(frequency)
    panel = np.concatenate([spectrum_map(spectrum), _plot(spectrum, found.values["slope"])], axis=1)
    legends = (
        note(
            "Left: power of each direction and fineness, the middle is coarsest. Right: power "
            "from coarse to fine (cycles per long side)."
        ),
        scale_bar(
            sequential(),
            [(step / 4, f"{round((step / 4 - 1) * _RANGE_DB)}") for step in range(5)],
            low_words="little power",
            high_words="most; dB below it",
        ),
        swatches(
            [
                Swatch(words="power of each ring", colour=BLUE, line=True),
                Swatch(words="slope fitted", colour=ORANGE, line=True),
            ]
        ),
    )
    if found.values["slope"] is None:
        caption = f"No slope could be fitted: {missing_reason(found)}."
    else:
        shares = ", ".join(
            f"{name} {shown(found.values[f'{name}_share_db'], '.0f')} dB" for name in _BANDS
        )
        caption = (
            "How the picture's power is spread from coarse to fine forms; white rings part the "
            f"bands. Shares of the whole: {shares}. Power falls as frequency to the power "
            f"{shown(found.values['slope'], '.1f')}."
        )
    return Drawing(panel=panel, legends=legends, caption=caption)


def whole(spectrum: Spectrum) -> Floats:
    """Power over row and column frequencies, the constant in the middle: float64 (256, 256).

    Both axes run from -128 to 128 cycles per long side; the half that is not kept is the
    other's mirror image. What a smaller picture cannot hold is 0.
    """
    power = spectrum.power.astype(np.float64) / spectrum.multiplicity
    cycles = (np.arange(_HALF_PX) - _HALF_PX // 2) * (2 * _WIDEST_CYCLES / _HALF_PX)
    down, right = np.meshgrid(cycles, cycles, indexing="ij")
    # Points to the left are read from their mirror image through the middle.
    flip = np.where(right < 0, -1.0, 1.0)
    rows, columns = spectrum.shape
    row = np.rint(down * flip / spectrum.long_side_px * rows).astype(np.intp)
    column = np.rint(right * flip / spectrum.long_side_px * columns).astype(np.intp)
    held = (np.abs(row) <= rows // 2) & (column <= columns // 2)
    return np.where(held, power[row % rows, np.minimum(column, power.shape[1] - 1)], 0.0)


def spectrum_map(spectrum: Spectrum) -> Uint8:
    """The spectrum as a square, with rings where bands end."""
    power = whole(spectrum)
    strongest = float(power.max())
    in_db = 10 * np.log10(power / strongest + 1e-12) if strongest > 0 else power - _RANGE_DB
    square = np.ascontiguousarray(sequential_rgb(in_db, -_RANGE_DB, 0))
    scale = _HALF_PX / (2 * _WIDEST_CYCLES)
    middle = (_HALF_PX // 2, _HALF_PX // 2)
    for band in BANDS_BELOW:
        for shade, width in ((INK, 3), (PAPER, 1)):
            cv2.circle(square, middle, round(band * scale), shade, width)
    return square


def _plot(spectrum: Spectrum, slope: float | None) -> Uint8:
    """Power of the rings over frequency, both on logarithmic scales."""
    plot = np.full((_HALF_PX, _HALF_PX, 3), MAT, dtype=np.uint8)
    left, top, right, bottom = _MARGINS
    last_row, last_column = _HALF_PX - bottom, _HALF_PX - right
    ends = [_column(cycles) for cycles in (_PLOT_FROM, *BANDS_BELOW)]
    words = []
    for name, tint, first, last in zip(_BANDS, _BAND_TINTS, ends, ends[1:], strict=False):
        plot[top:last_row, first:last] = tint
        words.append(Words(text=name, x_px=(first + last) // 2, y_px=top + 1, anchor="ma"))
    plot[top:last_row, left - 1 : left + 1] = INK
    plot[last_row - 1 : last_row + 1, left:last_column] = INK
    for cycles in (_PLOT_FROM, *BANDS_BELOW):
        place = _column(cycles)
        words.append(
            Words(text=f"{cycles:.0f}", x_px=place, y_px=last_row + 4, size_px=13, anchor="ma")
        )
    words += [
        Words(text=str(decibels), x_px=left - 4, y_px=_row(decibels), size_px=13, anchor="rm")
        for decibels in (0, -20, -40, -60, -80)
    ]
    octaves, in_db = ring_densities(spectrum)
    if octaves:
        _line(plot, octaves, in_db, slope)
    return lettered(plot, words)


def _line(
    plot: Uint8, octaves: Sequence[float], in_db: Sequence[float], slope: float | None
) -> None:
    places = [_column(RINGS_FROM * 2**octave) for octave in octaves]
    points = [(x, _row(decibels)) for x, decibels in zip(places, in_db, strict=True)]
    for start, end in itertools.pairwise(points):
        cv2.line(plot, start, end, BLUE, 2)
    for point in points:
        cv2.circle(plot, point, 3, BLUE, -1)
    if slope is None or len(octaves) < 2:
        return
    # The measure gives the slope; by least squares the line goes through the mean.
    per_octave = slope * 10 * math.log10(2)
    middle, mean = sum(octaves) / len(octaves), sum(in_db) / len(in_db)
    ends = [
        (place, _row(mean + per_octave * (octave - middle)))
        for place, octave in ((places[0], octaves[0]), (places[-1], octaves[-1]))
    ]
    cv2.line(plot, ends[0], ends[1], ORANGE, 2)


def _column(cycles: float) -> int:
    left, _, right, _ = _MARGINS
    share = math.log2(cycles / _PLOT_FROM) / math.log2(_WIDEST_CYCLES / _PLOT_FROM)
    return round(left + share * (_HALF_PX - right - left))


def _row(decibels: float) -> int:
    _, top, _, bottom = _MARGINS
    share = min(max(-decibels / _RANGE_DB, 0.0), 1.0)
    # Room above the strongest ring for the names of the bands.
    return round(top + 22 + share * (_HALF_PX - bottom - top - 26))
