"""Bodies, queries and headers of requests, as the routes read them."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from studio_detector.service.api import requested
from studio_detector.service.api.bodies import media_type, read_body, read_form
from studio_detector.service.api.etags import has_newest
from studio_detector.service.api.pieces import Pace, announced_bytes
from studio_detector.service.api.problems import invalid
from studio_detector.service.api.taking import query_fields
from studio_detector.service.api.waiting import applied, idempotency_key, wait_of
from studio_detector.service.api.wishes import model_of_json, wishes_of
from tools.fuzz.choice import chosen, parts_of
from tools.fuzz.file import written
from tools.fuzz.target import Target

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

_MOST_BYTES = 1024
_MOST_WAIT_S = 60.0
_PIECE_BYTES = 97
_PACE = Pace(rest_s=60.0, bytes_per_s=1)
_MODELS = (requested.AnalyseRequest, requested.BatchRequest, requested.FeedbackRequest)


def check(data: bytes) -> None:
    """Whatever comes is read or refused, and a refusal can be answered."""
    way, data = chosen(data, (_form, _body, _json, _query, _headers))
    try:
        way(data)
    except RequestValidationError as error:
        invalid(error.errors())
    except MultiPartException as error:
        invalid([{"loc": ("body",), "msg": error.message}])


def _form(data: bytes) -> None:
    kind, body = parts_of(data, 2)
    request = _request({"content-type": b"multipart/form-data" + kind}, body=body)
    form = _run(read_form(request, _MOST_BYTES, _PACE, _folder()))
    with form.file:
        if form.size > _MOST_BYTES or len(form.file.read()) != form.size:
            raise AssertionError(f"an upload of {form.size} bytes")
    wishes_of(query_fields(request), form=form.fields)


def _body(data: bytes) -> None:
    length, body = parts_of(data, 2)
    # Servers let nothing but digits through.
    if not length.isdigit():
        return
    request = _request({"content-length": length, "content-type": b"image/png"}, body=body)
    announced_bytes(request)
    if len(_run(read_body(request, _MOST_BYTES, _PACE))) > _MOST_BYTES:
        raise AssertionError("more than allowed")


def _json(data: bytes) -> None:
    kind, data = chosen(data, _MODELS)
    sent = model_of_json(kind, data, place="body")
    sent.model_dump_json()
    if isinstance(sent, requested.WishFields):
        wishes_of({}, sent=sent)


def _query(data: bytes) -> None:
    request = _request({}, query=data)
    wait_s = wait_of(request, _MOST_WAIT_S)
    if wait_s is not None and not 0 <= wait_s <= _MOST_WAIT_S:
        raise AssertionError(wait_s)
    wishes_of(query_fields(request, "wait"))


def _headers(data: bytes) -> None:
    names = ("prefer", "idempotency-key", "if-none-match", "content-type")
    request = _request(dict(zip(names, parts_of(data, len(names)), strict=True)))
    media_type(request)
    has_newest(request, '"0123"')
    wait_s = wait_of(request, _MOST_WAIT_S)
    for value in applied(request, wait_s).values():
        value.encode("latin-1")
    key = idempotency_key(request)
    if key is not None and not (0 < len(key) <= 255 and key.isascii()):
        raise AssertionError(key)


def _request(headers: Mapping[str, bytes], *, query: bytes = b"", body: bytes = b"") -> Request:
    pieces = [body[at : at + _PIECE_BYTES] for at in range(0, len(body), _PIECE_BYTES)] or [b""]
    sent = iter(enumerate(pieces, 1))

    async def receive() -> dict[str, Any]:
        number, piece = next(sent)
        return {"type": "http.request", "body": piece, "more_body": number < len(pieces)}

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": query,
        "headers": [(name.encode(), value) for name, value in headers.items() if value],
    }
    return Request(scope, receive)


@cache
def _runner() -> asyncio.Runner:
    return asyncio.Runner()


def _run(work: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 - whatever it gives
    return _runner().run(work)


def _folder() -> Path:
    return Path(written("form", b"")).parent


TARGET = Target(
    title="requests: forms, JSON, queries, headers",
    check=check,
)
