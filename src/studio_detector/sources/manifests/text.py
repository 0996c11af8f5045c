"""Lists of one name a line, also from standard input, and lists of names that end with NUL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.sources.manifests.lines import lines
from studio_detector.sources.manifests.rows import (
    LONGEST_NAME_BYTES,
    BrokenRow,
    Row,
    decoded,
    row_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO


def text_rows(stream: BinaryIO, column: str | None = None) -> Iterator[Row | BrokenRow]:
    """Read one name a line; blank lines count but name nothing.

    Args:
        stream: Opened in binary. Lines end with LF or CRLF; a byte order mark is left out.
        column: Without meaning here.

    Yields:
        Names, and broken rows for lines that are too long or hold a NUL.
    """
    del column
    for line in lines(stream, longest_bytes=LONGEST_NAME_BYTES):
        if not line.is_whole:
            yield _too_long(line.place)
        elif b"\0" in line.data:
            yield BrokenRow(
                place=line.place,
                problem="holds a NUL; save the list as UTF-8, or give -0 if its names end with NUL",
            )
        elif line.data.strip():
            yield row_of(line.place, decoded(line.data.removesuffix(b"\n").removesuffix(b"\r")))


def null_separated_rows(stream: BinaryIO) -> Iterator[Row | BrokenRow]:
    """Read names that end with NUL, as ``find -print0`` writes them; every other byte counts."""
    for line in lines(stream, separator=b"\0", longest_bytes=LONGEST_NAME_BYTES):
        if not line.is_whole:
            yield _too_long(line.place)
        elif name := line.data.removesuffix(b"\0"):
            yield row_of(line.place, decoded(name))


def _too_long(place: int) -> BrokenRow:
    return BrokenRow(
        place=place, problem=f"is longer than {LONGEST_NAME_BYTES} bytes; one line names one photo"
    )
