"""The two-dimensional power spectrum of a picture's luma."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Float32 = npt.NDArray[np.float32]

#: Largest square transformed; larger pictures are reduced to it by area averaging.
SIDE_PX = 256
#: Shapes whose windows and axes are kept; photographs come in few of them.
_SHAPES_KEPT = 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spectrum:
    """One half of a power spectrum, folded so that it stands for the whole.

    Luma is real, so one half mirrors the other; each kept bin holds the power of its mirror
    image too. The mean is removed, and by Parseval's theorem ``power.sum()`` is the variance
    of the luma as the window weighs it, in levels squared.

    Attributes:
        power: float32 (rows, columns // 2 + 1), levels squared; the constant term is 0.
        shape: Rows and columns of the whole spectrum, at most `SIDE_PX` each: those of the
            picture or a little more, since zeros are added up to sides that transform fast.
        long_side_px: Long side of the picture transformed, 1..`SIDE_PX`.
    """

    power: Float32
    shape: tuple[int, int]
    long_side_px: int

    @property
    def row_frequency(self) -> Floats:
        """Cycles per px down a column: float64 (rows, 1), -0.5..0.5, read-only."""
        return _axes(self.shape)[0]

    @property
    def column_frequency(self) -> Floats:
        """Cycles per px along a row: float64 (1, columns // 2 + 1), 0..0.5, read-only."""
        return _axes(self.shape)[1]

    @property
    def multiplicity(self) -> Floats:
        """Bins of the whole spectrum each column stands for, 1 or 2: float64 (half columns,)."""
        return _axes(self.shape)[2]

    @property
    def cycles(self) -> Floats:
        """Spatial frequency in cycles per long side of the picture: float64, as `power`.

        Independent of the number of pixels, unlike cycles per pixel: a twice larger copy of
        a picture has its structure at the same places of this axis.
        """
        # Frequencies lie in 0..0.5: `numpy.hypot` guards a range that does not occur, slowly.
        rows, columns = np.square(self.row_frequency), np.square(self.column_frequency)
        return np.asarray(np.sqrt(rows + columns) * self.long_side_px, dtype=np.float64)


def power_spectrum(luma: Float32) -> Spectrum:
    """Transform the luma, reduced to at most `SIDE_PX`, under a separable Hann window.

    Without the window, the jump between opposite edges of the picture would put a cross of
    false power on the horizontal and vertical axes.

    Args:
        luma: float32 (rows, columns), 0..255.

    Returns:
        The folded half spectrum; a constant picture has no power.
    """
    rows, columns = luma.shape
    scale = SIDE_PX / max(rows, columns)
    if scale < 1:
        size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
        luma = cv2.resize(luma, size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)
        rows, columns = luma.shape
    down, across = hann_window(rows)[:, None], hann_window(columns)
    # Removing the plain mean would leave a constant term wherever the window weighs it up.
    mean = (np.einsum("rc,c->r", luma, across) * down[:, 0]).sum() / (down.sum() * across.sum())
    seen = (luma - mean) * across
    seen *= down
    # Sides with a large prime factor (171 px is nine times 19) take up to forty times as long.
    shape = (cv2.getOptimalDFTSize(rows), cv2.getOptimalDFTSize(columns))
    if shape != seen.shape:
        seen = cv2.copyMakeBorder(
            seen, 0, shape[0] - rows, 0, shape[1] - columns, borderType=cv2.BORDER_CONSTANT
        ).astype(np.float32, copy=False)
    power = _half(np.square(_packed(seen)))
    power *= _folding(shape, rows, columns)
    power[0, 0] = 0.0
    power.setflags(write=False)
    return Spectrum(power=power, shape=shape, long_side_px=max(rows, columns))


@lru_cache(maxsize=SIDE_PX)
def hann_window(length: int) -> Float32:
    """A Hann window without its end points, so that short sides keep some weight.

    Args:
        length: Number of weights, at least 1.

    Returns:
        float32 (length,), above 0 and at most 1, read-only.
    """
    window: Float32 = np.hanning(length + 2)[1:-1].astype(np.float32)
    window.setflags(write=False)
    return window


def _packed(plane: Float32) -> Float32:
    """Fourier transform in OpenCV's packing: as many real numbers as the picture has."""
    transform = cv2.dft(plane)
    # OpenCV takes a single row for a vector and a single column for one lying.
    return np.asarray(transform, dtype=np.float32).reshape(plane.shape)


def _half(squares: Float32) -> Float32:
    """Powers of the bins of the half spectrum from the squares of the packed numbers.

    In the packing the columns between the first and the last frequency hold real and imaginary
    parts side by side; those two columns are packed in turn, down the rows.
    """
    rows, columns = squares.shape
    power = np.empty((rows, columns // 2 + 1), dtype=np.float32)
    power[:, 0] = _column(squares[:, 0])
    inner = (columns - 1) // 2
    np.add(
        squares[:, 1 : 2 * inner : 2],
        squares[:, 2 : 2 * inner + 1 : 2],
        out=power[:, 1 : inner + 1],
    )
    if columns % 2 == 0:
        power[:, -1] = _column(squares[:, -1])
    return power


def _column(squares: Float32) -> Float32:
    """Powers of all frequencies of one real sequence from its packed squares: float32 (rows,)."""
    rows = len(squares)
    power = np.empty(rows, dtype=np.float32)
    power[0] = squares[0]
    inner = (rows - 1) // 2
    pairs = squares[1 : 2 * inner : 2] + squares[2 : 2 * inner + 1 : 2]
    power[1 : inner + 1] = pairs
    power[rows - inner :] = pairs[::-1]
    if rows % 2 == 0:
        power[rows // 2] = squares[-1]
    return power


@lru_cache(maxsize=_SHAPES_KEPT)
def _axes(shape: tuple[int, int]) -> tuple[Floats, Floats, Floats]:
    """Row frequencies, column frequencies and multiplicities of the half spectrum."""
    rows, columns = shape
    multiplicity = np.full(columns // 2 + 1, 2.0)
    multiplicity[0] = 1.0
    if columns % 2 == 0:
        multiplicity[-1] = 1.0
    axes = (
        np.fft.fftfreq(rows)[:, None].astype(np.float64),
        np.fft.rfftfreq(columns)[None, :].astype(np.float64),
        multiplicity,
    )
    for axis in axes:
        axis.setflags(write=False)
    return axes


@lru_cache(maxsize=_SHAPES_KEPT)
def _folding(shape: tuple[int, int], rows: int, columns: int) -> Float32:
    """What makes squares of the transform a share of the variance: float32 (half columns,)."""
    energy = math.prod(
        float(np.square(hann_window(length), dtype=np.float64).sum()) for length in (rows, columns)
    )
    share = _axes(shape)[2] / (shape[0] * shape[1] * energy)
    folding: Float32 = share.astype(np.float32)
    folding.setflags(write=False)
    return folding
