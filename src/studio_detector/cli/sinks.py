"""Where outcomes go: the four formats of standard output."""

from __future__ import annotations

import csv
import io
import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from studio_detector.cli.streams import colour_wanted
from studio_detector.reporting import grid, tables
from studio_detector.reporting.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from studio_detector.analysis.base import AnalysisSpec
    from studio_detector.cli.streams import Output
    from studio_detector.pipeline.report import Outcome

#: Names of the formats.
Format: TypeAlias = Literal["jsonl", "json", "csv", "table"]


class Sink(Protocol):
    """Takes outcomes one by one."""

    def begin(self) -> None:
        """Write what comes before the first."""

    def write(self, outcome: Outcome) -> None:
        """Take one outcome."""

    def end(self) -> None:
        """Write what comes after the last; not called when the run is cut short."""


def open_sink(
    name: Format, output: Output, specs: Iterable[AnalysisSpec], *, verbose: bool, timing: bool
) -> Sink:
    """Open the sink of a format.

    Args:
        name: The format.
        output: Where it writes.
        specs: Specifications of the analyses that may run, for the columns.
        verbose: With every measurement.
        timing: With milliseconds.
    """
    if name == "csv":
        return _Csv(output, tables.columns(specs, verbose=verbose, timing=timing))
    if name == "table":
        return _Table(output, timing=timing)
    form = _JsonArray if name == "json" else _JsonLines
    return form(output, verbose=verbose, timing=timing)


@dataclass(slots=True)
class _JsonLines:
    output: Output
    verbose: bool
    timing: bool

    def begin(self) -> None:
        pass

    def write(self, outcome: Outcome) -> None:
        self.output.write(outcome.to_json(verbose=self.verbose, timing=self.timing) + "\n")

    def end(self) -> None:
        pass


@dataclass(slots=True)
class _JsonArray:
    """One array, an element a line. Cut short, it stays open, so nobody takes it for whole."""

    output: Output
    verbose: bool
    timing: bool
    _separator: str = "[\n"

    def begin(self) -> None:
        pass

    def write(self, outcome: Outcome) -> None:
        line = outcome.to_json(verbose=self.verbose, timing=self.timing)
        self.output.write(self._separator + line)
        self._separator = ",\n"

    def end(self) -> None:
        self.output.write("[]\n" if self._separator == "[\n" else "\n]\n")


@dataclass(slots=True)
class _Csv:
    output: Output
    columns: tuple[tables.Column, ...]

    def begin(self) -> None:
        self._write([column.name for column in self.columns])

    def write(self, outcome: Outcome) -> None:
        self._write(tables.row(outcome, self.columns))

    def end(self) -> None:
        pass

    def _write(self, cells: Iterable[tables.Cell]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerow([self._cell(cell) for cell in cells])
        self.output.write(text.getvalue())

    def _cell(self, cell: tables.Cell) -> str:
        if isinstance(cell, str) and self.output.is_terminal:
            cell = printable(cell)
        return tables.csv_cell(cell)


@dataclass(slots=True)
class _Table:
    """A table needs its widest cell, so it is written at the end."""

    output: Output
    timing: bool
    _rows: list[tuple[str, ...]] = field(default_factory=list)

    def begin(self) -> None:
        pass

    def write(self, outcome: Outcome) -> None:
        cells = tables.row(outcome, self._columns())
        self._rows.append(tuple(printable(tables.cell_text(cell)) for cell in cells))

    def end(self) -> None:
        header = [column.name for column in self._columns()]
        write_table(self.output, header, self._rows)

    def _columns(self) -> tuple[tables.Column, ...]:
        return tuple(c for c in tables.summary_columns() if self.timing or c.name != "ms")


def write_table(output: Output, header: list[str], rows: list[tuple[str, ...]]) -> None:
    """Write a table: fitted to the window on a terminal, in plain columns elsewhere.

    Args:
        output: Where to.
        header: Names of the columns.
        rows: Printable cells.
    """
    output.write(_fitted(header, rows) if output.is_terminal else grid.aligned(header, rows))


def _fitted(header: list[str], rows: list[tuple[str, ...]]) -> str:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in header:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))  # as text: brackets in names are no markup
    text = io.StringIO()
    Console(
        file=text,
        force_terminal=True,
        no_color=not colour_wanted(os.environ, is_terminal=True),
        width=shutil.get_terminal_size().columns,
    ).print(table)
    return text.getvalue()
