"""Each request is counted when it is over."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from studio_detector.service.api.scopes import POLLED
from studio_detector.service.api.statuses import HUNG_UP

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from studio_detector.service.metrics.requests import RequestMetrics


class Counting:
    """Counts requests; plain ASGI, since it is passed by every request.

    The door leaves the template of the address in the state as ``route``, and a problem document
    its code as ``problem``.

    Args:
        app: What answers.
        metrics: Where requests are counted.
    """

    def __init__(self, app: ASGIApp, metrics: RequestMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or scope["path"] in POLLED:
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        status = HUNG_UP

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        started = time.perf_counter()
        self._metrics.began()
        try:
            await self._app(scope, receive, told)
        finally:
            self._metrics.ended(
                scope["method"],
                state.get("route"),
                status,
                time.perf_counter() - started,
                state.get("problem"),
            )
