"""Results as a file, of a batch or chosen: lines of JSON, CSV or Parquet, a part at a time."""

from __future__ import annotations

import csv
import io
import itertools
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from studio_detector.reporting.tables import csv_cell
from studio_detector.service.api.serialise import json_bytes, result_json, row_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Literal

    from studio_detector.reporting.tables import Cell
    from studio_detector.service.records import Job, Result

    Kind = Literal["jsonl", "csv", "parquet"]

_Row = TypeVar("_Row")

#: Format -> (kind of file, ending of its name).
KINDS: dict[Kind, tuple[str, str]] = {
    "jsonl": ("application/x-ndjson", "jsonl"),
    "csv": ("text/csv; charset=utf-8", "csv"),
    "parquet": ("application/vnd.apache.parquet", "parquet"),
}

# What is sent at once; a row group of Parquet is larger, since each has its own dictionary.
_PART = 200
_GROUP = 5000
_MOMENT = pa.timestamp("us", tz="UTC")
_RESULT = pa.schema(
    [
        ("result_id", pa.string()),
        ("image_hash", pa.string()),
        ("is_studio", pa.bool_()),
        ("confidence", pa.float64()),
        ("label", pa.string()),
        ("phase", pa.string()),
        ("lighting_confidence", pa.float64()),
        ("model", pa.string()),
        ("variant", pa.string()),
        ("pipeline_version", pa.string()),
        ("perceptual_hash", pa.string()),
        ("processing_time_ms", pa.float64()),
        ("created_at", _MOMENT),
    ]
)
_JOB = pa.schema(
    [
        ("position", pa.int64()),
        ("name", pa.string()),
        ("job_id", pa.string()),
        ("state", pa.string()),
        ("answer", pa.string()),
        *_RESULT,
        ("error_code", pa.string()),
        ("error_message", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class _Table(Generic[_Row]):
    """How rows look in files.

    Attributes:
        schema: The columns.
        flat: From a row to the columns' values, in their order.
        whole: From a row to all there is of it, for JSON.
    """

    schema: pa.Schema
    flat: Callable[[_Row], dict[str, Any]]
    whole: Callable[[_Row], dict[str, Any]]


def batch_pieces(rows: Iterable[tuple[Job, Result | None]], kind: Kind) -> Iterator[bytes]:
    """The file of a batch in pieces, each made when it is asked for.

    Args:
        rows: Jobs by position with their results.
        kind: Which format.

    Yields:
        Bytes; together they are the file.
    """
    return _pieces(rows, kind, _Table(_JOB, lambda row: _flat(*row), lambda row: row_json(*row)))


def result_pieces(results: Iterable[Result], kind: Kind) -> Iterator[bytes]:
    """The file of results that were chosen, in pieces; see `batch_pieces`."""
    return _pieces(results, kind, _Table(_RESULT, _flat_result, result_json))


def _pieces(rows: Iterable[_Row], kind: Kind, table: _Table[_Row]) -> Iterator[bytes]:
    if kind == "jsonl":
        return _json_lines(rows, table)
    return _csv(rows, table) if kind == "csv" else _parquet(rows, table)


def _json_lines(rows: Iterable[_Row], table: _Table[_Row]) -> Iterator[bytes]:
    for part in _parts(rows, _PART):
        yield b"".join(json_bytes(table.whole(row)) + b"\n" for row in part)


def _csv(rows: Iterable[_Row], table: _Table[_Row]) -> Iterator[bytes]:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(table.schema.names)
    for part in _parts(rows, _PART):
        writer.writerows(
            [csv_cell(_plain(value)) for value in table.flat(row).values()] for row in part
        )
        yield text.getvalue().encode("utf-8", "replace")
        text.seek(0)
        text.truncate()
    # What is left without a single row: the names of the columns.
    if text.getvalue():
        yield text.getvalue().encode()


def _parquet(rows: Iterable[_Row], table: _Table[_Row]) -> Iterator[bytes]:
    sink = _Sink()
    with pq.ParquetWriter(sink, table.schema, compression="zstd") as writer:
        for part in _parts(rows, _GROUP):
            flat = [_as_text(table.flat(row)) for row in part]
            writer.write_table(pa.Table.from_pylist(flat, table.schema))
            yield sink.take()
    yield sink.take()


def _flat(job: Job, result: Result | None) -> dict[str, Any]:
    found: dict[str, Any] = dict.fromkeys(_JOB.names)
    found.update(
        position=job.position,
        name=job.name,
        job_id=str(job.id),
        state=job.state,
        answer=job.answer,
        image_hash=job.image_hash,
        variant=job.work.variant,
        pipeline_version=job.work.pipeline_version,
        error_code=job.error_code,
        error_message=job.error_message,
    )
    if result is not None:
        found.update(_flat_result(result))
    return found


def _flat_result(result: Result) -> dict[str, Any]:
    return {
        "result_id": str(result.id),
        "image_hash": result.image_hash,
        "is_studio": result.is_studio,
        "confidence": result.confidence,
        "label": result.label,
        "phase": result.phase,
        "lighting_confidence": result.lighting_confidence,
        "model": result.model,
        "variant": result.work.variant,
        "pipeline_version": result.work.pipeline_version,
        "perceptual_hash": result.perceptual_hash,
        "processing_time_ms": result.processing_time_ms,
        "created_at": result.created_at,
    }


def _plain(value: Any) -> Cell:  # noqa: ANN401 - of any column
    cell: Cell = value.isoformat() if isinstance(value, datetime) else value
    return cell


def _as_text(row: dict[str, Any]) -> dict[str, Any]:
    # Names in archives may hold what is no text, which Parquet refuses.
    return {
        key: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
        for key, value in row.items()
    }


def _parts(rows: Iterable[_Row], size: int) -> Iterator[list[_Row]]:
    iterator = iter(rows)
    while part := list(itertools.islice(iterator, size)):
        yield part


class _Sink(io.RawIOBase):
    """A file that only grows and whose bytes are taken away as they come."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:  # noqa: ANN401 - any buffer
        self._held += data
        return len(data)

    def take(self) -> bytes:
        taken = bytes(self._held)
        self._held.clear()
        return taken
