"""Requests at the door of the API: keys, and requests whose body must not be read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from api_service import NOWHERE, SECRET
from studio_detector.service.access.api_keys import ApiKeys
from studio_detector.service.access.roles import Role
from studio_detector.service.api.scopes import SCOPES_OF_ROUTES

#: Of an address that names nothing: every parameter is a name that nothing has.
_PARAMETER = re.compile(r"\{\w+\}")


def key(service, role=Role.ADMIN, tenant="default", **more):
    """A new key, as it is sent."""
    return ApiKeys(service.parts.store, SECRET).create(role=role, tenant=tenant, **more).secret


def bearer(text):
    """The header of a key."""
    return {"Authorization": f"Bearer {text}"}


def routes():
    """(method, address, scope) of every address that asks for a key."""
    return [
        (method, _PARAMETER.sub(NOWHERE, template), scope)
        for (method, template), scope in SCOPES_OF_ROUTES.items()
        if scope is not None
    ]


@dataclass
class Answer:
    """What came of a request, and whether its body was asked for."""

    status: int = 0
    headers: dict = field(default_factory=dict)
    body: bytes = b""
    reads: int = 0


def ask(service, method, path, *, body=None, client=("testclient", 50000), headers=()):
    """Send a request to the app itself; without a body, asking for one is a defect.

    Args:
        service: Of `api_service`.
        method: Of the request.
        path: With a query, or without.
        body: Pieces; they are taken out of the list.
        client: Address and port.
        headers: Names and values; the host is given, unless they name one or none of them.
    """
    answer = Answer()
    pieces = None if body is None else body
    sent = dict(headers)
    named = {"host": "testserver"} | {name.lower(): value for name, value in sent.items()}
    path, _, query = path.partition("?")

    async def receive():
        answer.reads += 1
        if pieces is None:
            raise AssertionError("the body was asked for")
        if not pieces:
            return {"type": "http.disconnect"}
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def send(message):
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {n.decode(): v.decode() for n, v in message["headers"]}
        else:
            answer.body += message.get("body", b"")

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [
            (name.encode(), value.encode("latin-1"))
            for name, value in named.items()
            if value is not None
        ],
        "client": client,
        "server": ("127.0.0.1", 8000),
        "state": {},
    }
    service.http.portal.call(service.app, scope, receive, send)
    return answer
