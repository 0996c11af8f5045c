"""Reduction by area averaging, in exact halves wherever possible."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

#: Value of a `cover` where a pixel lies in the mask as a whole.
COVERED = 255


def reduced(image: npt.NDArray[np.uint8], long_side_px: int) -> npt.NDArray[np.uint8]:
    """Reduce an image by area averaging to a long side.

    The mean of 2x2 pixels costs a tenth of the mean over a fraction of pixels, so that the
    way leads over halves, and an odd last row or column is left out of a half.

    Args:
        image: uint8 (rows, columns) or (rows, columns, channels).
        long_side_px: Largest side wanted, at least 1.

    Returns:
        uint8 with that long side; ``image`` itself when it is not larger.
    """
    rows, columns = image.shape[:2]
    long_side = max(rows, columns)
    if long_side <= long_side_px:
        return image
    if long_side > 2 * long_side_px:
        return reduced(reduced(image, 2 * long_side_px), long_side_px)
    if long_side == 2 * long_side_px and min(rows, columns) > 1:
        size = (columns // 2, rows // 2)
        image = image[: 2 * size[1], : 2 * size[0]]
    else:
        scale = long_side_px / long_side
        size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    smaller = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(smaller, dtype=np.uint8)


def cover(mask: npt.NDArray[np.bool_], long_side_px: int) -> npt.NDArray[np.uint8]:
    """How much of each pixel of the reduced image lies in a mask.

    Args:
        mask: bool (rows, columns).
        long_side_px: Side to which `reduced` takes the image, at least 1.

    Returns:
        uint8 of the size that `reduced` gives, 0 to `COVERED`.
    """
    return reduced(mask * np.uint8(COVERED), long_side_px)
