"""Rows as JSON lines: the JSON of a single photo, or the named columns as one flat object."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from studio_detector.batch import files
from studio_detector.batch.rows import row_of

if TYPE_CHECKING:
    from pathlib import Path

    from studio_detector.batch.writers.base import Layout

_MEASUREMENT_KEYS = frozenset({"intercept", "evidence", "measurements", "missing"})
_TIMING_KEYS = frozenset({"timing_ms"})


class JsonLinesWriter:
    """Writes one object a line, in ASCII: names that are no valid text stay exact.

    Args:
        path: The file; replaced if it is there.
        layout: What a row holds.
    """

    def __init__(self, path: Path, layout: Layout) -> None:
        self._layout = layout
        self._left_out = (frozenset() if layout.measurements else _MEASUREMENT_KEYS) | (
            frozenset() if layout.timing else _TIMING_KEYS
        )
        self._file = files.create(path)

    def write(self, result: dict[str, Any]) -> None:
        """See `RowWriter`."""
        if self._layout.flat:
            columns = self._layout.columns
            names = [column.name for column in columns]
            data = dict(zip(names, row_of(result, columns), strict=True))
        else:
            data = {key: value for key, value in result.items() if key not in self._left_out}
        self._file.write(json.dumps(data, allow_nan=False).encode("ascii") + b"\n")

    def finish(self) -> None:
        """See `RowWriter`."""
        self._file.close()

    def abandon(self) -> None:
        """See `RowWriter`."""
        with contextlib.suppress(OSError):
            self._file.close()
