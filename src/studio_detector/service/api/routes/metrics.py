"""The metrics of this process, for Prometheus to fetch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from studio_detector.service.api.scopes import METRICS
from studio_detector.service.api.threads import call

if TYPE_CHECKING:
    from studio_detector.service.api.room import Room


def router(room: Room) -> APIRouter:
    """The route, which lies at the root and is no part of the API.

    Args:
        room: What it uses.
    """
    routes = APIRouter(tags=["metrics"], include_in_schema=False)

    @routes.get(METRICS)
    async def metrics(request: Request) -> Response:
        accept = request.headers.get("accept", "")
        # Beside the event loop: the store may be waited for.
        text, media_type = await call(room.threads.metrics, room.parts.metrics.exposed, accept)
        return Response(text, headers={"Content-Type": media_type})

    return routes
