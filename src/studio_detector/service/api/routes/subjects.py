"""Subjects: what is stored of those whom pictures show, told to them and erased."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Response
from starlette.responses import StreamingResponse

from studio_detector.errors import RequestError
from studio_detector.service.api import schemas
from studio_detector.service.api.answers import json_answer
from studio_detector.service.api.described import problems
from studio_detector.service.api.requested import SubjectTag
from studio_detector.service.api.serialise import (
    delivery_json,
    erased_json,
    feedback_json,
    job_json,
    json_bytes,
    result_json,
)
from studio_detector.service.api.tenant import Asker, Tenant  # noqa: TC001 - FastAPI reads them
from studio_detector.service.api.threads import call, streamed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_detector.service.api.room import Room
    from studio_detector.service.store.subjects import Shown

Tag = Annotated[SubjectTag, Path(description="As it was sent with the pictures.")]


def router(room: Room) -> APIRouter:
    """The routes.

    Args:
        room: What they use.
    """
    routes = APIRouter(prefix="/subjects", tags=["privacy"])

    @routes.get(
        "/{tag}/export",
        summary="Fetch all that is stored of a subject",
        description="Every picture that was sent with this tag, with its jobs, results, feedback "
        "and callbacks. The pictures themselves are not sent back: a file that a stranger made "
        "may be something else beside a picture.",
        response_model=schemas.SubjectExport,
        responses=problems("subject_unknown"),
    )
    async def export_subject(tenant: Tenant, tag: Tag) -> Response:
        subject = room.parts.intake.tags.hashed(tenant, tag)
        if not await call(room.threads.reads, room.parts.store.subjects.is_known, tenant, subject):
            raise RequestError(
                "nothing is stored under this tag; tags are told apart to the letter",
                code="subject_unknown",
            )
        return StreamingResponse(
            streamed(room.threads.streams, _pieces(room, tenant, subject)),
            headers={"Content-Disposition": 'attachment; filename="subject.json"'},
            media_type="application/json",
        )

    @routes.delete(
        "/{tag}",
        summary="Erase everything about a subject",
        description="Every picture that was sent with this tag, as `DELETE /pictures/HASH` does. "
        "Erasing it again does no harm.",
        response_model=schemas.Erased,
        responses=problems("output_failed"),
    )
    async def erase_subject(asker: Asker, tag: Tag) -> Response:
        erased = await call(
            room.threads.erasing, room.parts.eraser.subject, asker.tenant, tag, actor=asker.actor
        )
        return json_answer(erased_json(erased))

    return routes


def _pieces(room: Room, tenant: str, subject: str) -> Iterator[bytes]:
    store = room.parts.store
    head = {"tenant": tenant, "exported_at": store.clock().isoformat()}
    yield json_bytes(head).removesuffix(b"}") + b',"pictures":['
    comma = b""
    for shown in store.subjects.shown(tenant, subject):
        yield comma + json_bytes(_picture(room, tenant, shown))
        comma = b",\n"
    yield b"]}"


def _picture(room: Room, tenant: str, shown: Shown) -> dict[str, Any]:
    notes = room.parts.store.feedback
    return {
        "image_hash": shown.image_hash,
        "is_kept": shown.is_kept,
        "jobs": [job_json(job) for job in shown.jobs],
        "results": [
            result_json(result)
            | {
                "feedback": [feedback_json(note) for note in notes.for_result(tenant, result.id)],
            }
            for result in shown.results
        ],
        "callbacks": [delivery_json(call) for call in shown.callbacks],
    }
