"""``DELETE /tenants/NAME``: all that a tenant has is erased."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Response

from studio_detector.errors import RequestError
from studio_detector.service.api import schemas
from studio_detector.service.api.answers import json_answer
from studio_detector.service.api.described import problems
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
    routes = APIRouter(prefix="/tenants", tags=["privacy"])

    @routes.delete(
        "/{tenant}",
        summary="Erase all that a tenant has",
        description="Every picture with all that came of it, batches, callbacks and disabled "
        "receivers. Its keys stay, and so does what the audit log says of those who used them. "
        "Erasing it again does no harm.",
        response_model=schemas.Erased,
        responses=problems("tenant_unknown", "output_failed"),
    )
    async def erase_tenant(asker: Asker, tenant: str) -> Response:
        if tenant != asker.tenant:
            raise RequestError(
                f"there is no tenant {tenant[:64]!r}, or it is not yours; name your own",
                code="tenant_unknown",
            )
        erased = await call(
            room.threads.erasing, room.parts.eraser.everything, tenant, actor=asker.actor
        )
        return json_answer(erased_json(erased))

    return routes
