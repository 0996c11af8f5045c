"""Whether a JPEG holds pixels and nothing else, told without decoding it."""

from __future__ import annotations

_START, _END = b"\xff\xd8", b"\xff\xd9"
# The plain header of 1.01 without a picture in it: JFIF and NUL, version, density, 0 by 0 px.
_HEADER, _HEADER_BYTES = 0xE0, 14
_MARK = b"JFIF\x00"
_NO_PICTURE = b"\x00\x00"
# Tables of quantisation and of Huffman, the frame, its scan.
_TABLES = frozenset({0xDB, 0xC4})
_FRAME, _SCAN = 0xC0, 0xDA


def is_plain_jpeg(data: bytes) -> bool:
    """Whether a file is the plain header, one baseline picture, and nothing behind.

    Args:
        data: From a process that met hostile bytes, and may have put them into what it drew.
    """
    if not (data.startswith(_START) and data.endswith(_END)):
        return False
    kinds: list[int] = []
    at = len(_START)
    while not kinds or kinds[-1] != _SCAN:
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at : at + 1] != b"\xff" or length <= 2 or at + 2 + length > len(data):
            return False
        kinds.append(data[at + 1])
        if kinds[-1] == _HEADER and not _is_header(data[at + 4 : at + 2 + length]):
            return False
        at += 2 + length
    header, *tables, scan = kinds
    is_framed = tables.count(_FRAME) == 1 and set(tables) <= _TABLES | {_FRAME}
    # In a scan, a byte of ones stands before a zero; anything else would be a marker.
    scanned = data[at : -len(_END)].replace(b"\xff\x00", b"")
    return (header, scan) == (_HEADER, _SCAN) and is_framed and b"\xff" not in scanned


def _is_header(content: bytes) -> bool:
    return (
        len(content) == _HEADER_BYTES
        and content.startswith(_MARK)
        and content.endswith(_NO_PICTURE)
    )
