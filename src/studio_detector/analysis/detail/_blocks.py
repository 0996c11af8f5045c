"""Power spectra of blocks of a picture: where there is structure, and at which scale."""

from __future__ import annotations

from functools import cache
from statistics import fmean, median
from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.detail._places import border_cells, centre_cells
from studio_detector.analysis.detail._scale import decibel, inequality
from studio_detector.planes.spectrum import hann_window

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Float32 = npt.NDArray[np.float32]

#: Side of a block on the reduced picture: an eighth of its long side.
BLOCK_PX = 32
_FEWEST_BLOCKS = 3
#: Limits of the two scales looked at, in cycles per block.
_COARSE_BAND = (0.5, 3.0)
_FINE_BAND = (7.0, 16.0)
#: Variance (levels squared) under which a block is flat: a standard deviation of 1.4 levels.
_FLAT_LEVELS2 = 2.0
#: Variance from which a block has structure enough to judge its sharpness.
_STRUCTURED_LEVELS2 = 8.0
#: Fine over coarse power under which a structured block is soft, over which it is busy.
_SOFT_DB = -20.0
_BUSY_DB = -15.0
#: Power of noise of half a level, which JPEG coding takes away or puts in.
_FLOOR_LEVELS2 = 0.3


def block_measures(luma: Float32) -> dict[str, float | None]:
    """Compare the blocks of a picture, and those at the border with those in the centre.

    Args:
        luma: float32 (rows, columns), 0..255, of the reduced picture.

    Returns:
        Short measure name -> value; empty where fewer than 3x3 blocks fit.
    """
    rows, columns = luma.shape[0] // BLOCK_PX, luma.shape[1] // BLOCK_PX
    if min(rows, columns) < _FEWEST_BLOCKS:
        return {}
    coarse, fine, total = _powers(_blocks(luma, rows, columns))
    border, centre = border_cells(rows, columns).ravel(), centre_cells(rows, columns).ravel()
    coarse_db, fine_db = decibel(np.stack([coarse, fine]), _FLOOR_LEVELS2)
    fineness_db = fine_db - coarse_db
    flat = total < _FLAT_LEVELS2
    structured = total > _STRUCTURED_LEVELS2
    soft = structured & (fineness_db < _SOFT_DB)
    busy = structured & (fineness_db > _BUSY_DB)
    outer_coarse_db, outer_fine_db = coarse_db[border].tolist(), fine_db[border].tolist()
    inner_coarse_db, inner_fine_db = coarse_db[centre].tolist(), fine_db[centre].tolist()
    return {
        "flat_block_ratio": np.count_nonzero(flat) / len(flat),
        "flat_border_block_ratio": np.count_nonzero(flat & border) / len(outer_fine_db),
        "soft_block_ratio": np.count_nonzero(soft) / len(soft),
        "soft_border_block_ratio": np.count_nonzero(soft & border) / len(outer_fine_db),
        "busy_border_block_ratio": np.count_nonzero(busy & border) / len(outer_fine_db),
        "border_coarse_power_db": median(outer_coarse_db),
        "border_fine_power_db": median(outer_fine_db),
        "centre_border_coarse_db": fmean(inner_coarse_db) - fmean(outer_coarse_db),
        "centre_border_fine_db": fmean(inner_fine_db) - fmean(outer_fine_db),
        "power_inequality": inequality(total),
    }


def _blocks(luma: Float32, rows: int, columns: int) -> Float32:
    """Cut the middle of the picture into blocks: float32 (rows x columns, side, side)."""
    top = (luma.shape[0] - rows * BLOCK_PX) // 2
    left = (luma.shape[1] - columns * BLOCK_PX) // 2
    middle = luma[top : top + rows * BLOCK_PX, left : left + columns * BLOCK_PX]
    blocks = middle.reshape(rows, BLOCK_PX, columns, BLOCK_PX).swapaxes(1, 2)
    return blocks.reshape(-1, BLOCK_PX, BLOCK_PX)


def _powers(blocks: Float32) -> Floats:
    """Coarse, fine and whole power of each block, levels squared: float64 (3, blocks)."""
    window = _window()
    mean = np.einsum("brc,rc->b", blocks, window) / window.sum()
    seen = (blocks - mean[:, None, None]) * window
    # OpenCV packs as many real numbers as a block has pixels; which of a bin's two is which
    # does not matter for sums over bands.
    for block in seen:
        cv2.dft(block, dst=block)
    parts = np.square(seen, out=seen).reshape(len(seen), -1)
    # Unlike a matrix product, einsum adds in one order whatever the number of threads.
    powers: Floats = np.einsum("bk,wk->wb", parts, _band_weights()).astype(np.float64)
    return powers


@cache
def _window() -> Float32:
    """A separable Hann window: float32 (side, side)."""
    side = hann_window(BLOCK_PX)
    window: Float32 = np.outer(side, side).astype(np.float32)
    window.setflags(write=False)
    return window


@cache
def _band_weights() -> Float32:
    """Weight of each packed number in the coarse, the fine and the whole power: (3, numbers)."""
    window = _window()
    place = np.arange(BLOCK_PX)
    # Along a line the packing is: constant, then real and imaginary part of each frequency.
    # Down the inner columns the frequencies run to the highest and back from the negative.
    along, down = (place + 1) // 2, np.minimum(place, BLOCK_PX - place)
    inner = (place > 0) & (place < BLOCK_PX - 1)
    rows = np.where(inner[None, :], down[:, None], along[:, None])
    cycles = np.hypot(rows, along[None, :])
    # One half of the spectrum is kept: all numbers stand for two, but those of the four bins
    # that are their own mirror image, which lie in the corners.
    fold = np.full((BLOCK_PX, BLOCK_PX), 2.0)
    fold[np.ix_((0, -1), (0, -1))] = 1.0
    fold /= BLOCK_PX**2 * np.square(window, dtype=np.float64).sum()
    bands = [(cycles >= low) & (cycles < high) for low, high in (_COARSE_BAND, _FINE_BAND)]
    weights = np.stack([*bands, np.ones_like(bands[0])]) * fold
    packed: Float32 = weights.reshape(3, -1).astype(np.float32)
    packed.setflags(write=False)
    return packed
