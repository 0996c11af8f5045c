"""From the name of a file to the writer of its format."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from studio_detector.batch.arrow import arrow
from studio_detector.batch.writers.csv import CsvWriter
from studio_detector.batch.writers.jsonl import JsonLinesWriter
from studio_detector.batch.writers.parquet import ParquetWriter
from studio_detector.batch.writers.sqlite import SqliteWriter
from studio_detector.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from studio_detector.batch.writers.base import Layout, RowWriter

#: Suffix, in small letters -> writer.
WRITERS: Mapping[str, Callable[[Path, Layout], RowWriter]] = MappingProxyType(
    {
        ".parquet": ParquetWriter,
        ".csv": CsvWriter,
        ".jsonl": JsonLinesWriter,
        ".ndjson": JsonLinesWriter,
        ".sqlite": SqliteWriter,
        ".sqlite3": SqliteWriter,
        ".db": SqliteWriter,
    }
)


def writer_for(output: Path) -> Callable[[Path, Layout], RowWriter]:
    """The writer that the suffix of a file asks for.

    Args:
        output: Name of the file; nothing is opened.

    Returns:
        Opens a writer on a path, which need not have the suffix.

    Raises:
        ConfigError: ``config_invalid_value`` if the suffix is none of `WRITERS`.
        MissingExtraError: ``missing_extra`` if the format needs a package that is not there.
    """
    writer = WRITERS.get(output.suffix.lower())
    if writer is None:
        raise ConfigError(
            f"the suffix {output.suffix!r} of the output {str(output)!r} tells no format; "
            f"end its name in one of {', '.join(WRITERS)}",
            code="config_invalid_value",
        )
    if writer is ParquetWriter:
        arrow("pyarrow.parquet")
    return writer
