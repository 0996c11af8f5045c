"""Reducing a picture to its working size by area averaging."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


def working_shape(rows_px: int, columns_px: int, working_size_px: int) -> tuple[int, int]:
    """Rows and columns at working size: the long side shortened, never lengthened.

    Args:
        rows_px: Rows of the whole picture, not of a scaled decode of it, so that both give
            the same shape.
        columns_px: Columns of the whole picture.
        working_size_px: Long side aimed at.

    Returns:
        (rows, columns), each at least 1.
    """
    scale = working_size_px / max(rows_px, columns_px)
    if scale >= 1:
        return rows_px, columns_px
    return max(1, round(rows_px * scale)), max(1, round(columns_px * scale))


def reduce_area(array: npt.NDArray[Any], shape: tuple[int, int]) -> npt.NDArray[Any]:
    """Reduce by exact area averaging, in the encoding the values are in.

    Every output value is computed from its own source area alone, so the number of threads
    OpenCV uses does not change it.

    Args:
        array: uint8, uint16 or float32, shape (rows, columns) or (rows, columns, channels).
        shape: (rows, columns) aimed at, none larger than the array's.

    Returns:
        Array of the given shape and the same dtype; the input itself when nothing changes.
    """
    rows, columns = shape
    if array.shape[:2] == (rows, columns):
        return array
    return np.asarray(
        cv2.resize(np.ascontiguousarray(array), (columns, rows), interpolation=cv2.INTER_AREA),
        dtype=array.dtype,
    )
