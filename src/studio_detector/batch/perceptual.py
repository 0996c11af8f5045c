"""The perceptual hash by which near duplicates are found."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from studio_detector.errors import MissingExtraError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Long side to which a picture is reduced before it is hashed.
HASHED_SIDE_PX = 256
_PURPOSE = "perceptual hashing"


def check_installed() -> None:
    """Make sure, before long work, that hashing will be possible.

    Raises:
        MissingExtraError: ``missing_extra``.
    """
    if importlib.util.find_spec("pdqhash") is None:
        raise MissingExtraError.for_package("pdqhash", "batch", _PURPOSE)


def perceptual_hash(rgb: npt.NDArray[np.uint8]) -> tuple[str, int]:
    """PDQ of a picture: near pictures differ in few of 256 bits.

    PDQ blurs and samples a picture down to 64 x 64 by itself. Reducing it by exact area
    averages first takes a fifth of the time, and copies of another size or quality come out
    nearer.

    Args:
        rgb: uint8 array of shape (rows, columns, 3), reduced here to `HASHED_SIDE_PX`.

    Returns:
        64 hexadecimal digits, as PDQ's authors write them, and the quality, 0..100: below 50
        the picture is too flat to tell it from others.

    Raises:
        MissingExtraError: ``missing_extra``.
    """
    # Loaded already by whoever has a picture; not by whoever only checks what is installed.
    import numpy as np  # noqa: PLC0415

    from studio_detector.imaging.resize import reduce_area, working_shape  # noqa: PLC0415

    try:
        # Optional.
        import pdqhash  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise MissingExtraError.for_package("pdqhash", "batch", _PURPOSE) from error
    rows, columns = rgb.shape[:2]
    small = reduce_area(rgb, working_shape(rows, columns, HASHED_SIDE_PX))
    # A copy, because it asks for a buffer it could write to.
    bits, quality = pdqhash.compute(np.array(small))
    return np.packbits(bits.astype(bool)).tobytes().hex(), int(quality)
