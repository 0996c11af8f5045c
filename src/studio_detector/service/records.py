"""What the rooms of the service hand to one another: jobs, results, batches, deliveries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from studio_detector.decision.policy import Label, Phases

T = TypeVar("T")

#: "queued" waits, "running" is leased to a worker; the others are final until somebody retries.
JobState = Literal["queued", "running", "done", "dead", "cancelled"]
#: One for each class of work, since none may wait behind another.
Queue = Literal["high", "standard", "detail", "webhook", "maintenance"]
#: Those that jobs are in; callbacks and upkeep are no jobs.
JOB_QUEUES: tuple[Queue, ...] = ("high", "standard", "detail")
Priority = Literal["standard", "high"]
#: How a job came by its result.
Answer = Literal["analysed", "cached", "shared", "near_duplicate"]

#: What can be erased as a whole.
ErasureKind = Literal["job", "picture", "subject", "tenant"]

#: The tenant of everything until keys name others.
DEFAULT_TENANT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is to be found out about one picture; equal work on equal bytes is done once.

    Attributes:
        variant: Name of the variant.
        pipeline_version: What the numbers depend on; see `service.variants`.
        phases: The policy asked for.
    """

    variant: str
    pipeline_version: str
    phases: Phases


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The request that something came of, for who follows it through logs and traces.

    Attributes:
        request_id: Its name in the log; None if it was no request.
        traceparent: The span that it is part of, as W3C writes it; None if nobody traces it.
    """

    request_id: str | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job before it is accepted.

    Attributes:
        id: Chosen by who accepts.
        tenant: Whose it is.
        work: What is to be found out.
        priority: Which queue it waits in.
        image_hash: SHA-256 of the picture, hex; None for an address not yet fetched.
        image_url: Address of the picture; None for an upload.
        name: What the sender calls the picture, for batches; None without.
        batch_id: The batch it belongs to.
        position: Its place in the batch, from 0.
        near_duplicates: Whether the result of a picture that looks alike will do.
        callback_url: Whom to tell.
        max_attempts: Tries before it is dead.
        shadow_of: The job whose picture is scored for comparison alone.
        subject: Keyed hash of the tag of who is shown, hex; None without.
        error_code: Set for a photo of a batch that could not even be read: the job is dead
            from the start.
        error_message: Likewise.
    """

    id: UUID
    tenant: str
    work: Work
    priority: Priority = "standard"
    image_hash: str | None = None
    image_url: str | None = None
    name: str | None = None
    batch_id: UUID | None = None
    position: int | None = None
    near_duplicates: bool = False
    callback_url: str | None = None
    max_attempts: int = 5
    shadow_of: UUID | None = None
    subject: str | None = None
    error_code: str | None = None
    error_message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as the store has it, without its subject.

    Attributes beside those of `NewJob`:
        queue: Where its next message goes.
        state: See `JobState`.
        attempts: Tries begun.
        lease_token: Secret of the try that is running; None otherwise.
        leader_id: The job whose result this one waits for; None if it does its own work.
        partial: Lighting's row, once phase 1 is done and details are to follow.
        result_id: Its result, once done.
        answer: How it came by it.
        error_code: Why the last try failed; None if none did.
        error_message: Likewise, in words.
        retry_at: Not before.
        created_at: When accepted. Times are UTC.
        started_at: When first tried.
        finished_at: When it reached a final state.
        request_id: See `Origin`.
        traceparent: Likewise.
        waited_s: Seconds from when it could be begun until this try was; known where it is
            claimed, and stored nowhere.
        result: What ``result_id`` names; known where a worker has just ended the job with it.
    """

    id: UUID
    tenant: str
    work: Work
    priority: Priority
    queue: Queue
    state: JobState
    attempts: int
    max_attempts: int
    created_at: datetime
    image_hash: str | None = None
    image_url: str | None = None
    name: str | None = None
    batch_id: UUID | None = None
    position: int | None = None
    near_duplicates: bool = False
    callback_url: str | None = None
    shadow_of: UUID | None = None
    lease_token: str | None = None
    leader_id: UUID | None = None
    partial: Mapping[str, Any] | None = None
    result_id: UUID | None = None
    answer: Answer | None = None
    error_code: str | None = None
    error_message: str | None = None
    retry_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    request_id: str | None = None
    traceparent: str | None = None
    waited_s: float | None = field(default=None, compare=False)
    result: Result | None = field(default=None, compare=False, repr=False)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.state in {"done", "dead", "cancelled"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewResult:
    """A verdict before it is stored.

    Attributes:
        tenant: Whose.
        image_hash: SHA-256 of the file, hex.
        work: What was asked; with tenant and hash it is unique.
        confidence: Calibrated P(studio), 0..1.
        is_studio: Confidence above one half.
        label: "studio", "natural" or "uncertain".
        phase: "lighting" or "detail", the last phase that ran.
        lighting_confidence: After lighting alone, 0..1.
        perceptual_hash: PDQ, 64 hex digits; None if it could not be had.
        perceptual_quality: Of the hash, 0..100.
        phase1_results: Analysis -> {"version", "values", "missing"} of lighting and network.
        phase3_results: Likewise of detail; None if it did not run.
        evidence: {"intercept", "logit", "terms": [{"measures", "values", "log_odds"}]}.
        model: Identity of the model.
        report: ``Report.to_dict()`` without what stands in the other columns.
        processing_time_ms: Decoding and analysis together.
        is_shadow: Scored for comparison, not to be returned.
    """

    tenant: str
    image_hash: str
    work: Work
    confidence: float
    is_studio: bool
    label: Label
    phase: str
    lighting_confidence: float
    perceptual_hash: str | None
    perceptual_quality: int | None
    phase1_results: Mapping[str, Any]
    phase3_results: Mapping[str, Any] | None
    evidence: Mapping[str, Any]
    model: str
    report: Mapping[str, Any]
    processing_time_ms: float
    is_shadow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Result(NewResult):
    """A verdict as the store has it.

    Attributes beside those of `NewResult`:
        id: Its name.
        created_at: When it was stored, UTC.
    """

    id: UUID
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A result without what it rests on, which is most of it: lists of thousands need no more.

    Attributes are those of `Result`.
    """

    id: UUID
    image_hash: str
    work: Work
    confidence: float
    is_studio: bool
    label: Label
    phase: str
    lighting_confidence: float
    perceptual_hash: str | None
    perceptual_quality: int | None
    model: str
    processing_time_ms: float
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Many jobs under one name.

    Attributes:
        id: Its name.
        tenant: Whose.
        created_at: When accepted, UTC.
        counts: State -> jobs.
        total: Jobs.
        callback_url: Whom to tell when all are over.
        finished_at: When the last job was over.
    """

    id: UUID
    tenant: str
    created_at: datetime
    counts: Mapping[JobState, int]
    total: int
    callback_url: str | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A callback on its way.

    Attributes:
        id: Its name, the ``webhook-id`` of every try.
        tenant: Whose.
        url: Where to.
        event: "job.done", "job.dead" or "batch.finished".
        payload: What is told, as JSON text: every try sends the same bytes.
        state: "pending", "delivered", "failed" (a day of tries) or "disabled" (410).
        attempts: Tries begun.
        created_at: When it was decided on, UTC.
        retry_at: Not before.
        lease_token: Secret of the try that is running.
        last_status: HTTP status of the last try; None if there was no answer.
        last_error: Why the last try failed, in words.
        job_id: The job that it tells of; None for a batch.
        batch_id: The batch that it tells of; None for a job.
        request_id: See `Origin`, of the job, or of the job that ended the batch.
        traceparent: Likewise.
    """

    id: UUID
    tenant: str
    url: str
    event: str
    payload: str
    state: Literal["pending", "delivered", "failed", "disabled"]
    attempts: int
    created_at: datetime
    retry_at: datetime | None = None
    lease_token: str | None = None
    last_status: int | None = None
    last_error: str | None = None
    job_id: UUID | None = None
    batch_id: UUID | None = None
    request_id: str | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """That something was erased, without what it was.

    Attributes:
        id: Its name.
        tenant: Whose.
        kind: "job", "picture", "subject" or "tenant".
        object: Id of the job, SHA-256 of the picture, keyed hash of the subject's tag, or "".
        erased_at: When, UTC; what was created later is not concerned.
    """

    id: UUID
    tenant: str
    kind: ErasureKind
    object: str
    erased_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFilter:
    """Which results are listed; None asks for all.

    Attributes:
        is_studio: Only such.
        label: Only such.
        confidence_min: At least.
        confidence_max: At most.
        created_after: Later than, UTC.
        image_hash: Of this picture.
        variant: Of this variant.
    """

    is_studio: bool | None = None
    label: Label | None = None
    confidence_min: float | None = None
    confidence_max: float | None = None
    created_after: datetime | None = None
    image_hash: str | None = None
    variant: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Part of a long list.

    Attributes:
        items: In order.
        cursor: Where the next page begins; None at the end.
    """

    items: tuple[T, ...] = field(default_factory=tuple)
    cursor: str | None = None
