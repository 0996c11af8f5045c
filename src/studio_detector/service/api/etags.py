"""Strong ETags (RFC 9110, 8.8.3): who has the newest already is not sent it again."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.requests import Request

# What is answered belongs to one caller, and is to be asked for each time.
_CACHING = "private, no-cache"


def etag_of(*parts: str | bytes) -> str:
    """The tag of what the parts decide byte for byte.

    Args:
        parts: Names, versions, or the bytes themselves.
    """
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return f'"{digest.hexdigest()[:32]}"'


def has_newest(request: Request, etag: str) -> bool:
    """Whether the caller has what the tag stands for.

    Args:
        request: With If-None-Match, or without.
        etag: The tag.
    """
    sent = request.headers.get("if-none-match")
    if sent is None:
        return False
    # The weak form says less, and is as good for this question (RFC 9110, 13.1.2).
    tags = {tag.strip().removeprefix("W/") for tag in sent.split(",")}
    return "*" in tags or etag in tags


def tagged(request: Request, etag: str, body: bytes, media_type: str) -> Response:
    """An answer with its tag, or 304.

    Args:
        request: What is answered.
        etag: The tag.
        body: What is sent where the caller has something else.
        media_type: Its kind.
    """
    if has_newest(request, etag):
        return not_modified(etag)
    return Response(body, headers=headers(etag), media_type=media_type)


def not_modified(etag: str) -> Response:
    """The answer to who has the newest."""
    return Response(status_code=304, headers=headers(etag))


def headers(etag: str) -> dict[str, str]:
    """The headers of a tagged answer."""
    return {"ETag": etag, "Cache-Control": _CACHING}
