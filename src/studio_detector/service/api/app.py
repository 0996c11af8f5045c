"""The app: routes, problems and the OpenAPI document put together."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from studio_detector import __version__
from studio_detector.service.api.document import openapi_of, operation_id
from studio_detector.service.api.middleware import Guard, Head
from studio_detector.service.api.problems import add_handlers
from studio_detector.service.api.room import Room
from studio_detector.service.api.routes import (
    analyse,
    batches,
    health,
    jobs,
    meta,
    results,
    similar,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import APIRouter

    from studio_detector.service.parts import Parts

_PREFIX = "/api/v1"
_DESCRIPTION = """Tells whether a photograph was lit in a studio or by natural light.

Errors are problem documents (RFC 9457) with a stable `code`; lists are read page by page with
`cursor`; times are UTC."""


def create_app(parts: Parts) -> FastAPI:
    """The app that answers for an open service.

    Args:
        parts: The service; not closed here.

    Returns:
        The app. Its ``state.room`` counts requests and knows when the service is about to stop.
    """
    room = Room(parts)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with room.watching():
            yield

    app = FastAPI(
        title="studio-detector",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=lifespan,
        # Both pages load their scripts from another host.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
    )
    app.state.room = room
    modules = (analyse, jobs, batches, results, similar, meta)
    routers = [("", health.router(room))]
    routers += [(_PREFIX, module.router(room)) for module in modules]
    for prefix, router in routers:
        app.include_router(router, prefix=prefix)
    add_handlers(app, partial(_methods, routers))
    app.add_middleware(Guard, room=room)
    app.add_middleware(Head)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _methods(routers: list[tuple[str, APIRouter]], path: str) -> list[str]:
    methods: set[str] = set()
    for prefix, router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute) and route.path_regex.match(path.removeprefix(prefix)):
                methods |= route.methods or set()
    return sorted(methods | {"HEAD"} if "GET" in methods else methods)


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        app.openapi_schema = openapi_of(app)
    return app.openapi_schema
