"""Errors as RFC 9457 problem documents, each with a code of `studio_detector.errors.CODES`.

.. code-block:: json

    {"type": "about:blank", "title": "Not Found", "status": 404,
     "detail": "there is no job 5f0c...; it may have been deleted", "code": "job_unknown"}
"""

from __future__ import annotations

import json
import logging
import math
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.responses import Response

from studio_detector.errors import (
    CODES,
    AccessError,
    BusyError,
    FetchError,
    StudioDetectorError,
)
from studio_detector.service.api.serialise import json_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

MEDIA_TYPE = "application/problem+json"

_log = logging.getLogger(__name__)

# RFC 9110 has other names for these than versions of Python before 3.13.
_PHRASES = {413: "Content Too Large", 422: "Unprocessable Content"}
# Seconds to wait where an error has no number of its own, but its status asks for one.
_RETRY_AFTER_S = {429: 5.0, 503: 5.0}
_REALM = 'Bearer realm="studio-detector"'
# Of a list of faults; the first ones are enough to mend the request.
_MOST_PLACES = 20
_MOST_CHARACTERS = 300
_BY_STATUS = {
    404: ("route_unknown", "there is no such address; see /openapi.json for those there are"),
    405: ("method_unsupported", "the address does not take this method; see the header Allow"),
}


class Problem(Response):
    """A problem document; once it is sent, the state of its request has its code as ``problem``.

    Args:
        code: A key of `CODES`.
        body: The document.
        headers: Beside the media type.
    """

    media_type = MEDIA_TYPE

    def __init__(self, code: str, body: bytes, headers: Mapping[str, str]) -> None:
        super().__init__(body, CODES[code].http_status, headers)
        self._code = code

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        scope.setdefault("state", {})["problem"] = self._code
        await super().__call__(scope, receive, send)


def problem(
    code: str,
    detail: str,
    *,
    extra: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    retry_after_s: float | None = None,
) -> Response:
    """A problem document.

    Args:
        code: A key of `CODES`, which gives the status.
        detail: What happened and what to do next.
        extra: Further members.
        headers: Further headers.
        retry_after_s: Seconds after which asking again makes sense; None takes a usual number
            where the status asks for one.
    """
    status = CODES[code].http_status
    body: dict[str, Any] = {
        # Says nothing beyond the status, as clients know it; what we say beyond it is the code.
        "type": "about:blank",
        "title": _PHRASES.get(status) or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        **(extra or {}),
    }
    sent = dict(headers or {})
    if status == 401:
        sent["WWW-Authenticate"] = _REALM
    if status == 408:
        # What else comes on this connection belongs to the body that was given up.
        sent["Connection"] = "close"
    if retry_after_s is None:
        retry_after_s = _RETRY_AFTER_S.get(status)
    if retry_after_s is not None:
        sent["Retry-After"] = str(max(1, math.ceil(retry_after_s)))
    return Problem(code, json_bytes(body), sent)


def problem_of(error: StudioDetectorError, headers: Mapping[str, str] | None = None) -> Response:
    """The problem document of one of our errors.

    Args:
        error: The error.
        headers: Further headers.
    """
    retry_after_s = None
    if isinstance(error, AccessError | BusyError | FetchError):
        retry_after_s = error.retry_after_s
    return problem(error.code, error.message, headers=headers, retry_after_s=retry_after_s)


def nowhere(template: str | None, methods: Sequence[str], method: str) -> Response | None:
    """The problem document for an address that there is not, or that takes another method.

    Args:
        template: The address; None if there is none.
        methods: Those it takes.
        method: The one asked for.

    Returns:
        None for what there is.
    """
    if template is None:
        return problem(*_BY_STATUS[404])
    if method in methods:
        return None
    taken = sorted({*methods, "HEAD"} if "GET" in methods else methods)
    return problem(*_BY_STATUS[405], headers={"Allow": ", ".join(taken)})


def internal_problem() -> Response:
    """The problem document of a defect; what it was stands in the log alone."""
    return problem(
        "internal",
        "this is a defect of ours, and it was noted; please report it with the X-Request-ID of "
        "this answer",
    )


def invalid(faults: Sequence[Mapping[str, Any]]) -> Response:
    """The problem document of a request that does not fit.

    Args:
        faults: As pydantic lists them.
    """
    errors = [
        {"place": _place(fault.get("loc", ())), "message": _cut(str(fault.get("msg", "")))}
        for fault in faults[:_MOST_PLACES]
    ]
    said = "; ".join(f"{error['place']}: {error['message']}" for error in errors)
    return problem("request_invalid", said or "the request is empty", extra={"errors": errors})


def add_handlers(app: FastAPI, methods_of: Callable[[str], Sequence[str]]) -> None:
    """Have an app answer every error with a problem document.

    Args:
        app: The app.
        methods_of: Gives the methods that an address takes, all routes together.
    """

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for it alone
        headers = dict(error.headers or {})
        if error.status_code == 405:
            # Starlette names those of the first route alone; what is not ours has one.
            methods = methods_of(request.url.path)
            if methods:
                headers["Allow"] = ", ".join(methods)
        code, detail = _BY_STATUS.get(error.status_code, ("request_invalid", str(error.detail)))
        if error.status_code >= 500:
            _log.error("a request failed", exc_info=error)
            return internal_problem()
        return problem(code, detail, headers=headers)

    app.add_exception_handler(StudioDetectorError, _on_ours)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(MultiPartException, _on_multipart)
    app.add_exception_handler(HTTPException, on_http)


async def _on_ours(_: Request, error: Exception) -> Response:
    assert isinstance(error, StudioDetectorError)  # noqa: S101 - registered for it alone
    if error.code in {"internal", "analysis_failed"}:
        _log.error("a request failed by a defect", exc_info=error)
    return problem_of(error)


async def _on_invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it alone
    return invalid(error.errors())


async def _on_multipart(_: Request, error: Exception) -> Response:
    assert isinstance(error, MultiPartException)  # noqa: S101 - registered for it alone
    return invalid([{"loc": ("body",), "msg": error.message}])


def _place(where: Sequence[object]) -> str:
    return _cut(".".join(str(part) for part in where)) or "body"


def _cut(text: str) -> str:
    # What callers sent comes back to them; as ASCII it cannot break a log or a terminal.
    text = json.dumps(text)[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return text if len(text) <= _MOST_CHARACTERS else text[: _MOST_CHARACTERS - 3] + "..."
