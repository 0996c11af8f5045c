"""What people say about results."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Annotated
from uuid import UUID  # noqa: TC003 - FastAPI reads it

from fastapi import APIRouter, Query, Request, Response

from studio_detector.errors import StudioDetectorError
from studio_detector.service.api import requested, schemas
from studio_detector.service.api.answers import json_answer
from studio_detector.service.api.bodies import MOST_JSON_BYTES, media_type, read_body
from studio_detector.service.api.described import json_body, problems
from studio_detector.service.api.serialise import feedback_json
from studio_detector.service.api.taking import JSON, unsupported
from studio_detector.service.api.tenant import Tenant  # noqa: TC001 - FastAPI reads it
from studio_detector.service.api.threads import call
from studio_detector.service.api.wishes import model_of_json
from studio_detector.service.metrics.metrics import agreement

if TYPE_CHECKING:
    from studio_detector.service.api.room import Room
    from studio_detector.service.parts import Parts
    from studio_detector.service.store import FeedbackNote

Limit = Annotated[int, Query(ge=1, le=500, description="Most that are listed.")]


def router(room: Room) -> APIRouter:
    """The routes.

    Args:
        room: What they use.
    """
    routes = APIRouter(prefix="/results", tags=["results"])
    store, threads = room.parts.store, room.threads

    @routes.post(
        "/{result_id}/feedback",
        summary="Say what the picture really is",
        description="Kept for learning; several people may say different things.",
        status_code=201,
        response_model=schemas.Feedback,
        responses=problems(
            "result_unknown", "limit_file_size", "request_timeout", "body_unsupported"
        ),
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {JSON: json_body(requested.FeedbackRequest)},
            }
        },
    )
    async def feedback(request: Request, tenant: Tenant, result_id: UUID) -> Response:
        # Read by us, since FastAPI would read any length into memory.
        kind = media_type(request)
        if kind != JSON:
            raise unsupported(kind, JSON)
        body = await read_body(request, MOST_JSON_BYTES, room.pace)
        said = model_of_json(requested.FeedbackRequest, body, place="body")
        note = await call(
            threads.reads, store.feedback.add, tenant, result_id, said.label, said.note
        )
        await call(threads.reads, _count, room.parts, note)
        return json_answer(feedback_json(note), 201)

    @routes.get(
        "/{result_id}/feedback",
        summary="Look at what was said about a result",
        description="The newest first.",
        response_model=schemas.FeedbackList,
        responses=problems("result_unknown"),
    )
    async def list_feedback(tenant: Tenant, result_id: UUID, limit: Limit = 100) -> Response:
        notes = await call(threads.reads, store.feedback.newest, tenant, result_id, limit)
        return json_answer({"items": [feedback_json(note) for note in notes]})

    return routes


def _count(parts: Parts, note: FeedbackNote) -> None:
    """Count whether the verdict was found to be right; it may be erased by now."""
    with contextlib.suppress(StudioDetectorError):
        result = parts.store.results.get(note.tenant, note.result_id)
        parts.metrics.feedback.met(agreement(note.label, is_studio=result.is_studio))
