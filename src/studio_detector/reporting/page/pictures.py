"""Pictures inside a page: JPEG made anew from pixels, within a budget of bytes."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2

from studio_detector.reporting.overlays import jpeg_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    Uint8 = npt.NDArray[np.uint8]

#: Bytes of JPEG that all pictures of a page may take together. Base64 adds a third, words and
#: charts at most 300 kB, and the file stays below 1.5 MB.
BUDGET_BYTES = 850_000
#: Longest side of a picture in a page; a larger working size is reduced to it.
LONGEST_PX = 1024
# Tried one after the other until the pictures fit: quality, and side as a share.
_ATTEMPTS = ((85, 1.0), (75, 1.0), (60, 1.0), (45, 1.0), (60, 0.5), (30, 0.5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture as it stands in a page.

    Attributes:
        uri: ``data:`` URI of a JPEG without any metadata.
        rows_px: Its rows.
        columns_px: Its columns.
    """

    uri: str
    rows_px: int
    columns_px: int


def pictures(arrays: Sequence[Uint8], *, budget_bytes: int = BUDGET_BYTES) -> tuple[Picture, ...]:
    """Encode pictures, as well as their number allows.

    Args:
        arrays: uint8 (rows, columns, 3) each, sRGB.
        budget_bytes: Bytes of JPEG for all of them together.

    Returns:
        One for each array, all of one quality. Should even the last attempt not fit, they are of
        that one.
    """
    bounded = [reduced(array, LONGEST_PX) for array in arrays]
    for quality, share in _ATTEMPTS:
        made = bounded
        if share < 1:
            made = [reduced(a, max(1, round(share * max(a.shape[:2])))) for a in bounded]
        files = [jpeg_bytes(array, quality) for array in made]
        if sum(map(len, files)) <= budget_bytes:
            break
    return tuple(_picture(array, file) for array, file in zip(made, files, strict=True))


def thumbnail(array: Uint8, *, side_px: int) -> Picture:
    """One small picture; see `pictures`."""
    small = reduced(array, side_px)
    return _picture(small, jpeg_bytes(small, 75))


def reduced(array: Uint8, side_px: int) -> Uint8:
    """The picture with a long side of at most ``side_px``, by area averaging."""
    rows, columns = array.shape[:2]
    scale = side_px / max(rows, columns)
    if scale >= 1:
        return array
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    return cv2.resize(array, size, interpolation=cv2.INTER_AREA).astype("uint8", copy=False)


def _picture(array: Uint8, file: bytes) -> Picture:
    return Picture(
        uri=f"data:image/jpeg;base64,{base64.b64encode(file).decode('ascii')}",
        rows_px=array.shape[0],
        columns_px=array.shape[1],
    )
