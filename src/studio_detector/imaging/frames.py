"""How many frames or pages a file has, counted without decoding and never far past a bound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from PIL import Image

_GIF_EXTENSION, _GIF_IMAGE = 0x21, 0x2C


def count_frames(format_name: str, data: bytes, image: Image.Image, most: int) -> int:
    """Count the frames of a file.

    WebP, AVIF, HEIC and PNG declare the number in a header, which Pillow has read. GIF and
    TIFF chain their frames; the chain is walked here, because Pillow decodes on the way
    (GIF) or follows it to its end however long it is (TIFF).

    Args:
        format_name: Format by magic number.
        data: The file.
        image: The file as opened, not loaded, by Pillow.
        most: Counting stops as soon as it is exceeded.

    Returns:
        At least 1, at most ``most`` + 1 for the formats walked here. A JPEG counts as one:
        the other pictures of a multi-picture file are its views, not frames.
    """
    if format_name == "GIF":
        return max(1, _count_gif(data, most))
    if format_name == "TIFF":
        return max(1, _count_tiff(data, most))
    if format_name in {"JPEG", "BMP"}:
        return 1
    return int(getattr(image, "n_frames", 1))


def _count_gif(data: bytes, most: int) -> int:
    size = len(data)
    if size < 13:
        return 0
    at = 13 + _colour_table_bytes(data[10])
    frames = 0
    while at < size and frames <= most:
        kind = data[at]
        if kind == _GIF_IMAGE and at + 9 < size:
            frames += 1
            at += 11 + _colour_table_bytes(data[at + 9])
        elif kind == _GIF_EXTENSION:
            at += 2
        else:
            break
        while at < size and data[at]:
            at += data[at] + 1
        at += 1
    return frames


def _colour_table_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _count_tiff(data: bytes, most: int) -> int:
    order: Literal["little", "big"] = "little" if data[:2] == b"II" else "big"
    is_big = 43 in data[2:4]
    count_bytes, entry_bytes, offset_bytes, at = (8, 20, 8, 8) if is_big else (2, 12, 4, 4)

    def number(start: int, length: int) -> int:
        return int.from_bytes(data[start : start + length], order)

    seen: set[int] = set()
    offset = number(at, offset_bytes)
    while 0 < offset < len(data) and offset not in seen and len(seen) <= most:
        seen.add(offset)
        entries = number(offset, count_bytes)
        offset = number(offset + count_bytes + entries * entry_bytes, offset_bytes)
    return len(seen)
