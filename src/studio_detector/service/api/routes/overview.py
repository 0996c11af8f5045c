"""Everything of the last days together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Response

from studio_detector.service.api import schemas
from studio_detector.service.api.answers import json_answer
from studio_detector.service.api.described import problems
from studio_detector.service.api.serialise import overview_json
from studio_detector.service.api.tenant import Tenant  # noqa: TC001 - FastAPI reads it
from studio_detector.service.api.threads import call

if TYPE_CHECKING:
    from studio_detector.service.api.room import Room

Days = Annotated[
    int, Query(ge=1, le=366, description="How many days (UTC), the present one included.")
]


def router(room: Room) -> APIRouter:
    """The routes.

    Args:
        room: What they use.
    """
    routes = APIRouter(prefix="/overview", tags=["results"])
    overviews, threads = room.parts.store.overviews, room.threads

    @routes.get(
        "",
        summary="Count what came, what it was, and what people say",
        description="Results of shadows count for their variant alone.",
        response_model=schemas.Overview,
        responses=problems(),
    )
    async def overview(tenant: Tenant, days: Days = 30) -> Response:
        # As many rows are read as there are results.
        return json_answer(overview_json(await call(threads.streams, overviews.get, tenant, days)))

    return routes
