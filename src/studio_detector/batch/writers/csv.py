"""Rows as comma-separated values, in UTF-8 with a header."""

from __future__ import annotations

import contextlib
import csv
import io
from typing import TYPE_CHECKING, Any

from studio_detector.batch import files
from studio_detector.batch.rows import row_of
from studio_detector.reporting.tables import csv_cell

if TYPE_CHECKING:
    from pathlib import Path

    from studio_detector.batch.writers.base import Layout


class CsvWriter:
    """Writes RFC 4180 with line feeds; texts that look like formulas get an apostrophe.

    Args:
        path: The file; replaced if it is there.
        layout: What a row holds.
    """

    def __init__(self, path: Path, layout: Layout) -> None:
        self._columns = layout.columns
        self._file = files.create(path)
        self._text = io.TextIOWrapper(self._file, encoding="utf-8", newline="")
        self._writer = csv.writer(self._text, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
        self._writer.writerow([csv_cell(column.name) for column in self._columns])

    def write(self, result: dict[str, Any]) -> None:
        """See `RowWriter`."""
        self._writer.writerow([csv_cell(cell) for cell in row_of(result, self._columns)])

    def finish(self) -> None:
        """See `RowWriter`."""
        self._text.close()

    def abandon(self) -> None:
        """See `RowWriter`."""
        with contextlib.suppress(OSError):
            self._text.close()
