"""Around every request: count it, mark the answer, and let no defect show."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect

from studio_detector.service.api.headers import secured
from studio_detector.service.api.problems import internal_problem, problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from studio_detector.service.api.room import Room

_log = logging.getLogger(__name__)


class Guard:
    """Around the whole app; plain ASGI, since it is passed by every request.

    Args:
        app: What answers.
        room: Where requests are counted.
    """

    def __init__(self, app: ASGIApp, room: Room) -> None:
        self._app = app
        self._room = room

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def marked(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                message["headers"] = secured(message.get("headers", ()))
            await send(message)

        self._room.enter()
        try:
            await self._app(scope, receive, marked)
        except asyncio.CancelledError:
            if has_begun or not self._room.parts.draining.is_set():
                raise
            # The end came before the answer: whoever asked asks again elsewhere.
            await problem("draining", "the service is stopping; send it again")(
                scope, receive, marked
            )
        except ClientDisconnect:
            _log.debug("a caller hung up")
        except Exception as error:
            if has_begun:
                # Too late for a problem document: the connection is broken off, so that
                # nobody takes the part for the whole.
                raise
            _log.exception("a request failed by a defect: %s", type(error).__name__)
            await internal_problem()(scope, receive, marked)
        finally:
            self._room.leave()


class Head:
    """Has every address that takes GET take HEAD: the same head, no body (RFC 9110, 9.3.2).

    What was asked for stays in the state as ``method``.

    Args:
        app: What answers GET.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope.get("method") != "HEAD":
            await self._app(scope, receive, send)
            return
        is_sent = False

        async def head_alone(message: Message) -> None:
            nonlocal is_sent
            if message["type"] != "http.response.body":
                await send(message)
                return
            if not is_sent:
                is_sent = True
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            if message.get("more_body", False):
                # Of events or a long list, no more is made than this.
                raise _EnoughError

        scope.setdefault("state", {})["method"] = "HEAD"
        try:
            await self._app({**scope, "method": "GET"}, receive, head_alone)
        except _EnoughError:
            return


class _EnoughError(OSError):
    """The head was sent; to Starlette, as every `OSError` of sending, a caller who hung up."""
