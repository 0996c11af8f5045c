"""Answers as bytes that were made by hand, since checking our own data again takes time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from studio_detector.service.api.serialise import json_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping


def json_answer(
    data: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Plain data as JSON.

    Args:
        data: The data.
        status: HTTP status.
        headers: Further headers.
    """
    return Response(
        json_bytes(data), status, None if headers is None else dict(headers), "application/json"
    )


def no_content() -> Response:
    """Nothing to say but that it is done."""
    return Response(status_code=204)
