"""What log, trace and metrics say of one try of a job, while it goes on and at its end."""

from __future__ import annotations

import contextlib
import logging
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from studio_detector.errors import BusyError
from studio_detector.service.logs.context import bound

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from studio_detector.service.queues.parts import WorkerParts
    from studio_detector.service.records import Job
    from studio_detector.service.traces.base import Span, Tracer

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Followed:
    """A try that goes on.

    Attributes:
        begun_s: When it began, on a clock that never goes back.
        ended: The job after it; None while it goes on, and where its lease was lost.
        is_put_off: Whether the store is told of its end later: then `note_end` is to be called
            when it was.
    """

    begun_s: float = field(default_factory=time.perf_counter)
    ended: Job | None = None
    is_put_off: bool = False


def ids_of(job: Job) -> dict[str, str | None]:
    """What lines about a job carry.

    Args:
        job: The job.
    """
    return {
        "request_id": job.request_id,
        "job_id": str(job.id),
        "batch_id": None if job.batch_id is None else str(job.batch_id),
        "tenant": job.tenant,
    }


@contextlib.contextmanager
def followed(parts: WorkerParts, job: Job, owner: str) -> Iterator[Followed]:
    """Have everything that is said in a block name the job; at its end, say how it ended.

    Args:
        parts: The parts of the service.
        job: The job, as it was claimed.
        owner: Who claimed it.

    Yields:
        Takes the job as it is afterwards.
    """
    tracer, told = parts.tracer, Followed()
    _note_wait(tracer, job)
    with (
        bound(**ids_of(job), worker=owner),
        tracer.span("job", kind="consumer", parent=job.traceparent) as span,
    ):
        span.set(**ids_of(job), queue=job.queue, attempt=job.attempts)
        outcome, code = "given_back", None
        try:
            yield told
            # What is put off was analysed, and its picture's part is over.
            outcome, code = ("analysed", None) if told.is_put_off else _outcome(told.ended)
        except BusyError as error:
            code = error.code
            raise
        finally:
            span.set(outcome=outcome)
            if code is not None:
                span.failed(code)
            if not told.is_put_off:
                _note(parts, job, told, outcome, code)


def note_end(
    parts: WorkerParts, job: Job, owner: str, told: Followed, failed: BusyError | None = None
) -> None:
    """Say how a try ended whose end was put off.

    Args:
        parts: The parts of the service.
        job: The job, as it was claimed.
        owner: Who claimed it.
        told: What `followed` gave, with the job as it is now.
        failed: Why the store could not be told, and the job goes back.
    """
    outcome, code = ("given_back", failed.code) if failed else _outcome(told.ended)
    with bound(**ids_of(job), worker=owner):
        _note(parts, job, told, outcome, code)


def _note(parts: WorkerParts, job: Job, told: Followed, outcome: str, code: str | None) -> None:
    took_s = time.perf_counter() - told.begun_s
    parts.metrics.jobs.tried(job.queue, job.waited_s, took_s, outcome, code)
    _log.info(
        "a try of a job ended: %s",
        outcome,
        extra={
            "outcome": outcome,
            "code": code,
            "attempt": job.attempts,
            "duration_ms": round(took_s * 1000, 3),
        },
    )


def describe_row(span: Span, row: object) -> None:
    """Say in a span how long each stage of an analysis took.

    Args:
        span: Of the analysis.
        row: What came of it; rows of pictures that failed have no times.
    """
    if not isinstance(row, dict):
        return
    timing_ms: Mapping[str, Any] = row.get("timing_ms") or {}
    # Stages that did not run are None.
    ran_ms = {f"{stage}_ms": ms for stage, ms in timing_ms.items() if ms is not None}
    span.set(**ran_ms)
    if "error" in row:
        span.failed(row["error"]["code"])


def _note_wait(tracer: Tracer, job: Job) -> None:
    if job.traceparent is None or job.waited_s is None:
        return
    now = datetime.now(UTC)
    waited = timedelta(seconds=job.waited_s)
    tracer.past("queue wait", now - waited, now, parent=job.traceparent)


def _outcome(ended: Job | None) -> tuple[str, str | None]:
    """How a try ended, and the code of its error."""
    if ended is None:
        return "lost", None
    if ended.state == "done":
        return ended.answer or "done", None
    if ended.is_over:
        return "failed", ended.error_code
    if ended.retry_at is not None:
        return "retried", ended.error_code
    return ("settled" if ended.leader_id is not None else "handed_on"), None
