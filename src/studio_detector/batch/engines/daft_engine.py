"""Daft: the native engine on one machine, or a Ray cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio_detector.batch.arrow import arrow
from studio_detector.batch.engines.packages import package
from studio_detector.batch.engines.replica import BATCH_ROWS, Replica, input_columns
from studio_detector.batch.scoring import BYTES, PATH, Scorer
from studio_detector.errors import ConfigError

if TYPE_CHECKING:
    from studio_detector.batch.engines.job import Job
    from studio_detector.pipeline.settings import Settings

# Daft cuts files by their size. A row takes about this much on disk.
_ROW_BYTES = 2_000


def score_frame(
    frame: Any,  # noqa: ANN401 - a daft.DataFrame
    settings: Settings | None = None,
    *,
    workers: int = 2,
    timing: bool = True,
    batch_rows: int = BATCH_ROWS,
) -> Any:  # noqa: ANN401 - a daft.DataFrame
    """Score the photos of a Daft frame, lazily.

    Args:
        frame: A ``daft.DataFrame`` with a column ``path``, ``bytes`` or both; see `score_batch`.
        settings: What differs from the defaults.
        workers: Processes; on a cluster, actors.
        timing: Keep the columns of milliseconds.
        batch_rows: Photos a worker gets at a time.

    Returns:
        A ``daft.DataFrame`` of the columns of a batch. Daft keeps no order between workers.

    Raises:
        ConfigError: If no column can be scored, or as `Scorer.detector`.
        MissingExtraError: ``missing_extra`` without Daft.
    """
    daft, pa = package("daft"), arrow()
    schema = Scorer(settings, timing=timing).schema
    names = input_columns(frame.column_names)

    class Rows:
        """Built by Daft once in each worker process."""

        def __init__(self) -> None:
            self.replica = Replica(settings, timing=timing, expected=schema)

        @daft.method.batch(  # type: ignore[untyped-decorator]
            return_dtype=daft.DataType.from_arrow_type(pa.struct(list(schema))),
            unnest=True,
            batch_size=batch_rows,
        )
        def score(self, *columns: Any) -> Any:  # noqa: ANN401 - a daft.Series each
            arrays = [column.to_arrow() for column in columns]
            batch = pa.RecordBatch.from_arrays(arrays, names=names)
            return self.replica.score(batch).to_struct_array()

    rows = daft.cls(Rows, use_process=True, max_concurrency=workers, cpus=1)()
    return frame.select(rows.score(*(frame[name] for name in names)))


def write_parts(job: Job) -> None:
    """Score the photos of a job with Daft, which writes the Parquet parts itself.

    Raises:
        ConfigError: ``config_invalid_value`` if this process runs Daft on something else.
        MissingExtraError: ``missing_extra`` without Daft.
    """
    daft = package("daft")
    _choose_runner(daft, job.cluster)
    frame = daft.from_arrow(job.photos())
    if job.cluster is not None:
        # One partition would be one task on one machine.
        frame = frame.into_partitions(job.parts)
    # Small enough that the pictures waiting between download and scoring fit into memory.
    frame = frame.into_batches(job.batch_rows)
    if job.remote:
        frame = frame.with_column(
            BYTES, daft.functions.download(frame[PATH], on_error="null", max_connections=32)
        )
    scored = score_frame(
        frame,
        job.settings,
        workers=job.workers,
        timing=job.timing,
        batch_rows=job.batch_rows,
    )
    with daft.execution_config_ctx(parquet_target_filesize=job.rows_per_part * _ROW_BYTES):
        scored.write_parquet(job.output, compression="zstd", write_mode="append")


def _choose_runner(daft: Any, cluster: str | None) -> None:  # noqa: ANN401 - the module
    wanted = "native" if cluster is None else "ray"
    try:
        if cluster is None:
            daft.set_runner_native()
        else:
            address = None if cluster == "auto" else cluster
            daft.set_runner_ray(address, noop_if_initialized=True)
    except daft.exceptions.DaftCoreException as error:
        # Daft takes one runner in the life of a process, and refuses the same one again.
        if daft.get_or_infer_runner_type() != wanted:
            raise ConfigError(
                f"this process runs Daft otherwise already ({error}); start another process",
                code="config_invalid_value",
            ) from error
