"""The row schema in Apache Arrow, for Parquet files and for distributed engines."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from studio_detector.batch.rows import ROW_SCHEMA_VERSION
from studio_detector.errors import MissingExtraError
from studio_detector.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from studio_detector.reporting.tables import Cell, Column

#: Key of the schema's metadata that holds `ROW_SCHEMA_VERSION` as decimal text.
ROW_SCHEMA_KEY = "studio_detector.row_schema_version"
#: Key of the schema's metadata that holds the version of the program.
VERSION_KEY = "studio_detector.version"


def arrow(module: str = "pyarrow") -> Any:  # noqa: ANN401 - a module of any shape
    """Import pyarrow, or one of its modules.

    Raises:
        MissingExtraError: ``missing_extra`` if it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtraError.for_package("pyarrow", "batch", "writing Parquet") from error


def schema_of(columns: Iterable[Column]) -> Any:  # noqa: ANN401 - a pyarrow.Schema
    """The Arrow schema of columns.

    Args:
        columns: From `rows.row_columns`.

    Returns:
        A ``pyarrow.Schema`` of strings, 64-bit floats, 64-bit integers and booleans, all
        nullable, with the version of the schema in its metadata.

    Raises:
        MissingExtraError: ``missing_extra`` if pyarrow is not installed.
    """
    pa = arrow()
    types = {
        "text": pa.string(),
        "number": pa.float64(),
        "whole": pa.int64(),
        "truth": pa.bool_(),
    }
    return pa.schema(
        [pa.field(column.name, types[column.kind]) for column in columns],
        metadata={ROW_SCHEMA_KEY: str(ROW_SCHEMA_VERSION), VERSION_KEY: VERSION},
    )


def record_batch(rows: Sequence[Sequence[Cell]], schema: Any) -> Any:  # noqa: ANN401 - of pyarrow
    """Rows as an Arrow record batch.

    Args:
        rows: Cells in the order of the schema, from `rows.row_of`.
        schema: From `schema_of`.

    Returns:
        A ``pyarrow.RecordBatch``.
    """
    pa = arrow()
    turned = zip(*rows, strict=True) if rows else ([] for _ in schema)
    arrays = [pa.array(cells, type=field.type) for cells, field in zip(turned, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
