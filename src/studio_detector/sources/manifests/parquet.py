"""Lists as a column of a Parquet file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio_detector.errors import ConfigError, MissingExtraError
from studio_detector.sources.manifests.columns import photo_column
from studio_detector.sources.manifests.rows import (
    LONGEST_NAME_BYTES,
    BrokenRow,
    Row,
    decoded,
    row_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

# Pages are read through a window of this size, instead of whole row groups.
_BUFFER_BYTES = 1 << 20
_BATCH_ROWS = 1_024


def parquet_rows(stream: BinaryIO, column: str | None) -> Iterator[Row | BrokenRow]:
    """Read the names from one column of text, some rows at a time.

    Args:
        stream: Opened in binary, seekable.
        column: As for `photo_column`.

    Yields:
        Names, and broken rows; one for the rest of the list where it is damaged.

    Raises:
        ConfigError: ``manifest_invalid`` if the file is damaged, or has no column of photos.
        MissingExtraError: ``missing_extra`` without pyarrow.
    """
    pa, parquet = _pyarrow()
    try:
        file = parquet.ParquetFile(stream, buffer_size=_BUFFER_BYTES, pre_buffer=False)
        schema = file.schema_arrow
    # Arrow's own errors derive from ValueError and others; NotImplementedError is one of them.
    except (pa.ArrowException, OSError, ValueError) as error:
        raise ConfigError(
            f"it is no whole Parquet file ({_said(error)})", code="manifest_invalid"
        ) from error
    index = photo_column(schema.names, column)
    field = schema.field(index)
    if not _is_text(pa, field.type):
        raise ConfigError(
            f"its column {field.name!r} is of type {field.type}, not text; name another with "
            "--column",
            code="manifest_invalid",
        )
    place = 1
    batches = file.iter_batches(_BATCH_ROWS, columns=[field.name], use_threads=False)
    while True:
        try:
            batch = next(batches, None)
            # Bytes, because Parquet does not promise that text is valid.
            cells = () if batch is None else batch.column(0).cast(pa.large_binary())
        except (pa.ArrowException, OSError, ValueError) as error:
            yield BrokenRow(
                place=place,
                problem=f"and those after it are damaged ({_said(error)}); fetch it again",
            )
            return
        if batch is None:
            return
        for cell in cells:
            yield _row(place, cell)
            place += 1


def _row(place: int, cell: Any) -> Row | BrokenRow:  # noqa: ANN401 - a scalar of pyarrow
    if not cell.is_valid:
        return row_of(place, None)
    data = cell.as_buffer()
    if data.size > LONGEST_NAME_BYTES:
        return BrokenRow(place=place, problem=f"names something {data.size} bytes long")
    return row_of(place, decoded(data.to_pybytes()))


def _is_text(pa: Any, kind: Any) -> bool:  # noqa: ANN401 - pyarrow has no types
    types = pa.types
    if types.is_dictionary(kind):
        kind = kind.value_type
    return any(
        check(kind)
        for check in (
            types.is_string,
            types.is_large_string,
            types.is_binary,
            types.is_large_binary,
        )
    )


def _said(error: Exception) -> str:
    return " ".join(str(error).split())


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow as pa  # noqa: PLC0415 - an optional dependency
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError.for_package("pyarrow", "batch", "a list in Parquet") from error
    return pa, parquet
