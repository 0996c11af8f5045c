"""The floor: what anything that looks at a JPEG at working size must spend."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from benchmarks.names import FLOOR

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from benchmarks.measure import Stopwatch
    from benchmarks.pictures import Picture
    from benchmarks.sizes import Size

#: Long side at which photographs are analysed.
WORKING_SIZE_PX = 512


def scaled_decode(data: bytes) -> npt.NDArray[np.uint8]:
    """Decode a JPEG at the smallest of libjpeg's scales that keeps the working size.

    Returns:
        RGB, shape (rows, columns, 3).
    """
    with Image.open(io.BytesIO(data)) as image:
        long_px = max(image.size)
        divisor = next(n for n in (8, 4, 2, 1) if n == 1 or long_px // n >= WORKING_SIZE_PX)
        image.draft("RGB", (image.width // divisor, image.height // divisor))
        return np.asarray(image)


def reduce(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Bring the long side down to the working size by area averaging."""
    rows, columns = pixels.shape[:2]
    scale = WORKING_SIZE_PX / max(rows, columns)
    size = (round(columns * scale), round(rows * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


class Floor:
    """Pillow's scaled decode by libjpeg-turbo and OpenCV's area averaging; no checks at all."""

    name = FLOOR

    def rounds(self, size: Size) -> int:
        """Every round."""
        return size.rounds

    def prepare(self) -> None:
        """Nothing to load."""

    def run(self, picture: Picture, shelf: Sequence[Picture], watch: Stopwatch) -> None:
        """From bytes to 512 px."""
        del shelf
        watch.measure(self.name, lambda: reduce(scaled_decode(picture.data)))
