"""Pictures that come as NumPy arrays: what is a picture, and to which range it is brought."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from studio_detector.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt


def plain_array(array: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], list[str]]:
    """Check an array and bring it to grey or RGB samples, alpha laid over white.

    Args:
        array: sRGB samples of shape (rows, columns), (rows, columns, 1), (rows, columns, 3)
            or (rows, columns, 4) with straight alpha; uint8, uint16 over the whole range, or
            a float dtype between 0 and 1.

    Returns:
        uint8, uint16 or float32 array of shape (rows, columns) or (rows, columns, 3), not
        the caller's memory's owner but possibly a view of it, and warnings.

    Raises:
        InputError: ``invalid_array``.
    """
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in {3, 4})):
        raise _invalid(
            f"its shape is {array.shape}",
            "give (rows, columns), (rows, columns, 3) or (rows, columns, 4)",
        )
    if array.size == 0:
        raise _invalid(f"its shape {array.shape} holds no pixels", "give at least one pixel")
    if array.dtype in (np.uint8, np.uint16):
        # Big-endian samples would reach OpenCV as other numbers.
        plain = array.astype(array.dtype.newbyteorder("="), copy=False)
        white = int(np.iinfo(plain.dtype).max)
    elif np.issubdtype(array.dtype, np.floating):
        plain, white = _checked_floats(array), 1
    else:
        raise _invalid(f"its dtype is {array.dtype}", "give uint8, uint16 or float between 0 and 1")
    if plain.ndim == 2 or plain.shape[2] == 3:
        return plain, []
    return _over_white(plain, white)


def _checked_floats(array: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    # A NaN fails both comparisons.
    low, high = float(array.min()), float(array.max())
    if not (low >= 0 and high <= 1):
        raise _invalid(
            f"its values reach from {low:g} to {high:g}",
            "scale them to 0..1, or give uint8 or uint16",
        )
    return array.astype(np.float32)


def _over_white(array: npt.NDArray[Any], white: int) -> tuple[npt.NDArray[Any], list[str]]:
    alpha = array[:, :, 3:]
    if alpha.min() == white:
        return array[:, :, :3], []
    share = alpha.astype(np.float32) / white
    mixed = array[:, :, :3] * share + white * (1 - share)
    if white != 1:
        mixed = np.rint(mixed)
    return mixed.astype(array.dtype), ["Transparent parts were laid over white."]


def _invalid(found: str, next_step: str) -> InputError:
    return InputError(f"the array is not a picture: {found}; {next_step}", code="invalid_array")
