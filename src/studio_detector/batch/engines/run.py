"""Score many photos on an engine, into a folder of Parquet parts that the engine writes."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from studio_detector.batch.engines import packages
from studio_detector.batch.engines.folder import PartsFolder, missing, run_identity
from studio_detector.batch.scoring import Scorer
from studio_detector.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_detector.batch.engines.job import Job

#: Engines besides the local worker pool.
Engine: TypeAlias = Literal["daft", "ray"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineRun:
    """What a run on an engine did.

    Attributes:
        written: Rows written by this run.
        found: Photos that had their row from an earlier run.
        unfinished: Parts an earlier run left half written, now set aside.
        outcomes: Label or error code -> rows of it in the folder, earlier runs included.
    """

    written: int
    found: int
    unfinished: int
    outcomes: Mapping[str, int]


def run(engine: Engine, job: Job, *, resume: bool = False) -> EngineRun:
    """Score the photos of a job on an engine.

    The engine writes parts named by itself into ``job.output``, in no particular order, and one
    file ``_run.json`` says what made them. Engines only add parts and never replace any.

    Args:
        engine: "daft": its native engine, or a Ray cluster if the job names one; "ray": Ray
            Data, on the cluster named or one started for the run.
        job: What to score, how, and where the parts go.
        resume: Score only the photos that have no row in the folder yet.

    Returns:
        Counts.

    Raises:
        OutputError: ``output_exists`` if the folder holds parts and ``resume`` is off;
            ``resume_mismatch`` if they are of another run; ``output_failed``.
        ConfigError: For settings, as `Detector`.
        ModelError: As `Detector`.
        AnalysisError: ``internal`` if the engine ended well and rows are missing all the same.
        MissingExtraError: ``missing_extra`` without the extra ``distributed``.
    """
    packages.be_quiet(os.environ)
    # Imported before anything is written, so that a missing package leaves no trace.
    packages.package(engine)
    folder = PartsFolder.at(job.output)
    job = replace(
        job,
        # Workers may stand in another folder.
        output=job.output if "://" in job.output else folder.path,
        # As in the local pool, nothing that a picture does to its decoder may end a worker.
        settings=replace(job.settings, isolate=True),
    )
    with Scorer(job.settings, timing=job.timing) as scorer:
        # Settings that no detector takes should fail here, not on every worker.
        folder.claim(run_identity(job.settings, scorer), resume=resume)
    unfinished = folder.set_unfinished_aside() if resume else 0
    left = missing(job.paths, folder.done()) if resume else job.paths
    if left:
        _write(engine, replace(job, paths=left))
        lost = missing(job.paths, folder.done())
        if lost:
            raise AnalysisError(
                f"the engine ended, but {len(lost)} of {len(job.paths)} photos have no row, "
                f"the first is {lost[0]!r}; run again with resume",
                code="internal",
            )
    return EngineRun(
        written=len(left),
        found=len(job.paths) - len(left),
        unfinished=unfinished,
        outcomes=Counter(folder.outcomes()),
    )


def _write(engine: Engine, job: Job) -> None:
    # Each brings a package of a hundred megabytes; only the one in use is loaded.
    if engine == "daft":
        from studio_detector.batch.engines import daft_engine  # noqa: PLC0415

        daft_engine.write_parts(job)
    else:
        from studio_detector.batch.engines import ray_engine  # noqa: PLC0415

        ray_engine.write_parts(job)
