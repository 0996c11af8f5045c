"""Whether a PNG holds pixels and nothing else, told without decoding it."""

from __future__ import annotations

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER, _PIXELS, _END = b"IHDR", b"IDAT", b"IEND"
_HEADER_BYTES = 13


def is_plain_png(data: bytes) -> bool:
    """Whether a file is a header, pixels and the end, with nothing between them or behind.

    Args:
        data: From a process that met hostile bytes, and may have put them into what it drew.
    """
    if not data.startswith(_SIGNATURE):
        return False
    chunks = []
    at = len(_SIGNATURE)
    while at < len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        chunks.append((kind, length))
        # The length, the kind and the checksum take four bytes each.
        at += 12 + length
    return (
        at == len(data)
        and {kind for kind, _ in chunks[1:-1]} == {_PIXELS}
        and chunks[0] == (_HEADER, _HEADER_BYTES)
        and chunks[-1] == (_END, 0)
    )
