"""Saying in the OpenAPI document what a route may answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio_detector.errors import CODES
from studio_detector.service.api.problems import MEDIA_TYPE

if TYPE_CHECKING:
    from pydantic import BaseModel

Responses = dict[int | str, dict[str, Any]]

# Whatever is asked, the store may be away, a parameter may not fit, and we may have a defect.
_ALWAYS = ("request_invalid", "store_unavailable", "internal")
# And on the way in, unless nobody is asked.
_AT_THE_DOOR = (
    "unauthenticated",
    "signature_invalid",
    "forbidden",
    "origin_refused",
    "rate_limited",
    "auth_unavailable",
)
_DESCRIPTIONS = {
    400: "A name or setting that does not exist",
    401: "Who asks is not known",
    403: "Who asks may not",
    404: "It is not there",
    408: "It came too slowly",
    409: "Its state does not allow it",
    410: "The picture is no longer kept",
    413: "Too large",
    415: "Of a kind that is not taken",
    422: "The request, or the picture, does not fit",
    429: "Too much at once",
    500: "A defect",
    501: "A part of the service is not installed",
    502: "Another host gave no answer that is of use",
    503: "Not now",
    504: "Another host took too long",
    507: "No room",
}
_RETRY_AFTER = {
    "Retry-After": {
        "description": "Seconds after which asking again makes sense.",
        "schema": {"type": "integer", "minimum": 1},
    }
}


ETAG = {
    "ETag": {
        "description": "Tells versions of what is answered apart; strong.",
        "schema": {"type": "string"},
    }
}


def problems(*codes: str) -> Responses:
    """The problems a route may answer with, beside those that any may.

    Args:
        codes: Keys of `CODES`.
    """
    by_status: dict[int, list[str]] = {}
    for code in (*codes, *_ALWAYS, *_AT_THE_DOOR):
        by_status.setdefault(CODES[code].http_status, []).append(code)
    return {status: _problem(status, found) for status, found in sorted(by_status.items())}


def file_answer(media_type: str, description: str, *, has_etag: bool = True) -> Responses:
    """A successful answer that is a file.

    Args:
        media_type: Its kind.
        description: What it is.
        has_etag: Whether it comes with an ETag.
    """
    kind = {"type": "string"}
    if media_type.startswith(("image/", "application/vnd")):
        kind["format"] = "binary"
    content = {media_type: {"schema": kind}}
    headers = {"headers": ETAG} if has_etag else {}
    return {200: {"description": description, "content": content, **headers}}


def not_modified() -> Responses:
    """The answer to a caller that has the newest already."""
    return {304: {"description": "What the caller has is the newest", "headers": ETAG}}


def json_body(kind: type[BaseModel]) -> dict[str, Any]:
    """JSON of a model as one of several forms of a body."""
    return {"schema": {"$ref": f"#/components/schemas/{kind.__name__}"}}


def binary_body() -> dict[str, Any]:
    """A file as one of several forms of a body."""
    return {"schema": {"type": "string", "format": "binary"}}


def _problem(status: int, codes: list[str]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "description": f"{_DESCRIPTIONS[status]}: " + ", ".join(f"`{code}`" for code in codes),
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
            }
        },
    }
    if status in {429, 503}:
        described["headers"] = _RETRY_AFTER
    return described
