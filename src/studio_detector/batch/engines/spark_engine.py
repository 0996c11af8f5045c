"""Spark: the function that ``mapInArrow`` takes, and the schema it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio_detector.batch.arrow import arrow
from studio_detector.batch.engines.replica import Replica
from studio_detector.batch.scoring import Scorer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from studio_detector.pipeline.settings import Settings


def score_partition(
    settings: Settings | None = None, *, timing: bool = True
) -> Callable[[Iterable[Any]], Iterator[Any]]:
    """The function for ``DataFrame.mapInArrow``.

    ::

        photos = spark.read.format("binaryFile").load("s3a://bucket/photos/")
        photos = photos.selectExpr("path", "content AS bytes")
        rows = photos.mapInArrow(score_partition(settings), spark_schema(settings))
        rows.write.parquet("s3a://bucket/rows/")

    Args:
        settings: What differs from the defaults.
        timing: Keep the columns of milliseconds.

    Returns:
        Takes an iterator of ``pyarrow.RecordBatch`` with the columns of `score_batch` and
        yields one of rows for each. The detector is built once in each process.

    Raises:
        ConfigError: As `Scorer.detector`.
    """
    expected = Scorer(settings, timing=timing).schema

    def score(batches: Iterable[Any]) -> Iterator[Any]:
        replica = Replica(settings, timing=timing, expected=expected)
        for batch in batches:
            yield replica.score(batch)

    return score


def spark_schema(settings: Settings | None = None, *, timing: bool = True) -> str:
    """The schema of the rows in Spark's own words, for the second argument of ``mapInArrow``.

    Args:
        settings: What differs from the defaults.
        timing: Keep the columns of milliseconds.

    Returns:
        A DDL string; names stand in back quotes, since those of measurements have a dot.
    """
    pa = arrow()
    names = {pa.string(): "string", pa.float64(): "double", pa.int64(): "bigint"}
    names[pa.bool_()] = "boolean"
    schema = Scorer(settings, timing=timing).schema
    return ", ".join(f"`{field.name}` {names[field.type]}" for field in schema)
