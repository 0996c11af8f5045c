"""The app: routes, problems and the OpenAPI document put together."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.cors import CORSMiddleware

from studio_detector import __version__
from studio_detector.service.api.callers import Callers
from studio_detector.service.api.counting import Counting
from studio_detector.service.api.document import openapi_of, operation_id
from studio_detector.service.api.door import Door
from studio_detector.service.api.middleware import Guard, Head
from studio_detector.service.api.origins import Origins
from studio_detector.service.api.problems import add_handlers
from studio_detector.service.api.rate_fields import NAMES as RATE_FIELDS
from studio_detector.service.api.request_ids import REQUEST_ID
from studio_detector.service.api.request_log import RequestLog
from studio_detector.service.api.room import Room
from studio_detector.service.api.routes import (
    analyse,
    audit,
    batches,
    chosen,
    drawing,
    feedback,
    health,
    jobs,
    meta,
    metrics,
    overview,
    page,
    pictures,
    results,
    similar,
    subjects,
    tenants,
)
from studio_detector.service.api.scopes import SCOPES_OF_ROUTES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from fastapi import APIRouter

    from studio_detector.service.parts import Parts

_PREFIX = "/api/v1"
# Headers of requests and of answers that pages of other origins may use.
_SENT = (
    "Authorization",
    "Content-Digest",
    "Content-Type",
    "Idempotency-Key",
    "If-None-Match",
    "Prefer",
    "Signature",
    "Signature-Input",
    "traceparent",
    REQUEST_ID,
)
_TOLD = (
    *("ETag", "Location", "Preference-Applied", chosen.LEFT_OUT, "Retry-After", REQUEST_ID),
    *RATE_FIELDS,
)
_DESCRIPTION = """Tells whether a photograph was lit in a studio or by natural light.

Errors are problem documents (RFC 9457) with a stable `code`; lists are read page by page with
`cursor`; times are UTC."""


def create_app(parts: Parts) -> FastAPI:
    """The app that answers for an open service.

    Args:
        parts: The service; not closed here.

    Returns:
        The app. Its ``state.room`` counts requests and knows when the service is about to stop.

    Raises:
        ConfigError: ``config_invalid_value`` for hosts, origins or proxies that are none.
    """
    room = Room(parts)
    callers = Callers(parts.settings.trusted_proxies)
    origins = Origins(parts.settings)

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
        # Its own spans carry addresses; ours do not, see `RequestLog`.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        generate_unique_id_function=operation_id,
    )
    app.state.room = room
    modules = (
        *(analyse, jobs, batches, results, drawing, feedback, chosen, overview),
        *(similar, pictures, subjects, tenants, audit, meta),
    )
    routers = [("", module.router(room)) for module in (health, metrics, page)]
    routers += [(_PREFIX, module.router(room)) for module in modules]
    for prefix, router in routers:
        app.include_router(router, prefix=prefix)
    add_handlers(app, partial(_methods, routers))
    app.add_middleware(Door, room=room, callers=callers, origins=origins)
    if parts.settings.cors_origins:
        _add_cors(app, parts.settings.cors_origins)
    app.add_middleware(Guard, room=room)
    app.add_middleware(Head)
    app.add_middleware(Counting, metrics=parts.metrics.requests)
    app.add_middleware(RequestLog, tracer=parts.tracer)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _add_cors(app: FastAPI, origins: Sequence[str]) -> None:
    """Tell browsers which pages of other origins may read what is answered."""
    app.add_middleware(
        CORSMiddleware,
        allow_origins=[origin.strip().lower() for origin in origins],
        allow_methods=sorted({method for method, _ in SCOPES_OF_ROUTES}),
        allow_headers=_SENT,
        expose_headers=_TOLD,
        # Keys are sent by the page itself; cookies there are none.
        allow_credentials=False,
    )


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
