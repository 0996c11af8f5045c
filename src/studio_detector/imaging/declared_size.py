"""How many pixels a file says it has, read in plain Python from its first structures.

For whoever must weigh a picture before a decoder may see it: nothing is decoded, nothing is
believed further than the sum, and every loop has an end. What is read here is checked again
where the picture is decoded.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from studio_detector.errors import UnsupportedError
from studio_detector.imaging.sniff import sniff

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Far more than files have, and read within a millisecond.
_MOST_STEPS = 2_000
# Of the box of an AVIF or HEIC that holds everything but the pixels.
_MOST_META_BYTES = 1 << 20
# JPEG markers that stand alone, and those of a frame's header: SOF but for DHT, JPG and DAC.
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN, _END = 0xDA, 0xD9
_WIDTH, _HEIGHT = 256, 257
_SHORT, _LONG, _LONG8 = 3, 4, 16
_NOTHING = "the structure is not there within the steps allowed"


def declared_pixels(data: bytes) -> int | None:
    """Rows x columns as a file declares them.

    Args:
        data: The file.

    Returns:
        None where it declares nothing that is found at once, or is no picture.
    """
    try:
        columns, rows = _READERS[sniff(data)](data)
    # OverflowError: an offset beyond what addresses anything.
    except (UnsupportedError, struct.error, LookupError, ValueError, OverflowError):
        return None
    return abs(columns) * abs(rows) or None


def _jpeg(data: bytes) -> tuple[int, int]:
    at = 2
    for _ in range(_MOST_STEPS):
        at = data.index(0xFF, at, at + _MOST_STEPS) if data[at] != 0xFF else at
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        if marker in _ALONE:
            at += 2
            continue
        if marker in {_SCAN, _END}:
            break
        length, _, rows, columns = struct.unpack_from(">HBHH", data, at + 2)
        if marker in _FRAMES:
            return columns, rows
        at += 2 + length
    raise ValueError(_NOTHING)


def _png(data: bytes) -> tuple[int, int]:
    kind, columns, rows = struct.unpack_from(">4sII", data, 12)
    if kind != b"IHDR":
        raise ValueError(_NOTHING)
    return columns, rows


def _gif(data: bytes) -> tuple[int, int]:
    """The larger of the screen and the first picture on it, as decoders take it."""
    columns, rows, flags = struct.unpack_from("<HHB", data, 6)
    at = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    steps = iter(range(_MOST_STEPS))
    for _ in steps:
        kind = data[at]
        if kind == 0x2C:
            left, top, width, height = struct.unpack_from("<HHHH", data, at + 1)
            return max(columns, left + width), max(rows, top + height)
        if kind != 0x21:
            break
        at += 2
        for _ in steps:
            size = data[at]
            at += 1 + size
            if not size:
                break
    return columns, rows


def _bmp(data: bytes) -> tuple[int, int]:
    (header_bytes,) = struct.unpack_from("<I", data, 14)
    columns, rows = struct.unpack_from("<HH" if header_bytes == 12 else "<ii", data, 18)
    return columns, rows


def _webp(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8X":
        return _three(data, 24) + 1, _three(data, 27) + 1
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        columns, rows = struct.unpack_from("<HH", data, 26)
        return columns & 0x3FFF, rows & 0x3FFF
    raise ValueError(_NOTHING)


def _three(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 3], "little")


def _tiff(data: bytes) -> tuple[int, int]:
    """Width and length in the first directory, of which the first page is made."""
    order = "<" if data[:2] == b"II" else ">"
    is_big = data[2:4] in {b"+\0", b"\0+"}
    (at,) = struct.unpack_from(order + ("Q" if is_big else "I"), data, 8 if is_big else 4)
    (count,) = struct.unpack_from(order + ("Q" if is_big else "H"), data, at)
    at += 8 if is_big else 2
    step, value_at = (20, 12) if is_big else (12, 8)
    found: dict[int, int] = {}
    for number in range(min(count, _MOST_STEPS)):
        entry = at + number * step
        tag, kind = struct.unpack_from(order + "HH", data, entry)
        if tag in {_WIDTH, _HEIGHT}:
            form = {_SHORT: "H", _LONG: "I", _LONG8: "Q"}.get(kind)
            if form is None:
                break
            (found[tag],) = struct.unpack_from(order + form, data, entry + value_at)
        if len(found) == 2:
            return found[_WIDTH], found[_HEIGHT]
    raise ValueError(_NOTHING)


def _iso_media(data: bytes) -> tuple[int, int]:
    """The largest of the sizes in the box ``meta``, tiles and thumbnails being smaller."""
    meta = _box(data, b"meta")
    sizes: list[tuple[int, int]] = []
    at = -1
    while len(sizes) < _MOST_STEPS and (at := meta.find(b"ispe", at + 1)) >= 0:
        # After the name: version and flags, then columns and rows.
        if at + 16 <= len(meta):
            columns, rows = struct.unpack_from(">II", meta, at + 8)
            sizes.append((columns, rows))
    if not sizes:
        raise ValueError(_NOTHING)
    return max(sizes, key=lambda size: size[0] * size[1])


def _box(data: bytes, wanted: bytes) -> bytes:
    at = 0
    for _ in range(_MOST_STEPS):
        length, kind = struct.unpack_from(">I4s", data, at)
        if length == 1:
            (length,) = struct.unpack_from(">Q", data, at + 8)
        if kind == wanted:
            end = len(data) if length == 0 else at + length
            return data[at : min(end, at + _MOST_META_BYTES)]
        if length < 8:
            break
        at += length
    raise ValueError(_NOTHING)


_READERS: Mapping[str, Callable[[bytes], tuple[int, int]]] = {
    "JPEG": _jpeg,
    "PNG": _png,
    "GIF": _gif,
    "BMP": _bmp,
    "WEBP": _webp,
    "TIFF": _tiff,
    "AVIF": _iso_media,
    "HEIC": _iso_media,
}
