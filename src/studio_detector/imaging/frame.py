"""The decoded picture that leaves this room: sRGB, upright, at working size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Bumped whenever equal bytes may give other pixels than before.
DECODE_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """One picture, ready to be measured.

    Attributes:
        rgb: uint8 array of shape (rows, columns, 3), sRGB, read-only, C-contiguous,
            orientation applied; its long side is at most the working size.
        format: Name by magic number ("JPEG", "PNG", ...), or "array".
        original_rows_px: Rows of the whole picture, upright, before reduction.
        original_columns_px: Columns of the whole picture, upright, before reduction.
        warnings: What was assumed or lost while decoding, in words.
        sha256: Hex digest of the file's bytes; None for arrays.
    """

    rgb: npt.NDArray[np.uint8]
    format: str
    original_rows_px: int
    original_columns_px: int
    warnings: tuple[str, ...] = ()
    sha256: str | None = None
