"""Lists as CSV with a header."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from studio_detector.errors import ConfigError
from studio_detector.sources.manifests.columns import photo_column
from studio_detector.sources.manifests.lines import lines
from studio_detector.sources.manifests.rows import BrokenRow, Row, decoded, row_of
from studio_detector.sources.names import promises_picture

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

#: Bytes of the longest row: the cells beside the name may hold captions and the like.
LONGEST_ROW_BYTES = 1 << 20

_DELIMITERS = ",;\t"


def table_rows(stream: BinaryIO, column: str | None) -> Iterator[Row | BrokenRow]:
    """Read the names from one column of a CSV table.

    Args:
        stream: Opened in binary: UTF-8 with a header. Cells are separated by the one of comma,
            semicolon and tab that the header has most of, and quoted by ``"``.
        column: As for `photo_column`.

    Yields:
        Names, and broken rows. Blank lines name nothing.

    Raises:
        ConfigError: ``manifest_invalid`` if there is no header with a column of photos.
    """
    feed = _Feed(stream)
    reader, header = _begun(feed)
    index = photo_column(header, column)
    if column is None and len(header) == 1 and promises_picture(header[0]):
        raise ConfigError(
            f"it begins with {header[0]!r} instead of a header; write the header path above it, "
            "or call the list .txt",
            code="manifest_invalid",
        )
    while True:
        place = feed.begin_row()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _RowTooLongError) as error:
            yield BrokenRow(place=place, problem=f"is no row of a CSV table ({error}); mend it")
            continue
        if not cells:
            continue
        if index >= len(cells):
            yield BrokenRow(
                place=place,
                problem=f"ends before the column {header[index]!r}; mend or remove it",
            )
        else:
            yield row_of(place, cells[index])


def _begun(feed: _Feed) -> tuple[Iterator[list[str]], list[str]]:
    try:
        line = next(feed, "")
        feed.put_back(line)
        reader = csv.reader(feed, delimiter=max(_DELIMITERS, key=line.count), strict=True)
        header = next(reader)
    except (csv.Error, _RowTooLongError) as error:
        raise ConfigError(f"its header is broken ({error})", code="manifest_invalid") from error
    if not header:
        raise ConfigError(
            "it has no header; begin it with the names of its columns", code="manifest_invalid"
        )
    return reader, header


class _RowTooLongError(Exception):
    """A row is longer than may be held."""


class _Feed:
    """Lines of text for `csv.reader`, which joins as many as a quoted cell spans.

    An iterator by hand, because a generator that raised would be at its end.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._lines = lines(stream, longest_bytes=LONGEST_ROW_BYTES)
        self._again: str | None = None
        self._place = 0
        self._row_bytes = 0

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if self._again is not None:
            text, self._again = self._again, None
            return text
        line = next(self._lines)
        self._place = line.place
        self._row_bytes += len(line.data)
        if not line.is_whole or self._row_bytes > LONGEST_ROW_BYTES:
            raise _RowTooLongError(f"longer than {LONGEST_ROW_BYTES} bytes")
        return decoded(line.data)

    def put_back(self, text: str) -> None:
        """Give the last line once more."""
        self._again = text

    def begin_row(self) -> int:
        """Expect a new row; return the number of its first line."""
        self._row_bytes = 0
        return self._place + 1
