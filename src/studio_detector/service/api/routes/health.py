"""Whether the process lives, has started, and takes work; for whoever keeps it running."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Response

from studio_detector.service.api import schemas
from studio_detector.service.api.answers import json_answer
from studio_detector.service.api.health import Checks

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio_detector.service.api.described import Responses
    from studio_detector.service.api.room import Room

_NEVER_KEPT = {"Cache-Control": "no-store"}
_NOT_NOW: Responses = {503: {"model": schemas.Health, "description": "Not now"}}


def router(room: Room) -> APIRouter:
    """The routes, which lie at the root.

    Args:
        room: What they use.
    """
    routes = APIRouter(tags=["health"])
    parts = room.parts
    asked: dict[str, Callable[[], object]] = {
        "store": parts.store.ping,
        "broker": parts.broker.ping,
        "pictures": parts.blobs.ping,
    }
    if parts.worker is not None:
        # Who only takes work in starts children when it draws, and not before.
        asked["children"] = lambda: parts.children.is_ready
    checks = Checks(asked)

    @routes.get("/livez", summary="Whether the process answers", response_model=schemas.Health)
    async def livez() -> Response:
        return json_answer({"status": "ok", "parts": {}}, headers=_NEVER_KEPT)

    @routes.get(
        "/startupz",
        summary="Whether it has warmed up",
        response_model=schemas.Health,
        responses=_NOT_NOW,
    )
    async def startupz() -> Response:
        # Nothing listens before the children are warm and the tables are up to date.
        return json_answer({"status": "ok", "parts": {}}, headers=_NEVER_KEPT)

    @routes.get(
        "/readyz",
        summary="Whether it takes work",
        description="503 while a part is away and as soon as it is about to stop.",
        response_model=schemas.Health,
        responses=_NOT_NOW,
    )
    async def readyz() -> Response:
        if parts.draining.noticed.is_set():
            return json_answer({"status": "draining", "parts": {}}, 503, _NEVER_KEPT)
        states = await checks.states()
        is_ready = all(state == "ok" for state in states.values())
        body = {"status": "ok" if is_ready else "unavailable", "parts": states}
        return json_answer(body, 200 if is_ready else 503, _NEVER_KEPT)

    return routes
