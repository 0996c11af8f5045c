"""Results that were chosen, as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse

from studio_detector.service.api import export, requested
from studio_detector.service.api.bodies import media_type, read_body
from studio_detector.service.api.described import json_body, problems
from studio_detector.service.api.taking import JSON, unsupported
from studio_detector.service.api.tenant import Tenant  # noqa: TC001 - FastAPI reads it
from studio_detector.service.api.threads import call, streamed
from studio_detector.service.api.wishes import model_of_json

if TYPE_CHECKING:
    from uuid import UUID

    from studio_detector.service.api.room import Room

#: How many results that were asked for are not in the file.
LEFT_OUT = "Results-Left-Out"

# As many names as there may be, and the spaces that some writers put between them.
_MOST_BYTES = 64 * requested.MOST_EXPORTED
_LEFT_OUT = {
    LEFT_OUT: {
        "description": "How many of the results asked for there are not.",
        "schema": {"type": "integer", "minimum": 0},
    }
}


def router(room: Room) -> APIRouter:
    """The routes.

    Args:
        room: What they use.
    """
    routes = APIRouter(prefix="/results", tags=["results"])
    store, threads = room.parts.store, room.threads

    @routes.post(
        "/export",
        summary="Fetch results as a file",
        description="In the order asked for, each once; those that there are not are left out.",
        response_class=Response,
        responses={
            200: {
                "description": "The file, sent as it is made",
                "headers": _LEFT_OUT,
                "content": {
                    kind.partition(";")[0]: {"schema": {"type": "string"}}
                    for kind, _ in export.KINDS.values()
                },
            },
            **problems("limit_file_size", "request_timeout", "body_unsupported"),
        },
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {JSON: json_body(requested.ExportRequest)},
            }
        },
    )
    async def chosen(request: Request, tenant: Tenant) -> Response:
        sent_as = media_type(request)
        if sent_as != JSON:
            raise unsupported(sent_as, JSON)
        body = await read_body(request, _MOST_BYTES, room.pace)
        # Thousands of names take long enough to hold up others.
        wanted, there = await call(threads.streams, _there, room, tenant, body)
        media, ending = export.KINDS[wanted.format]
        return StreamingResponse(
            streamed(
                threads.streams,
                export.result_pieces(store.results.chosen(tenant, there), wanted.format),
            ),
            headers={
                "Content-Disposition": f'attachment; filename="results.{ending}"',
                LEFT_OUT: str(len(set(wanted.ids)) - len(there)),
            },
            media_type=media,
        )

    return routes


def _there(room: Room, tenant: str, body: bytes) -> tuple[requested.ExportRequest, list[UUID]]:
    wanted = model_of_json(requested.ExportRequest, body, place="body")
    return wanted, room.parts.store.results.are_there(tenant, wanted.ids)
