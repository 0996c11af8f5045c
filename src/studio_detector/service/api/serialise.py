"""From records of the store to the JSON that callers see, by hand: this is on the hot path."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

from studio_detector.service.erasure.erase import Erased

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from studio_detector.service.records import Batch, Delivery, Job, Page, Result, Verdict
    from studio_detector.service.store.audit import AuditRow
    from studio_detector.service.store.feedback import FeedbackNote
    from studio_detector.service.store.overview import Contradiction, Overview

_LABELS = ("studio", "natural", "uncertain")


def json_bytes(data: object) -> bytes:
    """JSON text in UTF-8, without a line end.

    Args:
        data: Plain data; a number that JSON has not (NaN, infinity) becomes null.
    """
    try:
        return orjson.dumps(data)
    except orjson.JSONEncodeError:
        # A name in an archive may hold what is no text; it must not break the whole answer.
        return json.dumps(_finite(data), ensure_ascii=False).encode("utf-8", "replace")


def _finite(data: object) -> object:
    if isinstance(data, float):
        return data if math.isfinite(data) else None
    if isinstance(data, Mapping):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    return data


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
        **verdict_json(result),
        "phase1_results": result.phase1_results,
        "phase3_results": result.phase3_results,
        "evidence": result.evidence,
        "report": result.report,
    }


def verdict_json(result: Result | Verdict) -> dict[str, Any]:
    """A result, without what it rests on."""
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
    }


def explained_json(result: Result, explanation: Mapping[str, Any]) -> dict[str, Any]:
    """Why a result is what it is, behind the verdict that is explained."""
    return {
        "id": str(result.id),
        "is_studio": result.is_studio,
        "confidence": result.confidence,
        "label": result.label,
        "model": result.model,
        "variant": result.work.variant,
        **explanation,
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


def overview_json(overview: Overview) -> dict[str, Any]:
    """Everything of some days together."""
    days = [
        {"day": day.isoformat(), **{label: labels.get(label, 0) for label in _LABELS}}
        for day, labels in overview.days.items()
    ]
    return {
        "days": days,
        "labels": {label: sum(day[label] for day in days) for label in _LABELS},
        "confidences": list(overview.confidences),
        "feedback": {
            "judged": overview.judged,
            "agree": overview.agree,
            "disagreements": [_contradiction_json(one) for one in overview.contradictions],
        },
        "variants": dict(overview.variants),
    }


def _contradiction_json(one: Contradiction) -> dict[str, Any]:
    return {
        "result_id": str(one.result_id),
        "image_hash": one.image_hash,
        "label": one.label,
        "confidence": one.confidence,
        "feedback": one.feedback,
        "note": one.note,
        "created_at": one.created_at.isoformat(),
    }


def audit_json(row: AuditRow) -> dict[str, Any]:
    """An act; without its number, which tells how much others do."""
    return {
        "at": row.moment.isoformat(),
        "actor": row.actor,
        "action": row.action,
        "object": row.object,
        "outcome": row.outcome,
        "address": row.address,
    }


def audit_page(page: Page[AuditRow]) -> dict[str, Any]:
    """Part of the audit log."""
    return _page((audit_json(row) for row in page.items), page.cursor)


def delivery_json(delivery: Delivery) -> dict[str, Any]:
    """A callback, with what it tells."""
    return {
        "id": str(delivery.id),
        "url": delivery.url,
        "event": delivery.event,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "payload": delivery.payload,
        "last_status": delivery.last_status,
        "last_error": delivery.last_error,
        "created_at": delivery.created_at.isoformat(),
        "retry_at": _moment(delivery.retry_at),
    }


def erased_json(erased: Erased) -> dict[str, Any]:
    """How much was erased."""
    return {name: getattr(erased, name) for name in Erased.__slots__}


def jobs_page(page: Page[Job]) -> dict[str, Any]:
    """Part of the list of jobs."""
    return _page((job_json(job) for job in page.items), page.cursor)


def results_page(page: Page[Result]) -> dict[str, Any]:
    """Part of the list of results."""
    return _page((result_json(result) for result in page.items), page.cursor)


def verdicts_page(page: Page[Verdict]) -> dict[str, Any]:
    """Part of the list of results, without what they rest on."""
    return _page((verdict_json(verdict) for verdict in page.items), page.cursor)


def _page(items: Iterable[dict[str, Any]], cursor: str | None) -> dict[str, Any]:
    return {"items": list(items), "cursor": cursor}


def _text(name: UUID | None) -> str | None:
    return None if name is None else str(name)


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
