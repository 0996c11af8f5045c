"""The two-dimensional power spectrum of a picture's luma."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

#: Largest square transformed; larger pictures are reduced to it by area averaging.
SIDE_PX = 256


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spectrum:
    """One half of a power spectrum, folded so that it stands for the whole.

    Luma is real, so one half mirrors the other; each kept bin holds the power of its mirror
    image too. The mean is removed, and by Parseval's theorem ``power.sum()`` is the variance
    of the luma as the window weighs it, in levels squared.

    Attributes:
        power: float64 (rows, columns // 2 + 1), levels squared; the constant term is 0.
        multiplicity: float64 (columns // 2 + 1,): how many bins of the whole spectrum each
            column stands for, 1 or 2.
        row_frequency: float64 (rows, 1): cycles per px down a column, -0.5..0.5.
        column_frequency: float64 (1, columns // 2 + 1): cycles per px along a row, 0..0.5.
        long_side_px: Long side of the picture transformed, 1..`SIDE_PX`.
    """

    power: npt.NDArray[np.float64]
    multiplicity: npt.NDArray[np.float64]
    row_frequency: npt.NDArray[np.float64]
    column_frequency: npt.NDArray[np.float64]
    long_side_px: int

    @property
    def cycles(self) -> npt.NDArray[np.float64]:
        """Spatial frequency in cycles per long side of the picture: float64, as `power`.

        Independent of the number of pixels, unlike cycles per pixel: a twice larger copy of
        a picture has its structure at the same places of this axis.
        """
        # Frequencies lie in 0..0.5: `numpy.hypot` guards a range that does not occur, slowly.
        rows, columns = np.square(self.row_frequency), np.square(self.column_frequency)
        return np.asarray(np.sqrt(rows + columns) * self.long_side_px, dtype=np.float64)


def power_spectrum(luma: npt.NDArray[np.float32]) -> Spectrum:
    """Transform the luma, reduced to at most `SIDE_PX`, under a separable Hann window.

    Without the window, the jump between opposite edges of the picture would put a cross of
    false power on the horizontal and vertical axes.

    Args:
        luma: float32 (rows, columns), 0..255.

    Returns:
        The folded half spectrum with its frequency axes; a constant picture has no power.
    """
    rows, columns = luma.shape
    scale = SIDE_PX / max(rows, columns)
    if scale < 1:
        size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
        luma = cv2.resize(luma, size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)
        rows, columns = luma.shape
    window = np.outer(_hann(rows), _hann(columns))
    # Removing the plain mean would leave a constant term wherever the window weighs it up.
    mean = float((luma * window).sum() / window.sum())
    transform = np.fft.rfft2((luma - mean) * window)
    power = np.square(transform.real) + np.square(transform.imag)
    multiplicity = np.full(power.shape[1], 2.0)
    multiplicity[0] = 1.0
    if columns % 2 == 0:
        multiplicity[-1] = 1.0
    power *= multiplicity / (rows * columns * np.square(window).sum())
    power[0, 0] = 0.0
    for array in (power, multiplicity):
        array.setflags(write=False)
    return Spectrum(
        power=power,
        multiplicity=multiplicity,
        row_frequency=np.fft.fftfreq(rows)[:, None].astype(np.float64),
        column_frequency=np.fft.rfftfreq(columns)[None, :].astype(np.float64),
        long_side_px=max(rows, columns),
    )


def _hann(length: int) -> npt.NDArray[np.float64]:
    # The end points are left out, so that short sides keep some weight.
    return np.hanning(length + 2)[1:-1]
