"""What callers send, as models: they check it, and say in the OpenAPI document what fits."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID  # noqa: TC003 - pydantic reads it

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Priority = Literal["standard", "high"]
Label = Literal["studio", "natural", "uncertain"]
State = Literal["queued", "running", "done", "dead", "cancelled"]
PhaseWord = Literal["auto", "all", "lighting", "frequency", "detail"]
ResultFormat = Literal["jsonl", "csv", "parquet"]

#: Of a SHA-256.
HASH_PATTERN = "^[0-9a-f]{64}$"

# PostgreSQL takes no text with NUL; no other control character is in a name either.
_PLAIN_PATTERN = r"^[^\x00-\x1f\x7f-\x9f]*$"
#: Results of one file.
MOST_EXPORTED = 10_000
_MOST_ADDRESS = 2048
_MOST_NAME = 1024
_MOST_NOTE = 4000
_MOST_VARIANT = 64
_MOST_TAG = 200
# It stands in addresses, which end at a slash and lose a part that is one or two dots.
_TAG_PATTERN = r"^[^./\x00-\x1f\x7f-\x9f][^/\x00-\x1f\x7f-\x9f]*$"

Address = Annotated[str, Field(min_length=1, max_length=_MOST_ADDRESS)]
Variant = Annotated[str, Field(min_length=1, max_length=_MOST_VARIANT, pattern=_PLAIN_PATTERN)]
SubjectTag = Annotated[
    str,
    Field(
        min_length=1,
        max_length=_MOST_TAG,
        pattern=_TAG_PATTERN,
        description="The sender's name for who is shown. Stored as a keyed hash alone.",
        examples=["customer-4711"],
    ),
]


class Sent(BaseModel):
    """Something that callers send: what is not known is a mistake of theirs."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Options(Sent):
    """Smaller wishes."""

    near_duplicates: Annotated[
        bool,
        # Or 0 and "no" would do, which the schema refuses.
        Field(
            strict=True,
            description="Take the result of a picture that looks alike, marked as such.",
        ),
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
    subject: Annotated[
        SubjectTag | None,
        Field(
            description="Whom the picture shows, in the sender's words; all that is stored of a "
            "subject can be exported and erased. Stored as a keyed hash alone.",
            examples=["customer-4711"],
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


class ExportRequest(Sent):
    """Which results are wanted as a file."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"ids": ["5f0c1c5e-2a0f-4f5c-9f5e-0c1d2e3f4a5b"], "format": "parquet"}]
        }
    )

    ids: Annotated[
        list[UUID],
        Field(min_length=1, max_length=MOST_EXPORTED, description="Of results."),
    ]
    format: Annotated[
        ResultFormat,
        Field(description="`jsonl`: everything, one result a line; `csv`, `parquet`: a table."),
    ] = "jsonl"


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
        str | None,
        Field(
            max_length=200,
            pattern=_PLAIN_PATTERN,
            description="Of the page before; none begins anew.",
        ),
    ] = None
    limit: Annotated[int, Field(ge=1, le=500, description="Most items of a page.")] = 50


class JobQuery(PageQuery):
    """Which jobs are listed."""

    state: State | None = None
    batch_id: UUID | None = None


class RemovalQuery(Sent):
    """What becomes of a job that is over."""

    erase: Annotated[
        bool,
        Field(
            description="Erase a job that is over. With `false` it stays, and so does its result: "
            "the job is called off, if it still can be."
        ),
    ] = True


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
    slim: Annotated[
        bool,
        Field(
            description="Leave out what verdicts rest on: `phase1_results`, `phase3_results`, "
            "`evidence` and `report`, which are most of a result."
        ),
    ] = False
