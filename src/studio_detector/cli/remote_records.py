"""Records of a service - jobs, results - as JSON, CSV or a table."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any, get_args

import click

from studio_detector.cli.sinks import Format, write_table
from studio_detector.reporting.printable import printable
from studio_detector.reporting.tables import cell_text, csv_cell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from studio_detector.cli.streams import Output

#: The option that says in which form records are written.
FORMAT = click.option(
    "--format",
    "output_format",
    type=click.Choice(get_args(Format)),
    default="jsonl",
    show_default=True,
    help="Form of standard output; json is one array.",
)


def write_records(
    output: Output,
    output_format: Format,
    records: Iterable[Mapping[str, Any]],
    columns: Sequence[str],
) -> None:
    """Write records, each as soon as it is there.

    Args:
        output: Where to.
        output_format: JSON has all of a record, CSV and tables have the columns.
        records: As the service gave them.
        columns: Keys of records; ``a.b`` is the key b of the object a.
    """
    writers: Mapping[Format, Callable[[], None]] = {
        "jsonl": lambda: _write_lines(output, records),
        "json": lambda: _write_array(output, records),
        "csv": lambda: _write_csv(output, records, columns),
        "table": lambda: _write_table(output, records, columns),
    }
    writers[output_format]()


def _write_lines(output: Output, records: Iterable[Mapping[str, Any]]) -> None:
    for record in records:
        output.write(json.dumps(record) + "\n")


def _write_array(output: Output, records: Iterable[Mapping[str, Any]]) -> None:
    separator = "[\n"
    for record in records:
        output.write(separator + json.dumps(record))
        separator = ",\n"
    output.write("[]\n" if separator == "[\n" else "\n]\n")


def _write_csv(
    output: Output, records: Iterable[Mapping[str, Any]], columns: Sequence[str]
) -> None:
    def write(cells: Iterable[Any]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerow([csv_cell(cell) for cell in cells])
        output.write(printable_lines(text.getvalue()) if output.is_terminal else text.getvalue())

    write(columns)
    for record in records:
        write(_cell(record, column) for column in columns)


def _write_table(
    output: Output, records: Iterable[Mapping[str, Any]], columns: Sequence[str]
) -> None:
    rows = [
        tuple(printable(cell_text(_cell(record, column))) for column in columns)
        for record in records
    ]
    write_table(output, list(columns), rows)


def printable_lines(text: str) -> str:
    """Text whose lines a terminal shows instead of obeying."""
    return "".join(printable(line) + "\n" for line in text.splitlines())


def _cell(record: Mapping[str, Any], column: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    value: Any = record
    for key in column.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value
