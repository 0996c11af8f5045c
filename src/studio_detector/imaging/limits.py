"""What a picture may cost: limits checked on headers, before any pixel is decoded."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated

from annotated_types import Ge

from studio_detector.errors import ConfigError, LimitError

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on one picture; a picture beyond one of them is refused, never reduced to fit.

    The defaults let through what cameras and scanners make (the largest is a 126.6 megapixel
    JPEG of the test corpus) and keep one picture under 1.5 GB of memory.

    Attributes:
        max_file_bytes: Bytes of the file; reading stops there.
        max_pixels: Rows x columns of the picture as stored.
        max_side_px: Longer side. 65,535 is the most a JPEG can declare.
        max_aspect_ratio: Longer side / shorter side.
        max_frames: Frames or pages declared or found; only the first is decoded.
        max_decode_bytes: Memory decoding may need, estimated from the header.
        max_metadata_bytes: Largest ICC profile or EXIF block that is interpreted; a larger
            one is ignored with a warning.

    Raises:
        ConfigError: ``config_invalid_value`` if a limit is below 1.
    """

    max_file_bytes: Annotated[int, Ge(1)] = 256 * _MIB
    max_pixels: Annotated[int, Ge(1)] = 200_000_000
    max_side_px: Annotated[int, Ge(1)] = 65_535
    max_aspect_ratio: Annotated[float, Ge(1)] = 100.0
    max_frames: Annotated[int, Ge(1)] = 1_000
    max_decode_bytes: Annotated[int, Ge(1)] = 1_024 * _MIB
    max_metadata_bytes: Annotated[int, Ge(1)] = 8 * _MIB

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            # The negation also catches NaN.
            if not value >= 1:
                raise ConfigError(
                    f"limit {field.name} is {value!r}; give a number of at least 1",
                    code="config_invalid_value",
                )


def check_file_size(size_bytes: int, limits: Limits) -> None:
    """Refuse a file that is too large.

    Raises:
        LimitError: ``limit_file_size``.
    """
    if size_bytes > limits.max_file_bytes:
        raise LimitError(
            f"the file has {size_bytes} bytes or more, {limits.max_file_bytes} are allowed; "
            "save it smaller or raise max_file_bytes",
            code="limit_file_size",
        )


def check_dimensions(rows_px: int, columns_px: int, limits: Limits) -> None:
    """Refuse a picture by its declared size.

    Args:
        rows_px: Rows as declared, at least 1.
        columns_px: Columns as declared, at least 1.
        limits: The bounds in force.

    Raises:
        LimitError: ``limit_side``, ``limit_pixels`` or ``limit_aspect``.
    """
    size = f"the picture declares {columns_px} x {rows_px} px"
    long_px, short_px = max(rows_px, columns_px), min(rows_px, columns_px)
    if long_px > limits.max_side_px:
        raise LimitError(
            f"{size}, sides up to {limits.max_side_px} px are allowed; "
            "reduce the picture or raise max_side_px",
            code="limit_side",
        )
    if rows_px * columns_px > limits.max_pixels:
        raise LimitError(
            f"{size}, {rows_px * columns_px} pixels, {limits.max_pixels} are allowed; "
            "reduce the picture or raise max_pixels",
            code="limit_pixels",
        )
    if long_px > limits.max_aspect_ratio * short_px:
        raise LimitError(
            f"{size}, sides 1:{long_px / short_px:.0f}, up to 1:{limits.max_aspect_ratio:g} is "
            "allowed; crop the picture or raise max_aspect_ratio",
            code="limit_aspect",
        )


def check_frames(frames: int, limits: Limits) -> None:
    """Refuse a file with too many frames or pages.

    Raises:
        LimitError: ``limit_frames``.
    """
    if frames > limits.max_frames:
        raise LimitError(
            f"the file has {frames} frames or more, {limits.max_frames} are allowed; "
            "extract one frame or raise max_frames",
            code="limit_frames",
        )


def check_memory(needed_bytes: int, limits: Limits) -> None:
    """Refuse a picture whose decoding would need too much memory.

    Raises:
        LimitError: ``limit_memory``.
    """
    if needed_bytes > limits.max_decode_bytes:
        raise LimitError(
            f"decoding would need about {needed_bytes // _MIB} MiB, "
            f"{limits.max_decode_bytes // _MIB} MiB are allowed; "
            "reduce the picture or raise max_decode_bytes",
            code="limit_memory",
        )
