"""How much memory decoding a picture will take, estimated from its header."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Bytes per pixel at the peak after decoding: Pillow's own storage (4 for three channels),
# what expanding palettes or laying alpha over white adds, and the array made from it.
_AFTER_DECODING: Mapping[str, int] = MappingProxyType(
    {"1": 3, "L": 3, "P": 14, "I;16": 5, "I": 9, "F": 9, "RGB": 8, "CMYK": 9, "LAB": 8}
)
_WITH_ALPHA = 16
# Bytes per pixel the codec holds beside it, at or above what 12 megapixel pictures took:
# libwebp keeps two canvases and hands over a copy, libavif keeps planes and an interleaved
# copy. HEIC was not measured for want of an encoder and is set above AVIF.
_INSIDE_CODEC: Mapping[str, int] = MappingProxyType(
    {"JPEG": 0, "PNG": 1, "BMP": 1, "GIF": 2, "TIFF": 4, "WEBP": 10, "AVIF": 8, "HEIC": 12}
)
#: Decoder, profiles and the working-size pictures, whatever the size of the original.
BASE_BYTES = 32 * 1024 * 1024


def estimate_bytes(
    format_name: str, mode: str, rows_px: int, columns_px: int, *, divisor: int = 1
) -> int:
    """Peak memory for decoding, beyond the file's own bytes.

    Args:
        format_name: Format by magic number.
        mode: Pillow's mode of the picture.
        rows_px: Rows declared.
        columns_px: Columns declared.
        divisor: Scale of a JPEG decode, 1, 2, 4 or 8.

    Returns:
        Bytes, on the high side.
    """
    pixels = -(-rows_px // divisor) * -(-columns_px // divisor)
    # The byte orders of 16-bit grey ("I;16B", "I;16L") cost the same.
    stem = "I;16" if mode.startswith("I;16") else mode
    after = _AFTER_DECODING.get(stem, _WITH_ALPHA)
    return BASE_BYTES + pixels * (after + _INSIDE_CODEC[format_name])
