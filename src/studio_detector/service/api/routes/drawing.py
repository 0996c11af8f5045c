"""What is drawn of a result on a picture that is sent along, its thumbnail, and why it is so."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from uuid import UUID  # noqa: TC003 - FastAPI reads it

from fastapi import APIRouter, Request, Response

from studio_detector import __version__
from studio_detector.errors import RequestError
from studio_detector.service.api import etags, schemas_explained
from studio_detector.service.api.bodies import expected_bytes, media_type, read_body
from studio_detector.service.api.described import (
    ETAG,
    binary_body,
    file_answer,
    not_modified,
    problems,
)
from studio_detector.service.api.headers import page_policy
from studio_detector.service.api.parameters import IF_NONE_MATCH
from studio_detector.service.api.routes.results import DRAWING_PROBLEMS, page_of
from studio_detector.service.api.serialise import explained_json, json_bytes
from studio_detector.service.api.taking import OCTETS, unsupported
from studio_detector.service.api.tenant import Tenant  # noqa: TC001 - FastAPI reads it
from studio_detector.service.api.threads import call
from studio_detector.service.blobs.base import blob_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio_detector.service.api.room import Room
    from studio_detector.service.records import Result

_SENDING_PROBLEMS = (
    *DRAWING_PROBLEMS,
    "timeout",
    "body_unsupported",
    "limit_file_size",
    "request_timeout",
    "uploads_full",
)
_SENT: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file that the result was made of, byte for byte.",
        "content": {"image/*": binary_body(), OCTETS: binary_body()},
    }
}
_NOT_KEPT = (
    "Its SHA-256 must be the result's `image_hash`. Nothing of it is kept, so that this works "
    "where pictures are deleted after their analysis."
)


def router(room: Room) -> APIRouter:
    """The routes.

    Args:
        room: What they use.
    """
    routes = APIRouter(prefix="/results", tags=["results"])
    store, threads, children = room.parts.store, room.threads, room.parts.children

    @routes.get(
        "/{result_id}/explanation",
        summary="Why a result is what it is",
        response_model=schemas_explained.ExplainedResult,
        responses={200: {"headers": ETAG}, **not_modified(), **problems(*DRAWING_PROBLEMS)},
        openapi_extra={"parameters": [IF_NONE_MATCH]},
    )
    async def explanation(request: Request, tenant: Tenant, result_id: UUID) -> Response:
        found = await call(threads.reads, store.results.get, tenant, result_id)
        explained = await call(threads.drawing, children.explanation, found)
        body = json_bytes(explained_json(found, explained))
        return etags.tagged(request, etags.etag_of(body), body, "application/json")

    @routes.get(
        "/{result_id}/thumbnail.jpg",
        summary="A small picture of a photo that is kept",
        description="Drawn anew, with a long side of 320 px.",
        response_class=Response,
        responses={
            **file_answer("image/jpeg", "The thumbnail"),
            **not_modified(),
            **problems(*DRAWING_PROBLEMS, "picture_gone", "picture_damaged"),
        },
        openapi_extra={"parameters": [IF_NONE_MATCH]},
    )
    async def thumbnail(request: Request, tenant: Tenant, result_id: UUID) -> Response:
        found = await call(threads.reads, store.results.get, tenant, result_id)
        etag = etags.etag_of("thumbnail", str(result_id), __version__)
        if etags.has_newest(request, etag):
            return etags.not_modified(etag)
        jpeg = await call(threads.drawing, _thumbnail, room, found)
        return etags.tagged(request, etag, jpeg, "image/jpeg")

    @routes.post(
        "/{result_id}/overlays/{name}.png",
        name="draw_overlay",
        summary="An overlay on a picture that is sent",
        description=_NOT_KEPT,
        response_class=Response,
        responses={
            **file_answer("image/png", "The overlay", has_etag=False),
            **problems(*_SENDING_PROBLEMS, "overlay_unknown"),
        },
        openapi_extra=_SENT,
    )
    async def draw_overlay(
        request: Request, tenant: Tenant, result_id: UUID, name: str
    ) -> Response:
        def draw(data: bytes, result: Result) -> bytes:
            return children.overlay(data, result, name)

        return Response(
            await _drawn(room, request, tenant, result_id, draw), 200, None, "image/png"
        )

    @routes.post(
        "/{result_id}/report",
        name="draw_report",
        summary="The page for people, of a picture that is sent",
        description=f"HTML without scripts. {_NOT_KEPT}",
        response_class=Response,
        responses={
            **file_answer("text/html", "The page", has_etag=False),
            **problems(*_SENDING_PROBLEMS),
        },
        openapi_extra=_SENT,
    )
    async def draw_report(request: Request, tenant: Tenant, result_id: UUID) -> Response:
        def draw(data: bytes, result: Result) -> bytes:
            return page_of(room, data, result)

        return Response(
            await _drawn(room, request, tenant, result_id, draw),
            headers={"Content-Security-Policy": page_policy()},
            media_type="text/html; charset=utf-8",
        )

    return routes


async def _drawn(
    room: Room,
    request: Request,
    tenant: str,
    result_id: UUID,
    draw: Callable[[bytes, Result], bytes],
) -> bytes:
    """Read the picture and draw on it; its bytes count as an upload until that is done."""
    room.check_open()
    result = await call(room.threads.reads, room.parts.store.results.get, tenant, result_id)
    kind = media_type(request)
    if kind != OCTETS and not kind.startswith("image/"):
        raise unsupported(kind, f"the picture as image/* or {OCTETS}")
    most_bytes = room.parts.settings.max_upload_bytes
    size = expected_bytes(request, most_bytes)
    async with room.uploads.admitted(tenant, size, in_memory=True):
        data = await read_body(request, most_bytes, room.pace)
        return await call(room.threads.drawing, _drawn_on, data, result, draw)


def _drawn_on(data: bytes, result: Result, draw: Callable[[bytes, Result], bytes]) -> bytes:
    found = hashlib.sha256(data).hexdigest()
    if found != result.image_hash:
        raise RequestError(
            f"the picture that was sent is another one (SHA-256 {found[:12]}...) than that of "
            f"the result ({result.image_hash[:12]}...); send the very file that was analysed",
            code="request_invalid",
        )
    return draw(data, result)


def _thumbnail(room: Room, result: Result) -> bytes:
    data = room.parts.blobs.get(blob_key(result.tenant, result.image_hash))
    return room.parts.children.thumbnail(data, result)
