"""The results of a batch as a file: lines of JSON, CSV or Parquet, a part at a time."""

from __future__ import annotations

import csv
import io
import itertools
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from studio_detector.service.api.serialise import json_bytes, row_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Literal

    from studio_detector.service.records import Job, Result

    Rows = Iterable[tuple[Job, Result | None]]

#: Format -> (kind of file, ending of its name).
KINDS: dict[Literal["jsonl", "csv", "parquet"], tuple[str, str]] = {
    "jsonl": ("application/x-ndjson", "jsonl"),
    "csv": ("text/csv; charset=utf-8", "csv"),
    "parquet": ("application/vnd.apache.parquet", "parquet"),
}

# What is sent at once; a row group of Parquet is larger, since each has its own dictionary.
_PART = 200
_GROUP = 5000
# A spreadsheet takes a cell that begins so for a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MOMENT = pa.timestamp("us", tz="UTC")
_SCHEMA = pa.schema(
    [
        ("position", pa.int64()),
        ("name", pa.string()),
        ("job_id", pa.string()),
        ("state", pa.string()),
        ("answer", pa.string()),
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
        ("error_code", pa.string()),
        ("error_message", pa.string()),
    ]
)


def pieces(rows: Rows, kind: Literal["jsonl", "csv", "parquet"]) -> Iterator[bytes]:
    """The file in pieces, each made when it is asked for.

    Args:
        rows: Jobs by position with their results.
        kind: Which format.

    Yields:
        Bytes; together they are the file.
    """
    if kind == "jsonl":
        return _json_lines(rows)
    return _csv(rows) if kind == "csv" else _parquet(rows)


def _json_lines(rows: Rows) -> Iterator[bytes]:
    for part in _parts(rows, _PART):
        yield b"".join(json_bytes(row_json(job, result)) + b"\n" for job, result in part)


def _csv(rows: Rows) -> Iterator[bytes]:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_SCHEMA.names)
    for part in _parts(rows, _PART):
        writer.writerows([_cell(value) for value in _flat(*row).values()] for row in part)
        yield text.getvalue().encode("utf-8", "replace")
        text.seek(0)
        text.truncate()
    # What is left without a single row: the names of the columns.
    if text.getvalue():
        yield text.getvalue().encode()


def _parquet(rows: Rows) -> Iterator[bytes]:
    sink = _Sink()
    with pq.ParquetWriter(sink, _SCHEMA, compression="zstd") as writer:
        for part in _parts(rows, _GROUP):
            flat = [_flat(*row) for row in part]
            writer.write_table(pa.Table.from_pylist([_as_text(row) for row in flat], _SCHEMA))
            yield sink.take()
    yield sink.take()


def _flat(job: Job, result: Result | None) -> dict[str, Any]:
    found: dict[str, Any] = dict.fromkeys(_SCHEMA.names)
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
        found.update(
            result_id=str(result.id),
            image_hash=result.image_hash,
            is_studio=result.is_studio,
            confidence=result.confidence,
            label=result.label,
            phase=result.phase,
            lighting_confidence=result.lighting_confidence,
            model=result.model,
            variant=result.work.variant,
            pipeline_version=result.work.pipeline_version,
            perceptual_hash=result.perceptual_hash,
            processing_time_ms=result.processing_time_ms,
            created_at=result.created_at,
        )
    return found


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value.isoformat() if hasattr(value, "isoformat") else value


def _as_text(row: dict[str, Any]) -> dict[str, Any]:
    # Names in archives may hold what is no text, which Parquet refuses.
    return {
        key: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
        for key, value in row.items()
    }


def _parts(rows: Rows, size: int) -> Iterator[list[tuple[Job, Result | None]]]:
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
