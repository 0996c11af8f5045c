"""Ray Data: on a Ray cluster, or one started here for the run."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from studio_detector.batch.engines.packages import package
from studio_detector.batch.engines.replica import BATCH_ROWS, Replica
from studio_detector.batch.scoring import BYTES, PATH, Scorer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_detector.batch.engines.job import Job
    from studio_detector.pipeline.settings import Settings

#: Shared memory of a cluster started here. What passes between processes are paths and rows.
OBJECT_STORE_BYTES = 200 * 1024 * 1024

# Ray fetches by an actor that plans and tasks that load, of one of Ray's cores each. They wait
# for the network most of the time, but without these cores they would wait for the scoring
# actors, which wait for them.
_FETCHING_CORES = 2


class _Rows:
    """Built by Ray once in each actor."""

    def __init__(self, settings: Settings | None, timing: bool, expected: Any) -> None:  # noqa: ANN401, FBT001 - Ray passes them by position
        self.replica = Replica(settings, timing=timing, expected=expected)

    def __call__(self, table: Any) -> Any:  # noqa: ANN401 - a pyarrow.Table each
        return self.replica.score_table(table)


def score_dataset(
    dataset: Any,  # noqa: ANN401 - a ray.data.Dataset
    settings: Settings | None = None,
    *,
    workers: int = 2,
    timing: bool = True,
    batch_rows: int = BATCH_ROWS,
) -> Any:  # noqa: ANN401 - a ray.data.Dataset
    """Score the photos of a Ray dataset, lazily.

    Args:
        dataset: A ``ray.data.Dataset`` with a column ``path``, ``bytes`` or both; see
            `score_batch`.
        settings: What differs from the defaults.
        workers: Actors at most, of one core each.
        timing: Keep the columns of milliseconds.
        batch_rows: Photos an actor gets at a time.

    Returns:
        A ``ray.data.Dataset`` of the columns of a batch.

    Raises:
        ConfigError: As `Scorer.detector`.
        MissingExtraError: ``missing_extra`` without Ray.
    """
    data = package("ray.data")
    return dataset.map_batches(
        _Rows,
        fn_constructor_args=(settings, timing, Scorer(settings, timing=timing).schema),
        batch_format="pyarrow",
        batch_size=batch_rows,
        zero_copy_batch=True,
        num_cpus=1,
        compute=data.ActorPoolStrategy(min_size=1, max_size=workers),
    )


def write_parts(job: Job) -> None:
    """Score the photos of a job with Ray Data, which writes the Parquet parts itself.

    Raises:
        MissingExtraError: ``missing_extra`` without Ray.
    """
    with _cluster(job) as data:
        data.DataContext.get_current().enable_progress_bars = False
        dataset = data.from_arrow(list(job.photo_parts()))
        if job.remote:
            download = package("ray.data.expressions").download
            dataset = dataset.with_column(BYTES, download(PATH))
        scored = score_dataset(
            dataset,
            job.settings,
            workers=job.workers,
            timing=job.timing,
            batch_rows=job.batch_rows,
        )
        scored.write_parquet(job.output, compression="zstd")


@contextmanager
def _cluster(job: Job) -> Iterator[Any]:
    """Join the cluster named, or the one this process is in, or start one for this run."""
    ray = package("ray")
    if ray.is_initialized():
        yield package("ray.data")
        return
    if job.cluster is not None:
        ray.init(job.cluster, log_to_driver=False)
    else:
        ray.init(
            num_cpus=job.workers + (_FETCHING_CORES if job.remote else 0),
            include_dashboard=False,
            log_to_driver=False,
            object_store_memory=OBJECT_STORE_BYTES,
        )
    try:
        yield package("ray.data")
    finally:
        ray.shutdown()
