"""``DELETE /pictures/HASH``: everything about a picture is erased."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Response

from studio_detector.service.api import schemas
from studio_detector.service.api.answers import json_answer
from studio_detector.service.api.described import problems
from studio_detector.service.api.requested import HASH_PATTERN
from studio_detector.service.api.serialise import erased_json
from studio_detector.service.api.tenant import Asker  # noqa: TC001 - FastAPI reads it
from studio_detector.service.api.threads import call

if TYPE_CHECKING:
    from studio_detector.service.api.room import Room


def router(room: Room) -> APIRouter:
    """The route.

    Args:
        room: What it uses.
    """
    routes = APIRouter(prefix="/pictures", tags=["privacy"])

    @routes.delete(
        "/{image_hash}",
        summary="Erase everything about a picture",
        description="Its bytes and their key, jobs, results, feedback, callbacks and what is "
        "remembered. Unfinished jobs of it are called off. Erasing it again does no harm.",
        response_model=schemas.Erased,
        responses=problems("output_failed"),
    )
    async def erase_picture(
        asker: Asker,
        image_hash: Annotated[str, Path(pattern=HASH_PATTERN, description="SHA-256 of the file.")],
    ) -> Response:
        erased = await call(
            room.threads.erasing,
            room.parts.eraser.picture,
            asker.tenant,
            image_hash,
            actor=asker.actor,
        )
        return json_answer(erased_json(erased))

    return routes
