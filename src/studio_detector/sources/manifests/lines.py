"""Lines of a stream, none of them longer than memory should hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_detector.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_CHUNK_BYTES = 65_536
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line.

    Attributes:
        place: Its number, from 1.
        data: Its bytes with the separator where it has one, or only its beginning where it is
            too long.
        is_whole: False where it is longer than allowed.
    """

    place: int
    data: bytes
    is_whole: bool


def lines(stream: BinaryIO, *, separator: bytes = b"\n", longest_bytes: int) -> Iterator[Line]:
    r"""Split a stream into lines, each as soon as it has arrived.

    Args:
        stream: Opened in binary; read from where it stands.
        separator: One byte that ends a line: ``\n``, or NUL.
        longest_bytes: Bytes of the longest line that is held, its separator included. Of a
            longer one only the beginning is kept.

    Yields:
        Every line, the empty ones too. A UTF-8 byte order mark before the first one is left
        out, unless lines end with NUL: then every byte counts.

    Raises:
        ConfigError: ``manifest_invalid`` if the stream begins as UTF-16 text does.
    """
    place, held, is_whole = 1, b"", True
    # `read1` gives what has arrived; a file without a buffer does so anyway.
    read = getattr(stream, "read1", stream.read)
    while chunk := read(_CHUNK_BYTES):
        start = 0
        while (end := chunk.find(separator, start) + 1) > 0:
            held, is_whole = _joined(held, chunk[start:end], longest_bytes, is_whole=is_whole)
            yield _line(place, held, is_whole=is_whole, separator=separator)
            place, held, is_whole, start = place + 1, b"", True, end
        held, is_whole = _joined(held, chunk[start:], longest_bytes, is_whole=is_whole)
    if held:
        yield _line(place, held, is_whole=is_whole, separator=separator)


def _joined(held: bytes, more: bytes, longest_bytes: int, *, is_whole: bool) -> tuple[bytes, bool]:
    if not is_whole:
        return held, False
    if len(held) + len(more) <= longest_bytes:
        return held + more, True
    return (held + more)[:longest_bytes], False


def _line(place: int, data: bytes, *, is_whole: bool, separator: bytes) -> Line:
    if place == 1 and separator != b"\0":
        if data.startswith(_UTF_16_MARKS):
            raise ConfigError("it is UTF-16 text; save it as UTF-8", code="manifest_invalid")
        data = data.removeprefix(_BYTE_ORDER_MARK)
    return Line(place=place, data=data, is_whole=is_whole)
