"""Power spectra of blocks of a picture: where there is structure, and at which scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studio_detector.analysis.detail._scale import (
    border_cells,
    centre_cells,
    decibel,
    inequality,
)

if TYPE_CHECKING:
    import numpy.typing as npt

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


def block_measures(luma: npt.NDArray[np.float32]) -> dict[str, float | None]:
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
    coarse_db, fine_db = decibel(coarse, _FLOOR_LEVELS2), decibel(fine, _FLOOR_LEVELS2)
    border, centre = border_cells(rows, columns), centre_cells(rows, columns)
    flat = total < _FLAT_LEVELS2
    structured = total > _STRUCTURED_LEVELS2
    soft = structured & (fine_db - coarse_db < _SOFT_DB)
    busy = structured & (fine_db - coarse_db > _BUSY_DB)
    return {
        "flat_block_ratio": float(flat.mean()),
        "flat_border_block_ratio": float(flat[border].mean()),
        "soft_block_ratio": float(soft.mean()),
        "soft_border_block_ratio": float(soft[border].mean()),
        "busy_border_block_ratio": float(busy[border].mean()),
        "border_coarse_power_db": float(np.median(coarse_db[border])),
        "border_fine_power_db": float(np.median(fine_db[border])),
        "quiet_block_power_db": float(np.percentile(coarse_db, 10)),
        "fine_power_spread_db": float(fine_db.std()),
        "centre_border_coarse_db": float(coarse_db[centre].mean() - coarse_db[border].mean()),
        "centre_border_fine_db": float(fine_db[centre].mean() - fine_db[border].mean()),
        "power_inequality": inequality(total),
    }


def _blocks(luma: npt.NDArray[np.float32], rows: int, columns: int) -> npt.NDArray[np.float32]:
    """Cut the middle of the picture into blocks: float32 (rows, columns, side, side)."""
    top = (luma.shape[0] - rows * BLOCK_PX) // 2
    left = (luma.shape[1] - columns * BLOCK_PX) // 2
    middle = luma[top : top + rows * BLOCK_PX, left : left + columns * BLOCK_PX]
    return middle.reshape(rows, BLOCK_PX, columns, BLOCK_PX).swapaxes(1, 2)


def _powers(
    blocks: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Coarse, fine and whole power of each block, levels squared: three (rows, columns)."""
    side = np.hanning(BLOCK_PX + 2)[1:-1]
    window = np.outer(side, side).astype(np.float32)
    seen = blocks * window
    mean = seen.sum(axis=(2, 3), keepdims=True) / window.sum()
    seen -= mean * window
    transform = np.fft.rfft2(seen)
    # One half of the spectrum is kept; all columns but the first and last stand for two.
    fold = np.full(transform.shape[-1], 2.0)
    fold[[0, -1]] = 1.0
    fold /= BLOCK_PX**2 * np.square(window, dtype=np.float64).sum()
    rows_cycles, columns_cycles = np.fft.fftfreq(BLOCK_PX), np.fft.rfftfreq(BLOCK_PX)
    cycles = np.hypot(rows_cycles[:, None], columns_cycles[None, :]) * BLOCK_PX
    bands = [(cycles >= low) & (cycles < high) for low, high in (_COARSE_BAND, _FINE_BAND)]
    weights = np.stack([*bands, np.ones_like(bands[0])]) * fold
    # Real and imaginary parts lie side by side: squared, each takes its bin's weight.
    parts = np.square(transform.view(np.float32)).reshape(*blocks.shape[:2], -1)
    powers = parts @ np.repeat(weights.reshape(3, -1), 2, axis=1).T.astype(np.float32)
    coarse, fine, total = np.moveaxis(powers.astype(np.float64), -1, 0)
    return coarse, fine, total
