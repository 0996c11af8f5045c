"""A whole picture: header, limits, pixels, metadata."""

from __future__ import annotations

import numpy as np

from studio_detector.imaging.decode import decode_bytes
from studio_detector.imaging.limits import Limits
from tools.fuzz.target import Target

_WORKING_SIZE_PX = 32
_LIMITS = Limits(
    max_file_bytes=1 << 16,
    max_pixels=1 << 18,
    max_side_px=2048,
    max_frames=20,
    max_decode_bytes=32 << 20,
    max_metadata_bytes=1 << 14,
)


def check(data: bytes) -> None:
    """What is decoded fits the working size and the limits, and comes twice the same."""
    frame = decode_bytes(data, working_size_px=_WORKING_SIZE_PX, limits=_LIMITS)
    if frame.original_rows_px * frame.original_columns_px > _LIMITS.max_pixels:
        raise AssertionError("beyond the limits")
    if max(frame.rgb.shape[:2]) > _WORKING_SIZE_PX or frame.rgb.dtype != np.uint8:
        raise AssertionError(frame.rgb.shape)
    again = decode_bytes(data, working_size_px=_WORKING_SIZE_PX, limits=_LIMITS)
    if not np.array_equal(frame.rgb, again.rgb) or frame.warnings != again.warnings:
        raise AssertionError("equal bytes, unequal pictures")


TARGET = Target(
    title="whole pictures, decoded in this process",
    check=check,
    most_bytes=1 << 14,
)
