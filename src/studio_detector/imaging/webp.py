"""WebP: what has to be known before libwebp sees the file."""

from __future__ import annotations

from studio_detector.errors import DecodeError
from studio_detector.imaging.limits import Limits, check_dimensions, check_memory
from studio_detector.imaging.memory import estimate_bytes

_MOST_SIDE = 0x3FFF


def check_header(data: bytes, limits: Limits) -> None:
    """Check length and declared size, for libwebp allocates two canvases on opening a file.

    Args:
        data: The file, beginning with a RIFF header of kind WEBP.
        limits: The bounds in force.

    Raises:
        DecodeError: ``truncated`` if the file is shorter than it says; libwebp would not
            say why it refuses it.
        LimitError: ``limit_side``, ``limit_pixels``, ``limit_aspect`` or ``limit_memory``.
    """
    declared_bytes = int.from_bytes(data[4:8], "little") + 8
    if len(data) < declared_bytes:
        raise DecodeError(
            f"the WEBP file ends before its picture does: {len(data)} bytes of "
            f"{declared_bytes}; fetch it again",
            code="truncated",
        )
    size = _declared_size(data)
    # Nonsense is left to libwebp, which refuses it.
    if size is not None and min(size) > 0:
        rows, columns = size
        check_dimensions(rows, columns, limits)
        check_memory(estimate_bytes("WEBP", "RGB", rows, columns), limits)


def _declared_size(data: bytes) -> tuple[int, int] | None:
    """Rows and columns of the canvas (RFC 9649, sections 2.5 to 2.7), None if unreadable."""
    kind = data[12:16]
    if kind == b"VP8X" and len(data) >= 30:
        columns, rows = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
    elif kind == b"VP8L" and len(data) >= 25:
        bits = int.from_bytes(data[21:25], "little")
        columns, rows = (bits & _MOST_SIDE) + 1, (bits >> 14 & _MOST_SIDE) + 1
    elif kind == b"VP8 " and len(data) >= 30:
        columns, rows = (
            int.from_bytes(data[at : at + 2], "little") & _MOST_SIDE for at in (26, 28)
        )
    else:
        return None
    return rows, columns
