"""Rows as the table ``photos`` of an SQLite database."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Any

from studio_detector.batch import files
from studio_detector.batch.rows import ROW_SCHEMA_VERSION, row_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from studio_detector.batch.writers.base import Layout
    from studio_detector.reporting.tables import Kind

#: Name of the table.
TABLE = "photos"
_ROWS_PER_TRANSACTION = 1_000
_TYPES: Mapping[Kind, str] = {
    "text": "TEXT",
    "number": "REAL",
    "whole": "INTEGER",
    "truth": "INTEGER",
}


class SqliteWriter:
    """Writes one table; ``PRAGMA user_version`` tells the version of the row schema.

    Truths are 0 and 1. Rows have the order of the inputs by ``rowid``.

    Args:
        path: The file; replaced if it is there.
        layout: What a row holds.

    Raises:
        OSError: Here and in all methods but `abandon`, if the disk does not take it.
    """

    def __init__(self, path: Path, layout: Layout) -> None:
        self._columns = layout.columns
        files.create(path).close()
        self._waiting = 0
        with _as_os_errors():
            self._database = sqlite3.connect(path, isolation_level=None)
            # The file gets its name when it is whole, so it needs no journal of its own.
            self._database.execute("PRAGMA journal_mode = OFF")
            self._database.execute("PRAGMA synchronous = OFF")
            self._database.execute(f"PRAGMA user_version = {ROW_SCHEMA_VERSION:d}")
            fields = ", ".join(
                f"{_quoted(column.name)} {_TYPES[column.kind]}" for column in self._columns
            )
            self._database.execute(f"CREATE TABLE {TABLE} ({fields})")
            self._database.execute("BEGIN")
        marks = ", ".join("?" * len(self._columns))
        self._insert = f"INSERT INTO {TABLE} VALUES ({marks})"  # noqa: S608 - only question marks

    def write(self, result: dict[str, Any]) -> None:
        """See `RowWriter`."""
        with _as_os_errors():
            self._database.execute(self._insert, row_of(result, self._columns))
            self._waiting += 1
            if self._waiting == _ROWS_PER_TRANSACTION:
                self._database.execute("COMMIT")
                self._database.execute("BEGIN")
                self._waiting = 0

    def finish(self) -> None:
        """See `RowWriter`."""
        with _as_os_errors():
            self._database.execute("COMMIT")
            self._database.close()

    def abandon(self) -> None:
        """See `RowWriter`."""
        with contextlib.suppress(sqlite3.Error):
            self._database.close()


@contextlib.contextmanager
def _as_os_errors() -> Any:  # noqa: ANN401 - a context manager
    try:
        yield
    except sqlite3.OperationalError as error:
        raise OSError(str(error)) from error


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
