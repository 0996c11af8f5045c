"""The entry to this room: anything that holds a picture in, a `Frame` out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeGuard, cast

from studio_detector.errors import ConfigError
from studio_detector.imaging.limits import Limits
from studio_detector.imaging.source import read_source

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.imaging.frame import Frame
    from studio_detector.imaging.source import Readable, Source

#: Long side of the pictures that are analysed, in pixels.
WORKING_SIZE_PX = 512


def load(
    source: Source, *, working_size_px: int = WORKING_SIZE_PX, limits: Limits | None = None
) -> Frame:
    """Read, decode and prepare one picture.

    Equal bytes give equal pixels, in any process and thread.

    Args:
        source: Path, bytes, binary file object, or NumPy array of sRGB samples (uint8,
            uint16 or float 0..1; grey, RGB or RGBA).
        working_size_px: Long side aimed at, at least 1; smaller pictures are not enlarged.
        limits: Bounds on the file and the picture; the defaults of `Limits` if None.

    Returns:
        The picture: sRGB, upright, at working size.

    Raises:
        UnreadableError: ``not_found``, ``not_a_file``, ``no_permission``, ``read_failed``,
            ``empty``.
        UnsupportedError: ``unsupported_format``, ``unsupported_variant``.
        LimitError: ``limit_file_size``, ``limit_side``, ``limit_pixels``, ``limit_aspect``,
            ``limit_frames``, ``limit_memory``; ``memory`` when memory ran out all the same.
        DecodeError: ``truncated``, ``corrupt``.
        InputError: ``invalid_array``.
        MissingExtraError: ``missing_extra`` for HEIC without the extra ``heic``.
        ConfigError: ``config_invalid_value`` for a working size below 1.
    """
    if working_size_px < 1:
        raise ConfigError(
            f"working_size_px is {working_size_px}; give at least 1", code="config_invalid_value"
        )
    limits = Limits() if limits is None else limits
    # Codecs and NumPy cost a fifth of a second to import; whoever only names `Limits` or
    # `load`, like the command line's help, should not pay.
    from studio_detector.imaging import decode  # noqa: PLC0415

    if is_array(source):
        return decode.decode_array(source, working_size_px=working_size_px, limits=limits)
    data = read_source(cast("Readable", source), limits)
    return decode.decode_bytes(data, working_size_px=working_size_px, limits=limits)


def is_array(source: object) -> TypeGuard[npt.NDArray[Any]]:
    """Whether the source is a NumPy array, told without importing NumPy."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(source, numpy.ndarray)
