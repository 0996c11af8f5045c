"""What a service answers, as typed objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

from studio_detector.client.fields import Fields

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

Label = Literal["studio", "natural", "uncertain"]
Priority = Literal["standard", "high"]
JobState = Literal["queued", "running", "done", "dead", "cancelled"]

_WAITING = ("queued", "running")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The verdict on one picture.

    Attributes:
        id: Its name.
        image_hash: SHA-256 of the file, hex.
        is_studio: Confidence above one half.
        confidence: Calibrated P(studio), 0..1.
        label: "studio", "natural" or "uncertain".
        phase: The last phase that ran, "lighting" or "detail".
        model: Identity of the model.
        variant: Name of the variant.
        created_at: When it was stored.
        processing_time_ms: Decoding and analysis together.
        perceptual_hash: PDQ, 64 hex digits; None if it could not be had.
        raw: Everything the service said.
        job_id: The job that was answered by it, where one asked by a job.
        answer: How that job came by it: "analysed", "cached", "shared", or "near_duplicate"
            (it is the result of a picture that looks alike).
    """

    id: UUID
    image_hash: str
    is_studio: bool
    confidence: float
    label: Label
    phase: str
    model: str
    variant: str
    created_at: datetime
    processing_time_ms: float
    perceptual_hash: str | None
    raw: Mapping[str, Any] = field(repr=False)
    job_id: UUID | None = None
    answer: str | None = None

    @classmethod
    def of(cls, value: object) -> Result:
        """Read one."""
        fields = Fields.of(value, "result")
        return cls(
            id=fields.uuid("id"),
            image_hash=fields.text("image_hash"),
            is_studio=fields.truth("is_studio"),
            confidence=fields.number("confidence"),
            label=cast("Label", fields.text("label")),
            phase=fields.text("phase"),
            model=fields.text("model"),
            variant=fields.text("variant"),
            created_at=fields.moment("created_at"),
            processing_time_ms=fields.number("processing_time_ms"),
            perceptual_hash=fields.maybe_text("perceptual_hash"),
            raw=fields.data,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The work on one picture.

    Attributes:
        id: Its name.
        state: "queued", "running", "done", "dead" or "cancelled".
        answer: How it came by its result; see `Result`.
        result_id: Name of its result, once done.
        result: The result, where the service sent it along.
        error_code: Why the last try failed; None if none did.
        error_message: Likewise, in words.
        attempts: Tries begun.
        image_hash: SHA-256 of the file; None for an address that was not fetched yet.
        batch_id: The batch it belongs to.
        raw: Everything the service said.
    """

    id: UUID
    state: JobState
    answer: str | None
    result_id: UUID | None
    result: Result | None
    error_code: str | None
    error_message: str | None
    attempts: int
    image_hash: str | None
    batch_id: UUID | None
    raw: Mapping[str, Any] = field(repr=False)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.state not in _WAITING

    @classmethod
    def of(cls, value: object) -> Job:
        """Read one."""
        fields = Fields.of(value, "job")
        error = _error(fields)
        result = fields.maybe_object("result")
        return cls(
            id=fields.uuid("id"),
            state=cast("JobState", fields.text("state")),
            answer=fields.maybe_text("answer"),
            result_id=fields.maybe_uuid("result_id"),
            result=None if result is None else Result.of(result),
            error_code=error[0],
            error_message=error[1],
            attempts=fields.maybe_whole("attempts") or 0,
            image_hash=fields.maybe_text("image_hash"),
            batch_id=fields.maybe_uuid("batch_id"),
            raw=fields.data,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Many jobs under one name.

    Attributes:
        id: Its name.
        total: Jobs.
        counts: State -> jobs.
        created_at: When accepted.
        finished_at: When the last job was over; None before.
        raw: Everything the service said.
    """

    id: UUID
    total: int
    counts: Mapping[str, int]
    created_at: datetime
    finished_at: datetime | None
    raw: Mapping[str, Any] = field(repr=False)

    @property
    def finished(self) -> int:
        """Jobs that are over."""
        return sum(count for state, count in self.counts.items() if state not in _WAITING)

    @property
    def is_over(self) -> bool:
        """Whether all of them are."""
        return self.finished_at is not None or self.finished >= self.total

    @classmethod
    def of(cls, value: object) -> Batch:
        """Read one."""
        fields = Fields.of(value, "batch")
        counts = Fields.of(fields.maybe_object("counts") or {}, "batch")
        return cls(
            id=fields.uuid("id"),
            total=fields.whole("total"),
            counts={state: counts.whole(state) for state in counts.data},
            created_at=fields.moment("created_at"),
            finished_at=fields.maybe_moment("finished_at"),
            raw=fields.data,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """What became of one photo of a batch.

    Attributes:
        position: Its place in the batch, from 0.
        name: What it was called there: an address, or a name in an archive.
        job_id: Its job.
        state: Of the job.
        result: Its result; None if there is none (yet).
        error_code: Why the last try failed; None if none did.
        error_message: Likewise, in words.
        raw: Everything the service said.
    """

    position: int
    name: str | None
    job_id: UUID
    state: JobState
    result: Result | None
    error_code: str | None
    error_message: str | None
    raw: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, value: object) -> BatchRow:
        """Read one."""
        fields = Fields.of(value, "row")
        error = _error(fields)
        result = fields.maybe_object("result")
        return cls(
            position=fields.whole("position"),
            name=fields.maybe_text("name"),
            job_id=fields.uuid("job_id"),
            state=cast("JobState", fields.text("state")),
            result=None if result is None else Result.of(result),
            error_code=error[0],
            error_message=error[1],
            raw=fields.data,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Similar:
    """A result of a picture that looks alike.

    Attributes:
        distance_bits: Bits in which the perceptual hashes differ, 0..31 of 256.
        result: The result.
    """

    distance_bits: int
    result: Result

    @classmethod
    def of(cls, value: object) -> Similar:
        """Read one."""
        fields = Fields.of(value, "similar picture")
        return cls(
            distance_bits=fields.whole("distance_bits"),
            result=Result.of(fields.maybe_object("result")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What a person said about a result.

    Attributes:
        id: Its name.
        result_id: The result.
        label: What the picture is.
        note: In the person's words.
        created_at: When it was stored.
    """

    id: UUID
    result_id: UUID
    label: Label
    note: str | None
    created_at: datetime

    @classmethod
    def of(cls, value: object) -> Feedback:
        """Read one."""
        fields = Fields.of(value, "feedback")
        return cls(
            id=fields.uuid("id"),
            result_id=fields.uuid("result_id"),
            label=cast("Label", fields.text("label")),
            note=fields.maybe_text("note"),
            created_at=fields.moment("created_at"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a service is.

    Attributes:
        is_live: The process answers.
        is_started: It has warmed up.
        is_ready: It takes work.
        raw: What it said about being ready, part by part.
    """

    is_live: bool
    is_started: bool
    is_ready: bool
    raw: Mapping[str, Any]


def _error(fields: Fields) -> tuple[str | None, str | None]:
    error = fields.maybe_object("error")
    if error is None:
        return None, None
    inner = Fields(error, "error")
    return inner.text("code"), inner.maybe_text("message")
