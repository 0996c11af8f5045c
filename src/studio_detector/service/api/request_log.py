"""Each request has a name, a span, and one line in the log when it is over."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from studio_detector.service.api.request_ids import REQUEST_ID, ids_of
from studio_detector.service.api.scopes import POLLED
from studio_detector.service.api.statuses import HUNG_UP
from studio_detector.service.logs.context import bound
from studio_detector.service.traces.base import NO_TRACER

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from studio_detector.service.traces.base import Span, Tracer

_log = logging.getLogger(__name__)

_HEADER = REQUEST_ID.lower().encode()
# Methods are written by callers, and a name of a span must be one of few.
_METHODS = frozenset({"GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH"})


class RequestLog:
    """Outermost of all; plain ASGI, since it is passed by every request.

    The door leaves the template of the address in the state as ``route``. The address itself
    stands nowhere: it may hold the tag of a subject.

    Args:
        app: What answers.
        tracer: Notes spans.
    """

    def __init__(self, app: ASGIApp, tracer: Tracer) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        state = scope.setdefault("state", {})
        name, parent = ids_of(scope["headers"])
        is_quiet = scope["path"] in POLLED
        status, sent_bytes, outcome = HUNG_UP, 0, None

        async def told(message: Message) -> None:
            nonlocal status, sent_bytes
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (_HEADER, name.encode())]
            elif message["type"] == "http.response.body":
                sent_bytes += len(message.get("body", b""))
            await send(message)

        tracer = NO_TRACER if is_quiet else self._tracer
        method = scope["method"] if scope["method"] in _METHODS else "other"
        # The door binds the tenant.
        with (
            bound(request_id=name, tenant=None),
            tracer.span(method, kind="server", parent=parent) as span,
        ):
            try:
                await self._app(scope, receive, told)
            except BaseException:
                outcome = "broken off"
                raise
            finally:
                route = state.get("route", scope["path"] if is_quiet else None)
                _describe(span, name, method, route, status)
                _log.log(
                    logging.DEBUG if is_quiet else logging.INFO,
                    "%s %s %d",
                    method,
                    route or "-",
                    status,
                    extra={
                        "method": method,
                        "route": route,
                        "status": status,
                        "outcome": outcome,
                        "duration_ms": round((time.perf_counter() - begun) * 1000, 3),
                        "bytes": sent_bytes,
                    },
                )


def _describe(span: Span, name: str, method: str, route: str | None, status: int) -> None:
    span.rename(f"{method} {route}" if route else method)
    span.set(request_id=name, method=method, route=route, status=status)
    if status >= 500:
        span.failed(str(status))
