"""What is sent and answered, as models: they check requests and make the OpenAPI document."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID  # noqa: TC003 - pydantic reads it

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Priority = Literal["standard", "high"]
PhaseName = Literal["lighting", "frequency", "detail"]
PhaseWord = Literal["auto", "all", "lighting", "frequency", "detail"]
Label = Literal["studio", "natural", "uncertain"]
State = Literal["queued", "running", "done", "dead", "cancelled"]
ResultFormat = Literal["jsonl", "csv", "parquet"]

#: Of a SHA-256.
HASH_PATTERN = "^[0-9a-f]{64}$"

_MOST_ADDRESS = 2048
_MOST_NAME = 1024
_MOST_NOTE = 4000
_MOST_VARIANT = 64

Address = Annotated[str, Field(min_length=1, max_length=_MOST_ADDRESS)]
Variant = Annotated[str, Field(min_length=1, max_length=_MOST_VARIANT)]


class Sent(BaseModel):
    """Something that callers send: what is not known is a mistake of theirs."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answered(BaseModel):
    """Something that is answered: more may come with later versions."""

    model_config = ConfigDict(frozen=True)


class Options(Sent):
    """Smaller wishes."""

    near_duplicates: Annotated[
        bool, Field(description="Take the result of a picture that looks alike, marked as such.")
    ] = False


class WishFields(Sent):
    """What is wished for beside the picture."""

    priority: Annotated[Priority, Field(description="`high` waits behind no standard work.")] = (
        "standard"
    )
    phases: Annotated[
        PhaseWord | list[PhaseWord] | None,
        Field(
            description="`auto` looks at details in doubt, `lighting` never, `all` always. "
            'A list names the phases: `["lighting", "frequency"]` is `all`; `frequency` and '
            "`detail` both name the phase of details, and lighting always comes first.",
            examples=["auto", ["lighting", "frequency"]],
        ),
    ] = None
    variant: Annotated[
        Variant | None,
        Field(description="Name of the variant; without one the picture's hash chooses."),
    ] = None
    callback_url: Annotated[
        Address | None,
        Field(
            description="Address that is told when it is over; see the page on callbacks.",
            examples=["https://example.com/hooks/studio"],
        ),
    ] = None
    options: Options = Options()


class AnalyseRequest(WishFields):
    """The address of a picture with wishes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "image_url": "https://example.com/portrait.jpg",
                    "priority": "high",
                    "phases": ["lighting", "frequency"],
                    "callback_url": "https://example.com/hooks/studio",
                }
            ]
        }
    )

    image_url: Annotated[Address, Field(description="Where the picture is fetched from.")]


class NamedUrl(Sent):
    """The address of a picture and what the sender calls it."""

    url: Address
    name: Annotated[str, Field(max_length=_MOST_NAME)] | None = None


class BatchRequest(WishFields):
    """Addresses of many pictures with wishes for all of them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "image_urls": [
                        "https://example.com/a.jpg",
                        {"url": "https://example.com/b.jpg", "name": "the second"},
                    ],
                    "phases": "auto",
                }
            ]
        }
    )

    image_urls: Annotated[
        list[Address | NamedUrl],
        Field(min_length=1, description="At most `max_batch_items` of the service."),
    ]


class FeedbackRequest(Sent):
    """What a person says about a result."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"label": "natural", "note": "a north window"}]}
    )

    label: Label
    note: Annotated[str, Field(max_length=_MOST_NOTE)] | None = None


def _moment(sent: object) -> object:
    """Read a moment as ISO 8601 alone; a bare number could be seconds or milliseconds."""
    if not isinstance(sent, str):
        return sent
    # In an address, a "+" that was not escaped has become a space.
    text = sent.replace(" ", "+") if "T" in sent else sent
    return datetime.fromisoformat(text)


class PageQuery(Sent):
    """Which part of a list is asked for."""

    cursor: Annotated[
        str | None, Field(max_length=200, description="Of the page before; none begins anew.")
    ] = None
    limit: Annotated[int, Field(ge=1, le=500, description="Most items of a page.")] = 50


class JobQuery(PageQuery):
    """Which jobs are listed."""

    state: State | None = None
    batch_id: UUID | None = None


class ResultQuery(PageQuery):
    """Which results are listed."""

    is_studio: bool | None = None
    label: Label | None = None
    confidence_min: Annotated[float | None, Field(ge=0, le=1)] = None
    confidence_max: Annotated[float | None, Field(ge=0, le=1)] = None
    created_after: Annotated[
        datetime | None,
        BeforeValidator(_moment),
        Field(
            description="Without a zone, it is taken as UTC.",
            examples=["2026-11-28T06:30:00Z"],
        ),
    ] = None
    image_hash: Annotated[
        str | None,
        Field(pattern=HASH_PATTERN, description="SHA-256 of the file, hexadecimal."),
    ] = None
    variant: Variant | None = None


class Problem(Answered):
    """An error (RFC 9457)."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(description="What the code means.", examples=["there is no such job"])
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


class ResultFields(Answered):
    """The verdict on one picture, with everything that it rests on."""

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


class Feedback(Answered):
    """What a person said about a result."""

    id: str
    result_id: str
    label: Label
    note: str | None
    created_at: str = Field(json_schema_extra={"format": "date-time"})


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


class QueueInfo(Answered):
    """How much waits in one queue."""

    queue: str
    queued: int
    running: int
    oldest_wait_s: float


class Queues(Answered):
    """How much waits."""

    backlog: int
    queues: list[QueueInfo]


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
