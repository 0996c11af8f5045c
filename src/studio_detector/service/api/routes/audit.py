"""The audit log, as far as it is about the tenant who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Response

from studio_detector.service.api import requested, schemas
from studio_detector.service.api.answers import json_answer
from studio_detector.service.api.described import problems
from studio_detector.service.api.serialise import audit_page
from studio_detector.service.api.tenant import Tenant  # noqa: TC001 - FastAPI reads it
from studio_detector.service.api.threads import call

if TYPE_CHECKING:
    from studio_detector.service.api.room import Room


def router(room: Room) -> APIRouter:
    """The route.

    Args:
        room: What it uses.
    """
    routes = APIRouter(prefix="/audit", tags=["audit"])
    store, threads = room.parts.store, room.threads

    @routes.get(
        "",
        summary="List who did what, the newest first",
        description="Accesses stand here a moment after their answer. Hashes of pictures and tags "
        "of subjects stand as keyed hashes.",
        response_model=schemas.AuditPage,
        responses=problems(),
    )
    async def list_acts(tenant: Tenant, query: Annotated[requested.PageQuery, Query()]) -> Response:
        page = await call(threads.reads, store.audit.find, tenant, query.cursor, query.limit)
        return json_answer(audit_page(page))

    return routes
