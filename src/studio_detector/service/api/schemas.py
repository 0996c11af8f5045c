"""What is answered, as models: they make the OpenAPI document, and check nothing."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from studio_detector.service.api.requested import (
    HASH_PATTERN,
    Label,
    Priority,
    State,
)


class Answered(BaseModel):
    """Something that is answered: more may come with later versions."""

    model_config = ConfigDict(frozen=True)


class Problem(Answered):
    """An error (RFC 9457)."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(description="What the status is called.", examples=["Not Found"])
    status: int = Field(ge=400, le=599, examples=[404])
    detail: str = Field(description="What happened, and what to do next.")
    code: str = Field(description="Stable; see the page on errors.", examples=["job_unknown"])
    errors: list[Place] | None = Field(
        default=None, description="Of `request_invalid`: what does not fit, and where."
    )
    job_id: str | None = Field(default=None, description="The job that was waited for.")


class Place(Answered):
    """A part of a request that does not fit."""

    place: str = Field(examples=["body.priority"])
    message: str


class JobError(Answered):
    """Why the last try of a job failed."""

    code: str = Field(examples=["corrupt"])
    message: str


class Verdict(Answered):
    """The verdict on one picture, without what it rests on."""

    id: str = Field(examples=["5f0c1c5e-2a0f-4f5c-9f5e-0c1d2e3f4a5b"])
    image_hash: str = Field(description="SHA-256 of the file.", pattern=HASH_PATTERN)
    is_studio: bool = Field(description="Confidence above one half.")
    confidence: float = Field(ge=0, le=1, description="Calibrated P(studio).", examples=[0.93])
    label: Label
    phase: str = Field(description="The last phase that ran.", examples=["lighting"])
    phases: str = Field(description="The policy asked for.", examples=["auto"])
    lighting_confidence: float = Field(ge=0, le=1, description="After lighting alone.")
    model: str = Field(examples=["shipped@1+0123456789ab"])
    variant: str = Field(examples=["default"])
    pipeline_version: str = Field(description="What the numbers depend on.")
    created_at: str = Field(json_schema_extra={"format": "date-time"})
    processing_time_ms: float = Field(ge=0, description="Decoding and analysis together.")
    perceptual_hash: str | None = Field(description="PDQ, 64 hexadecimal digits.")
    perceptual_quality: int | None = Field(description="Of that hash, 0..100.")


class ResultFields(Verdict):
    """The verdict on one picture, with everything that it rests on."""

    phase1_results: dict[str, Any] = Field(
        description='Analysis -> `{"version", "values", "missing"}` of lighting and network.'
    )
    phase3_results: dict[str, Any] | None = Field(
        description="Likewise of details; null if they were not looked at."
    )
    evidence: dict[str, Any] = Field(
        description='`{"intercept", "logit", "terms": [{"measures", "values", "log_odds"}]}`.'
    )
    report: dict[str, Any] = Field(description="What else the report of the command line holds.")


class Result(ResultFields):
    """The verdict on one picture, with everything that it rests on."""


class FinishedResult(ResultFields):
    """The result of a job that was waited for."""

    job_id: str
    answer: str | None = Field(
        description="How the job came by it: `analysed`, `cached`, `shared`, `near_duplicate`."
    )


class Job(Answered):
    """The work on one picture."""

    id: str = Field(examples=["0b7e5c4e-8f3a-4f0e-a7a3-3f1f6a5d9c21"])
    state: State
    priority: Priority
    phases: str = Field(examples=["auto"])
    variant: str
    pipeline_version: str
    attempts: int = Field(ge=0, description="Tries begun.")
    max_attempts: int = Field(ge=1)
    image_hash: str | None = Field(
        description="SHA-256 of the file; null for an address that was not fetched yet."
    )
    image_url: str | None
    name: str | None
    batch_id: str | None
    position: int | None = Field(description="Its place in the batch, from 0.")
    near_duplicates: bool
    callback_url: str | None
    shadow_of: str | None = Field(
        description="The job whose picture is scored for comparison alone."
    )
    answer: str | None = Field(description="How it came by its result, once done.")
    result_id: str | None
    result: Result | None = Field(description="Sent along when one job is asked for.")
    error: JobError | None
    retry_at: str | None
    created_at: str = Field(json_schema_extra={"format": "date-time"})
    started_at: str | None
    finished_at: str | None


class Batch(Answered):
    """Many jobs under one name."""

    id: str
    total: int = Field(ge=0)
    counts: dict[str, int] = Field(description="State -> jobs.", examples=[{"queued": 3}])
    callback_url: str | None
    created_at: str = Field(json_schema_extra={"format": "date-time"})
    finished_at: str | None = Field(description="When the last job was over.")


class JobPage(Answered):
    """Part of the list of jobs, the newest first."""

    items: list[Job]
    cursor: str | None = Field(description="Where the next page begins; null at the end.")


class ResultPage(Answered):
    """Part of the list of results, the newest first."""

    items: list[Result]
    cursor: str | None = Field(description="Where the next page begins; null at the end.")


class VerdictPage(Answered):
    """Part of the list of results by `slim=true`, the newest first."""

    items: list[Verdict]
    cursor: str | None = Field(description="Where the next page begins; null at the end.")


class Feedback(Answered):
    """What a person said about a result."""

    id: str
    result_id: str
    label: Label
    note: str | None
    created_at: str = Field(json_schema_extra={"format": "date-time"})


class FeedbackList(Answered):
    """What people said about a result, the newest first."""

    items: list[Feedback]


class Erased(Answered):
    """How much was erased."""

    pictures: int = Field(ge=0, description="Of which there was anything.")
    jobs: int = Field(ge=0)
    results: int = Field(ge=0)
    feedback: int = Field(ge=0)
    callbacks: int = Field(ge=0, description="Told, or still to be told; those are told no more.")
    batches: int = Field(ge=0, description="That had no other jobs.")
    pictures_left: int = Field(
        ge=0, description="Whose bytes go as soon as the place where they lie is back."
    )


class ExportedResult(ResultFields):
    """A result with what people said about it."""

    feedback: list[Feedback]


class Callback(Answered):
    """A callback, told or not."""

    id: str
    url: str
    event: str = Field(examples=["job.done"])
    state: str = Field(examples=["delivered"])
    attempts: int = Field(ge=0)
    payload: str = Field(description="What is told, as JSON text.")
    last_status: int | None
    last_error: str | None
    created_at: str = Field(json_schema_extra={"format": "date-time"})
    retry_at: str | None


class ExportedPicture(Answered):
    """All that is stored of one picture, but for the picture."""

    image_hash: str | None = Field(description="Null for an address that was never fetched.")
    is_kept: bool = Field(description="Whether its bytes may still be kept.")
    jobs: list[Job]
    results: list[ExportedResult]
    callbacks: list[Callback]


class SubjectExport(Answered):
    """All that is stored of a subject."""

    tenant: str
    exported_at: str = Field(json_schema_extra={"format": "date-time"})
    pictures: list[ExportedPicture]


class Overlay(Answered):
    """A picture that shows what an analysis saw."""

    name: str = Field(examples=["shadow"])
    title: str
    caption: str
    href: str = Field(examples=["/api/v1/results/5f0c.../overlays/shadow.png"])


class Overlays(Answered):
    """The overlays that can be drawn of a result."""

    items: list[Overlay]


class SimilarPicture(Answered):
    """A result of a picture that looks alike."""

    distance_bits: int = Field(ge=0, description="Bits in which the PDQ hashes differ, of 256.")
    result: Result


class SimilarPictures(Answered):
    """Pictures that look alike, the nearest first."""

    items: list[SimilarPicture]


class Model(Answered):
    """A model that judges."""

    identity: str = Field(examples=["shipped@1+0123456789ab"])
    name: str
    version: int | str
    variants: list[str] = Field(description="The variants that use it.")


class Models(Answered):
    """The models that judge."""

    models: list[Model]
    variants: list[str]


class VariantInfo(Answered):
    """Settings that part of the traffic is judged with."""

    name: str
    share: float = Field(ge=0, le=1, description="Of pictures; of a shadow, those it scores too.")
    is_shadow: bool = Field(description="Whether its results are never returned.")
    model: str
    phases: str
    pipeline_version: str


class Variants(Answered):
    """The variants that share the traffic."""

    default: str = Field(description="Takes what no other takes.")
    items: list[VariantInfo]


class Disagreement(Answered):
    """A picture that two variants call differently."""

    tenant: str
    image_hash: str
    results: list[str]
    labels: list[str]
    confidences: list[float]
    difference: float
    feedback: str | None


class Disagreements(Answered):
    """How far two variants agree; null where there is nothing to divide by."""

    variants: list[str]
    pictures: int
    labels_differ: int
    verdicts_differ: int
    same_label_ratio: float | None
    same_verdict_ratio: float | None
    mean_difference: float | None
    judged: int
    right_ratio: list[float | None]
    worst: list[Disagreement]


class DayCounts(Answered):
    """How many results of each label a day brought."""

    day: str = Field(json_schema_extra={"format": "date"}, examples=["2026-11-28"])
    studio: int = Field(ge=0)
    natural: int = Field(ge=0)
    uncertain: int = Field(ge=0)


class LabelCounts(Answered):
    """Results by label."""

    studio: int = Field(ge=0)
    natural: int = Field(ge=0)
    uncertain: int = Field(ge=0)


class Contradiction(Answered):
    """A verdict that somebody says is wrong."""

    result_id: str
    image_hash: str
    label: Label = Field(description="The service's.")
    confidence: float = Field(ge=0, le=1, examples=[0.93])
    feedback: Label = Field(description="What was said last.", examples=["natural"])
    note: str | None
    created_at: str = Field(
        description="When it was said.", json_schema_extra={"format": "date-time"}
    )


class FeedbackCounts(Answered):
    """How far people agree with the service."""

    judged: int = Field(
        ge=0, description="Results of which was said last that they are `studio` or `natural`."
    )
    agree: int = Field(ge=0, description="Of them, on the same side of one half.")
    disagreements: list[Contradiction] = Field(description="The newest of the others.")


class Overview(Answered):
    """What came in some days, and what was said in them."""

    days: list[DayCounts] = Field(
        description="In UTC, the oldest first; days without results are left out."
    )
    labels: LabelCounts
    confidences: list[int] = Field(
        description="Results by P(studio), in 20 bins from 0 to 1; the last one holds 1, too.",
        examples=[[90, 24, 10, 6, 8, 4, 3, 5, 4, 3, 6, 4, 3, 2, 5, 7, 12, 22, 40, 72]],
    )
    feedback: FeedbackCounts
    variants: dict[str, int] = Field(
        description="Variant -> results, those of shadows, too.", examples=[{"default": 50}]
    )


class QueueInfo(Answered):
    """How much of the tenant's waits in one queue."""

    queue: str
    queued: int
    running: int
    oldest_wait_s: float


class Queues(Answered):
    """How much of the tenant's waits."""

    backlog: int
    queues: list[QueueInfo]


class Act(Answered):
    """Who did what."""

    at: str = Field(json_schema_extra={"format": "date-time"})
    actor: str = Field(description="A key, a token by its digest, the command line or a sweeper.")
    action: str = Field(examples=["api.get"])
    object: str = Field(examples=["/api/v1/jobs/00000000-0000-4000-8000-000000000001"])
    outcome: str = Field(description="allowed, refused (not permitted, too often) or failed.")
    address: str | None = Field(description="Of who asked; null for acts on the service's machine.")


class AuditPage(Answered):
    """Part of the audit log."""

    items: list[Act]
    cursor: str | None = Field(description="Where the next page begins; null at the end.")


class Version(Answered):
    """Version of the service."""

    version: str
    api: str = Field(examples=["v1"])
    schema_: str = Field(alias="schema", description="Of the tables in the database.")


class Health(Answered):
    """How the service is."""

    status: str = Field(examples=["ok"])
    parts: dict[str, str] = Field(
        default_factory=dict, description='Part -> "ok", or what is wrong with it.'
    )
