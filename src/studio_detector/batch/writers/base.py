"""What a writer of rows is, and what it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from studio_detector.reporting.tables import Column


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What a row holds.

    Attributes:
        columns: Columns of a table, in order.
        flat: Whether the columns were named by the user; then JSON has just these keys,
            otherwise the nested form of a single photo.
        measurements: Keep measurements and evidence in nested JSON.
        timing: Keep milliseconds in nested JSON.
    """

    columns: tuple[Column, ...]
    flat: bool = False
    measurements: bool = True
    timing: bool = True


class RowWriter(Protocol):
    """Takes results one by one and writes a file.

    A writer holds a bounded number of rows, and equal results give equal files, however the
    run that found them was cut.
    """

    def write(self, result: dict[str, Any]) -> None:
        """Add a row for a result; see `batch.rows`."""

    def finish(self) -> None:
        """Write what comes after the last row and close the file."""

    def abandon(self) -> None:
        """Close the file as it is; it is not whole. Never raises."""
