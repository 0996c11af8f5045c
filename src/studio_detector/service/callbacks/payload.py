"""What a callback tells: little, since the receiver can ask for the rest.

The body is JSON text below 20 kB, as Standard Webhooks asks, and made once: every try sends
the same bytes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from studio_detector.service.records import Batch

if TYPE_CHECKING:
    from studio_detector.service.records import Job, Result

Event = Literal["job.done", "job.dead", "batch.finished"]

#: Characters of a name or a message that are told; in JSON each has 12 bytes at most.
MOST_CHARACTERS = 500
_RESULTS = "/api/v1/results/"
_BATCHES = "/api/v1/batches/"


def payload_of(subject: Job | Batch, result: Result | None) -> str:
    """Tell that a job or a batch is over.

    Args:
        subject: A job that is done or dead, or a batch whose last job is over.
        result: The job's result; None for a dead one and for a batch.

    Returns:
        JSON text, ASCII, below 20 kB: ``type``, ``timestamp`` of the end, ``data``.

    Raises:
        ValueError: The job is neither done nor dead: a defect of ours.
    """
    body = {
        "type": event_of(subject),
        "timestamp": None if subject.finished_at is None else subject.finished_at.isoformat(),
        "data": _batch(subject) if isinstance(subject, Batch) else _job(subject, result),
    }
    return json.dumps(body, separators=(",", ":"), allow_nan=False)


def event_of(subject: Job | Batch) -> Event:
    """Name the event that a subject's end is.

    Args:
        subject: A job that is done or dead, or a batch.

    Returns:
        The name.

    Raises:
        ValueError: The job is neither done nor dead: a defect of ours.
    """
    if isinstance(subject, Batch):
        return "batch.finished"
    if subject.state == "done":
        return "job.done"
    if subject.state == "dead":
        return "job.dead"
    raise ValueError(f"nothing is told about a job that is {subject.state}")


def _job(job: Job, result: Result | None) -> dict[str, Any]:
    is_dead = job.state == "dead"
    data: dict[str, Any] = {
        "job_id": str(job.id),
        "state": job.state,
        "batch_id": None if job.batch_id is None else str(job.batch_id),
        "image_hash": job.image_hash,
        "name": _cut(job.name),
        "answer": job.answer,
        "is_studio": None,
        "confidence": None,
        "label": None,
        "result_id": None,
        "result": None,
        "error": {"code": job.error_code, "message": _cut(job.error_message)} if is_dead else None,
    }
    if result is not None:
        data |= {
            "is_studio": result.is_studio,
            "confidence": result.confidence,
            "label": result.label,
            "result_id": str(result.id),
            "result": f"{_RESULTS}{result.id}",
        }
    return data


def _batch(batch: Batch) -> dict[str, Any]:
    return {
        "batch_id": str(batch.id),
        "total": batch.total,
        "counts": dict(batch.counts),
        "results": f"{_BATCHES}{batch.id}/results",
    }


def _cut(text: str | None) -> str | None:
    if text is None or len(text) <= MOST_CHARACTERS:
        return text
    return text[: MOST_CHARACTERS - 1] + "…"
