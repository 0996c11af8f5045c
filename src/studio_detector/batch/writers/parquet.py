"""Rows as Parquet, through pyarrow (extra ``batch``)."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from studio_detector.batch.arrow import arrow, record_batch, schema_of
from studio_detector.batch.rows import row_of

if TYPE_CHECKING:
    from pathlib import Path

    from studio_detector.batch.writers.base import Layout
    from studio_detector.reporting.tables import Cell

# Cells as Python objects are large, so they become Arrow arrays early ...
_ROWS_PER_BATCH = 512
# ... and row groups of this many batches keep the footer small and the memory bounded.
_BATCHES_PER_GROUP = 16


class ParquetWriter:
    """Writes row groups of equal size, whatever the shards were.

    Args:
        path: The file; replaced if it is there.
        layout: What a row holds.

    Raises:
        OSError: Here and in all methods but `abandon`, if the disk does not take it.
    """

    def __init__(self, path: Path, layout: Layout) -> None:
        self._columns = layout.columns
        self._schema = schema_of(layout.columns)
        self._rows: list[tuple[Cell, ...]] = []
        self._batches: list[Any] = []
        self._writer = arrow("pyarrow.parquet").ParquetWriter(
            path,
            self._schema,
            compression="zstd",
            # Measurements hardly repeat; looking for repetitions costs time and memory.
            use_dictionary=[c.name for c in layout.columns if c.kind == "text"],
        )

    def write(self, result: dict[str, Any]) -> None:
        """See `RowWriter`."""
        self._rows.append(row_of(result, self._columns))
        if len(self._rows) == _ROWS_PER_BATCH:
            self._gather()
            if len(self._batches) == _BATCHES_PER_GROUP:
                self._write_group()

    def finish(self) -> None:
        """See `RowWriter`."""
        if self._rows:
            self._gather()
        if self._batches:
            self._write_group()
        self._writer.close()

    def abandon(self) -> None:
        """See `RowWriter`."""
        self._rows, self._batches = [], []
        # Closing writes the footer, which may fail in any way; the file is given up.
        with contextlib.suppress(Exception):
            self._writer.close()

    def _gather(self) -> None:
        self._batches.append(record_batch(self._rows, self._schema))
        self._rows = []

    def _write_group(self) -> None:
        table = arrow().Table.from_batches(self._batches, self._schema)
        self._batches = []
        self._writer.write_table(table, row_group_size=table.num_rows)
