"""From records of the store to the JSON that callers see, by hand: this is on the hot path."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from studio_detector.service.records import Batch, Job, Page, Result
    from studio_detector.service.store.feedback import FeedbackNote


def json_bytes(data: object) -> bytes:
    """JSON text in UTF-8, without a line end.

    Args:
        data: Plain data; a number that JSON has not (NaN, infinity) becomes null.
    """
    try:
        return orjson.dumps(data)
    except orjson.JSONEncodeError:
        # A name in an archive may hold what is no text; it must not break the whole answer.
        return json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")


def job_json(job: Job, result: Result | None = None) -> dict[str, Any]:
    """A job.

    Args:
        job: The job.
        result: Its result, to be sent along.
    """
    return {
        "id": str(job.id),
        "state": job.state,
        "priority": job.priority,
        "phases": job.work.phases,
        "variant": job.work.variant,
        "pipeline_version": job.work.pipeline_version,
        "attempts": job.attempts,
        "max_attempts": job.max_attempts,
        "image_hash": job.image_hash,
        "image_url": job.image_url,
        "name": job.name,
        "batch_id": _text(job.batch_id),
        "position": job.position,
        "near_duplicates": job.near_duplicates,
        "callback_url": job.callback_url,
        "shadow_of": _text(job.shadow_of),
        "answer": job.answer,
        "result_id": _text(job.result_id),
        "result": None if result is None else result_json(result),
        "error": error_json(job),
        "retry_at": _moment(job.retry_at),
        "created_at": job.created_at.isoformat(),
        "started_at": _moment(job.started_at),
        "finished_at": _moment(job.finished_at),
    }


def error_json(job: Job) -> dict[str, Any] | None:
    """Why the last try of a job failed; None if none did."""
    if job.error_code is None:
        return None
    return {"code": job.error_code, "message": job.error_message or ""}


def result_json(result: Result) -> dict[str, Any]:
    """A result, with everything that it rests on."""
    return {
        "is_studio": result.is_studio,
        "confidence": result.confidence,
        "label": result.label,
        "id": str(result.id),
        "image_hash": result.image_hash,
        "phase": result.phase,
        "phases": result.work.phases,
        "lighting_confidence": result.lighting_confidence,
        "model": result.model,
        "variant": result.work.variant,
        "pipeline_version": result.work.pipeline_version,
        "created_at": result.created_at.isoformat(),
        "processing_time_ms": result.processing_time_ms,
        "perceptual_hash": result.perceptual_hash,
        "perceptual_quality": result.perceptual_quality,
        "phase1_results": result.phase1_results,
        "phase3_results": result.phase3_results,
        "evidence": result.evidence,
        "report": result.report,
    }


def answer_json(job: Job, result: Result) -> dict[str, Any]:
    """The result of a job that was waited for, flat, with how the job came by it."""
    return {**result_json(result), "job_id": str(job.id), "answer": job.answer}


def batch_json(batch: Batch) -> dict[str, Any]:
    """A batch with its progress."""
    return {
        "id": str(batch.id),
        "total": batch.total,
        "counts": dict(batch.counts),
        "callback_url": batch.callback_url,
        "created_at": batch.created_at.isoformat(),
        "finished_at": _moment(batch.finished_at),
    }


def row_json(job: Job, result: Result | None) -> dict[str, Any]:
    """What became of one photo of a batch."""
    return {
        "position": job.position,
        "name": job.name,
        "job_id": str(job.id),
        "state": job.state,
        "answer": job.answer,
        "result": None if result is None else result_json(result),
        "error": error_json(job),
    }


def feedback_json(note: FeedbackNote) -> dict[str, Any]:
    """What somebody said about a result."""
    return {
        "id": str(note.id),
        "result_id": str(note.result_id),
        "label": note.label,
        "note": note.note,
        "created_at": note.created_at.isoformat(),
    }


def jobs_page(page: Page[Job]) -> dict[str, Any]:
    """Part of the list of jobs."""
    return _page((job_json(job) for job in page.items), page.cursor)


def results_page(page: Page[Result]) -> dict[str, Any]:
    """Part of the list of results."""
    return _page((result_json(result) for result in page.items), page.cursor)


def _page(items: Iterable[dict[str, Any]], cursor: str | None) -> dict[str, Any]:
    return {"items": list(items), "cursor": cursor}


def _text(name: UUID | None) -> str | None:
    return None if name is None else str(name)


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
