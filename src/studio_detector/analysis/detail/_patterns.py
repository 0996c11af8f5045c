"""Local binary patterns: flat places, edges, corners and noise by comparing neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

#: Codes of the rotation-invariant uniform pattern: 0 flat ... 8 a dark spot, 9 none of these.
CODES = 10
#: Code of a place where no neighbour is clearly brighter: flat, or a crest.
FLAT = 0
#: A neighbour must be brighter by more than this many levels; JPEG and noise stay below.
_TOLERANCE_LEVELS = 3
#: The eight neighbours in order around the pixel, as (row, column) offsets.
_NEIGHBOURS = ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))


def local_binary_patterns(luma: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Rotation-invariant uniform patterns of eight neighbours (Ojala et al. 2002).

    Args:
        luma: uint8 (rows, columns), at least 3x3.

    Returns:
        uint8 (rows - 2, columns - 2), 0..9: number of brighter neighbours where they are
        next to each other, else 9. It does not change when the picture is mirrored.
    """
    rows, columns = luma.shape
    # Saturating at white is right: nothing is brighter than that.
    threshold = np.minimum(luma[1:-1, 1:-1], 255 - _TOLERANCE_LEVELS) + np.uint8(_TOLERANCE_LEVELS)
    code = np.zeros(threshold.shape, dtype=np.uint8)
    for bit, (row, column) in enumerate(_NEIGHBOURS):
        neighbour = luma[1 + row : rows - 1 + row, 1 + column : columns - 1 + column]
        code |= (neighbour > threshold).view(np.uint8) << np.uint8(bit)
    return _uniform_codes()[code]


def _uniform_codes() -> npt.NDArray[np.uint8]:
    """The code of each of the 256 comparisons: uint8 (256,)."""
    bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1)
    changes = (bits != np.roll(bits, 1, axis=1)).sum(axis=1)
    return np.where(changes <= 2, bits.sum(axis=1), CODES - 1).astype(np.uint8)
