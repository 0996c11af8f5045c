"""Turning a picture upright by its EXIF orientation, exactly once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Orientation of a picture that is upright as stored.
UPRIGHT = 1
#: Orientations that exchange rows and columns.
TRANSPOSED = frozenset({5, 6, 7, 8})


def upright(array: npt.NDArray[np.uint8], orientation: int) -> npt.NDArray[np.uint8]:
    """Apply an EXIF orientation.

    Args:
        array: uint8 array of shape (rows, columns, 3), as stored.
        orientation: 1..8 of EXIF 2.32, tag 0x0112: where the stored first row and first
            column lie in the upright picture.

    Returns:
        A view of the array as the picture is meant to be seen.

    Raises:
        ValueError: If the orientation is not 1..8.
    """
    match orientation:
        case 1:
            return array
        case 2:
            return array[:, ::-1]
        case 3:
            return array[::-1, ::-1]
        case 4:
            return array[::-1]
        case 5:
            return array.transpose(1, 0, 2)
        case 6:
            return array[::-1].transpose(1, 0, 2)
        case 7:
            return array[::-1, ::-1].transpose(1, 0, 2)
        case 8:
            return array[:, ::-1].transpose(1, 0, 2)
        case _:
            raise ValueError(f"orientation must be 1..8, got {orientation}")
