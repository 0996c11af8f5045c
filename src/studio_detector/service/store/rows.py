"""Between rows and records."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from studio_detector.service.records import Delivery, Job, NewResult, Result, Verdict, Work
from studio_detector.service.store import tables
from studio_detector.service.store.types import storable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Column
    from sqlalchemy.engine import Row

    from studio_detector.service.records import NewJob, Origin

_WORK = ("variant", "pipeline_version", "phases")
_JOB_HIDDEN = frozenset({"lease_owner", "lease_until", "message_at"})
_DELIVERY_HIDDEN = frozenset({"lease_until", "message_at", "touched_at"})
_RESULT_HIDDEN = frozenset({"seq"})

#: What a record is made of, the three columns of its work first.
JOB_COLUMNS: tuple[Column[Any], ...] = (
    *(tables.jobs.c[name] for name in _WORK),
    *(c for c in tables.jobs.c if c.name not in _JOB_HIDDEN and c.name not in _WORK),
)
RESULT_COLUMNS: tuple[Column[Any], ...] = (
    *(tables.results.c[name] for name in _WORK),
    *(c for c in tables.results.c if c.name not in _RESULT_HIDDEN and c.name not in _WORK),
)
_VERDICT_NAMES = tuple(f.name for f in fields(Verdict) if f.name != "work")
VERDICT_COLUMNS: tuple[Column[Any], ...] = tuple(
    tables.results.c[name] for name in (*_WORK, *_VERDICT_NAMES)
)
DELIVERY_COLUMNS: tuple[Column[Any], ...] = tuple(
    c for c in tables.deliveries.c if c.name not in _DELIVERY_HIDDEN
)
_JOB_NAMES = tuple(c.name for c in JOB_COLUMNS[3:])
_RESULT_NAMES = tuple(c.name for c in RESULT_COLUMNS[3:])
_DELIVERY_NAMES = tuple(c.name for c in DELIVERY_COLUMNS)
_JOB_EMPTY: dict[str, Any] = dict.fromkeys(c.name for c in tables.jobs.c)


def _work(row: Sequence[Any]) -> Work:
    return Work(variant=row[0], pipeline_version=row[1], phases=row[2])


def _kept(text: str | None) -> str | None:
    return None if text is None else storable(text)


def job_of(row: Row[Any] | Sequence[Any]) -> Job:
    """A job from a row of `JOB_COLUMNS`; further columns may follow."""
    return Job(work=_work(row), **dict(zip(_JOB_NAMES, row[3:], strict=False)))


def job_of_values(values: Mapping[str, Any]) -> Job:
    """A job from the values of all its columns, by name."""
    return job_of([values[column.name] for column in JOB_COLUMNS])


def values_of_job(new: NewJob, now: datetime, origin: Origin | None) -> dict[str, Any]:
    """The columns of a job that has just come in."""
    values = _JOB_EMPTY.copy()
    values.update(
        id=new.id,
        tenant=new.tenant,
        variant=new.work.variant,
        pipeline_version=new.work.pipeline_version,
        phases=new.work.phases,
        priority=new.priority,
        queue=new.priority,
        state="queued",
        attempts=0,
        max_attempts=new.max_attempts,
        created_at=now,
        image_hash=new.image_hash,
        image_url=_kept(new.image_url),
        name=_kept(new.name),
        batch_id=new.batch_id,
        position=new.position,
        near_duplicates=new.near_duplicates,
        callback_url=_kept(new.callback_url),
        shadow_of=new.shadow_of,
    )
    if origin is not None:
        values.update(request_id=origin.request_id, traceparent=origin.traceparent)
    if new.error_code is not None:
        values.update(
            state="dead",
            error_code=new.error_code,
            error_message=_kept(new.error_message),
            finished_at=now,
        )
    return values


def with_values(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows without the columns that are empty in all of them, each of which costs its time."""
    names = [name for name in rows[0] if any(row[name] is not None for row in rows)]
    return [{name: row[name] for name in names} for row in rows]


def result_of(row: Row[Any] | Sequence[Any]) -> Result:
    """A result from a row of `RESULT_COLUMNS`; further columns may follow."""
    return Result(work=_work(row), **dict(zip(_RESULT_NAMES, row[3:], strict=False)))


def verdict_of(row: Row[Any] | Sequence[Any]) -> Verdict:
    """A verdict from a row of `VERDICT_COLUMNS`; further columns may follow."""
    return Verdict(work=_work(row), **dict(zip(_VERDICT_NAMES, row[3:], strict=False)))


def values_of_result(new: NewResult, result_id: UUID, now: datetime) -> dict[str, Any]:
    """The columns of a result that is to be stored, without its number."""
    return {
        "id": result_id,
        "tenant": new.tenant,
        "image_hash": new.image_hash,
        "variant": new.work.variant,
        "pipeline_version": new.work.pipeline_version,
        "phases": new.work.phases,
        "confidence": float(new.confidence),
        "is_studio": bool(new.is_studio),
        "label": new.label,
        "phase": new.phase,
        "lighting_confidence": float(new.lighting_confidence),
        "perceptual_hash": new.perceptual_hash,
        "perceptual_quality": (
            None if new.perceptual_quality is None else int(new.perceptual_quality)
        ),
        "phase1_results": new.phase1_results,
        "phase3_results": new.phase3_results,
        "evidence": new.evidence,
        "model": new.model,
        "report": new.report,
        "processing_time_ms": float(new.processing_time_ms),
        "is_shadow": new.is_shadow,
        "created_at": now,
    }


def result_of_values(values: Mapping[str, Any]) -> Result:
    """A result from the values of all its columns, by name."""
    return result_of([values[column.name] for column in RESULT_COLUMNS])


def delivery_of(row: Row[Any] | Sequence[Any]) -> Delivery:
    """A delivery from a row of `DELIVERY_COLUMNS`; further columns may follow."""
    return Delivery(**dict(zip(_DELIVERY_NAMES, row, strict=False)))
