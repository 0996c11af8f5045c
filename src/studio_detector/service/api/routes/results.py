"""Results: looked at, listed, drawn, and what people say about them."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID  # noqa: TC003 - FastAPI reads it

from fastapi import APIRouter, Query, Request, Response

from studio_detector import __version__
from studio_detector.errors import RequestError
from studio_detector.reporting.overlays import OVERLAYS
from studio_detector.service.api import etags, requested, schemas
from studio_detector.service.api.answers import json_answer
from studio_detector.service.api.described import (
    ETAG,
    file_answer,
    not_modified,
    problems,
)
from studio_detector.service.api.headers import page_policy
from studio_detector.service.api.parameters import IF_NONE_MATCH
from studio_detector.service.api.serialise import (
    json_bytes,
    result_json,
    results_page,
    verdicts_page,
)
from studio_detector.service.api.tenant import Tenant  # noqa: TC001 - FastAPI reads it
from studio_detector.service.api.threads import call
from studio_detector.service.blobs.base import blob_key
from studio_detector.service.records import ResultFilter

if TYPE_CHECKING:
    from studio_detector.service.api.room import Room
    from studio_detector.service.records import Result

#: What may keep anything from being drawn.
DRAWING_PROBLEMS = (
    "result_unknown",
    "crashed",
    "corrupt",
    "memory",
    "draining",
    "missing_extra",
    "master_key_missing",
)


def router(room: Room) -> APIRouter:
    """The routes.

    Args:
        room: What they use.
    """
    routes = APIRouter(prefix="/results", tags=["results"])
    store, threads = room.parts.store, room.threads

    @routes.get(
        "",
        summary="List results, the newest first",
        response_model=schemas.ResultPage | schemas.VerdictPage,
        responses=problems(),
    )
    async def list_results(
        tenant: Tenant, query: Annotated[requested.ResultQuery, Query()]
    ) -> Response:
        body = await call(threads.reads, lambda: json_bytes(_listed(room, tenant, query)))
        return Response(body, media_type="application/json")

    @routes.get(
        "/{result_id}",
        summary="Look at a result",
        response_model=schemas.Result,
        responses={
            200: {"headers": ETAG},
            **not_modified(),
            **problems("result_unknown"),
        },
        openapi_extra={"parameters": [IF_NONE_MATCH]},
    )
    async def result(request: Request, tenant: Tenant, result_id: UUID) -> Response:
        found = await call(threads.reads, store.results.get, tenant, result_id)
        body = json_bytes(result_json(found))
        return etags.tagged(request, etags.etag_of(body), body, "application/json")

    @routes.get(
        "/{result_id}/report",
        summary="The result as a page for people",
        description="HTML without scripts; without the picture once that is no longer kept.",
        response_class=Response,
        responses={
            **file_answer("text/html", "The page"),
            **not_modified(),
            **problems(*DRAWING_PROBLEMS),
        },
        openapi_extra={"parameters": [IF_NONE_MATCH]},
    )
    async def report(request: Request, tenant: Tenant, result_id: UUID) -> Response:
        found, has_picture = await call(threads.reads, _with_picture, room, tenant, result_id)
        etag = etags.etag_of("report", str(result_id), __version__, str(has_picture))
        if etags.has_newest(request, etag):
            return etags.not_modified(etag)
        page = await call(threads.drawing, _page, room, found, has_picture=has_picture)
        headers = {**etags.headers(etag), "Content-Security-Policy": page_policy()}
        return Response(page, headers=headers, media_type="text/html; charset=utf-8")

    @routes.get(
        "/{result_id}/overlays",
        summary="Which overlays can be drawn",
        response_model=schemas.Overlays,
        responses=problems("result_unknown"),
    )
    async def overlays(tenant: Tenant, result_id: UUID) -> Response:
        names = await call(threads.reads, _overlay_names, room, tenant, result_id)
        items = [
            {
                "name": name,
                "title": OVERLAYS[name].title,
                "caption": OVERLAYS[name].summary,
                "href": f"/api/v1/results/{result_id}/overlays/{name}.png",
            }
            for name in names
        ]
        return json_answer({"items": items})

    @routes.get(
        "/{result_id}/overlays/{name}.png",
        summary="An overlay as a picture",
        response_class=Response,
        responses={
            **file_answer("image/png", "The overlay"),
            **not_modified(),
            **problems(*DRAWING_PROBLEMS, "overlay_unknown", "picture_gone", "picture_damaged"),
        },
        openapi_extra={"parameters": [IF_NONE_MATCH]},
    )
    async def overlay(request: Request, tenant: Tenant, result_id: UUID, name: str) -> Response:
        found = await call(threads.reads, store.results.get, tenant, result_id)
        etag = etags.etag_of("overlay", str(result_id), name, __version__)
        if name in OVERLAYS and etags.has_newest(request, etag):
            return etags.not_modified(etag)
        png = await call(threads.drawing, _overlay, room, found, name)
        return etags.tagged(request, etag, png, "image/png")

    return routes


def _listed(room: Room, tenant: str, query: requested.ResultQuery) -> dict[str, Any]:
    after = query.created_after
    wanted = ResultFilter(
        is_studio=query.is_studio,
        label=query.label,
        confidence_min=query.confidence_min,
        confidence_max=query.confidence_max,
        created_after=after.replace(tzinfo=UTC) if after and after.tzinfo is None else after,
        image_hash=query.image_hash,
        variant=query.variant,
    )
    asked = (tenant, wanted, query.cursor, query.limit)
    found = room.parts.store.results
    return verdicts_page(found.verdicts(*asked)) if query.slim else results_page(found.find(*asked))


def page_of(room: Room, data: bytes | None, result: Result) -> bytes:
    """The page of a result in UTF-8. Blocks.

    Args:
        room: What draws it.
        data: The picture; None where it is no longer kept.
        result: The result.
    """
    # What a sender called it is the job's, and one result may have many jobs.
    name = f"picture {result.image_hash[:12]}"
    return room.parts.children.report_page(data, result, name=name).encode(
        "utf-8", "backslashreplace"
    )


def _with_picture(room: Room, tenant: str, result_id: UUID) -> tuple[Result, bool]:
    result = room.parts.store.results.get(tenant, result_id)
    return result, room.parts.blobs.exists(blob_key(tenant, result.image_hash))


def _page(room: Room, result: Result, *, has_picture: bool) -> bytes:
    data: bytes | None = None
    if has_picture:
        try:
            data = room.parts.blobs.get(blob_key(result.tenant, result.image_hash))
        except RequestError:  # thrown away in between
            data = None
    return page_of(room, data, result)


def _overlay_names(room: Room, tenant: str, result_id: UUID) -> tuple[str, ...]:
    return room.parts.children.overlay_names(room.parts.store.results.get(tenant, result_id))


def _overlay(room: Room, result: Result, name: str) -> bytes:
    children = room.parts.children
    if name not in children.overlay_names(result):
        return children.overlay(None, result, name)  # says which there are
    data = room.parts.blobs.get(blob_key(result.tenant, result.image_hash))
    return children.overlay(data, result, name)
