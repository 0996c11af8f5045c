"""Before any byte of a body is read: is it asked of us, by whom, how often, and may they?

In this order, the cheapest first: the name and the page that ask, the address, how often, who,
how often they, and whether they may. What is refused costs no more than the look at the head.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from studio_detector.errors import AccessError, StudioDetectorError
from studio_detector.service.access.head import RequestHead
from studio_detector.service.access.principal import OPEN
from studio_detector.service.api.problems import nowhere, problem_of
from studio_detector.service.api.rate_fields import rate_fields
from studio_detector.service.api.scopes import HEALTH, METRICS, Addresses
from studio_detector.service.api.statuses import HUNG_UP
from studio_detector.service.api.threads import call
from studio_detector.service.audit.of_request import ObjectNames, entry_of_request
from studio_detector.service.logs.context import bind
from studio_detector.service.rates.refusal import refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from studio_detector.service.access.authenticate import Recognised
    from studio_detector.service.access.body_digest import BodyDigest
    from studio_detector.service.access.principal import Principal
    from studio_detector.service.access.roles import Scope as Act
    from studio_detector.service.api.callers import Caller, Callers
    from studio_detector.service.api.origins import Origins
    from studio_detector.service.api.room import Room
    from studio_detector.service.rates.base import Kind, Verdict

_ALL = "all"


@dataclass(slots=True)
class _Visit:
    """One request on its way through the door.

    Attributes:
        caller: Where it comes from.
        template: The address it means; None if there is none.
        parameters: Those in the path.
        acts: Method -> what it asks for.
        principal: Who asks, once known.
        verdict: How much they may still ask.
        status: Of the answer; `HUNG_UP` until there is one.
    """

    caller: Caller
    template: str | None
    parameters: dict[str, str]
    acts: dict[str, Act | None]
    principal: Principal | None = None
    verdict: Verdict | None = None
    status: int = HUNG_UP


class Door:
    """Lets in who may; plain ASGI, since it is passed by every request.

    What was let in has a ``principal`` in its state, and every request the template of its
    address as ``route``. Which of a signed body's bytes were read is checked on the way: a body
    that is not the signed one ends in 401 before it was read whole, and so before anything was
    done with it.

    Args:
        app: What answers.
        room: Its parts: settings, counts, keys, audit log.
        callers: Tells where requests come from.
        origins: Judges names and pages.
    """

    def __init__(self, app: ASGIApp, room: Room, callers: Callers, origins: Origins) -> None:
        parts = room.parts
        self._app = app
        self._rates = parts.rates
        self._authenticator = None if parts.settings.is_open else parts.authenticator
        self._audit = parts.audit
        self._threads = room.threads.door
        self._callers = callers
        self._origins = origins
        self._addresses = Addresses()
        self._names = ObjectNames(parts.secret)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it."""
        if scope["type"] == "lifespan" or scope.get("path") in HEALTH:
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        visit = self._visit(scope)
        scope.setdefault("state", {})["route"] = visit.template

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                visit.status = message["status"]
                if visit.verdict is not None:
                    message["headers"] = [*message["headers"], *rate_fields(visit.verdict)]
            await send(message)

        try:
            try:
                digest = await self._admit(visit, scope)
            except StudioDetectorError as error:
                await problem_of(error)(scope, receive, told)
                return
            scope["state"]["principal"] = visit.principal
            answer = nowhere(visit.template, sorted(visit.acts), scope["method"])
            if answer is not None:
                await answer(scope, receive, told)
                return
            await self._app(scope, _checked(receive, digest), told)
        except Exception:
            # Answered further out, as a defect; but a HEAD ends so once its head is sent.
            if visit.status == HUNG_UP or _method(scope) != "HEAD":
                visit.status = 500
            raise
        finally:
            self._note(visit, scope)

    def _visit(self, scope: Scope) -> _Visit:
        client = scope.get("client")
        caller = self._callers.of(
            None if client is None else client[0], scope.get("scheme", "http"), scope["headers"]
        )
        found = self._addresses.find(scope["path"])
        return _Visit(caller, *found) if found is not None else _Visit(caller, None, {}, {})

    async def _admit(self, visit: _Visit, scope: Scope) -> BodyDigest | None:
        """Find out who asks, and that they may.

        Raises:
            AccessError: They may not.
            BusyError: It cannot be found out.
        """
        method = scope["method"]
        # Metrics are fetched under whatever name a process has; no page has the key they ask for.
        if visit.template != METRICS or self._authenticator is None:
            self._origins.check(method, visit.caller, dict(scope["headers"]))
        around: dict[Kind, str] = {"address": visit.caller.counted_as, "global": _ALL}
        act = visit.acts.get(method)
        if visit.template is not None and method in visit.acts and act is None:
            await self._count(visit, around)
            return None
        if self._authenticator is None:
            visit.principal = OPEN
            bind(tenant=OPEN.tenant)
            await self._count(visit, around | {"tenant": OPEN.tenant})
            return None
        head = _head(scope, visit.caller)
        refused = known = None
        try:
            known = self._authenticator.recall(head)
        except AccessError as error:
            refused = error
        if known is None:
            await self._count(visit, around)
            known = await self._recognise(visit, head, refused)
            around = {}
        visit.principal = known.principal
        bind(tenant=known.principal.tenant)
        await self._count(
            visit,
            around | {"key": known.principal.actor, "tenant": known.principal.tenant},
        )
        if act is not None and not known.principal.may(act):
            raise AccessError(
                f"this key may not do this, which asks for {act.value!r}; use one whose role may",
                code="forbidden",
            )
        return known.body

    async def _recognise(
        self, visit: _Visit, head: RequestHead, refused: AccessError | None
    ) -> Recognised:
        """Ask the database, unless this address has tried too much, or it is refused already.

        Raises:
            AccessError: They are not known.
            BusyError: ``store_unavailable``.
        """
        assert self._authenticator is not None  # noqa: S101 - asked before
        tries: dict[Kind, str] = {"failed": visit.caller.counted_as}
        tried = await self._hit(tries, is_trial=True)
        if tried is not None and not tried.is_allowed:
            raise refusal(tried)
        try:
            if refused is not None:
                raise refused
            known = await call(self._threads, self._authenticator.authenticate, head)
        except AccessError as error:
            if error.code != "auth_unavailable":
                await self._hit(tries)
            raise
        if known is None:
            raise AccessError(
                "nobody is named; send a key as Authorization: Bearer sk_...",
                code="unauthenticated",
            )
        return known

    async def _count(self, visit: _Visit, names: dict[Kind, str]) -> None:
        if visit.template == METRICS:
            return  # wanted most while all else is too much
        verdict = await self._hit(names)
        if verdict is None:
            return
        before = visit.verdict
        if verdict.is_allowed and verdict.kind == "global":
            return  # see `verdict_of`
        if before is None or not verdict.is_allowed or _share(verdict) < _share(before):
            visit.verdict = verdict
        if not verdict.is_allowed:
            raise refusal(verdict)

    async def _hit(self, names: dict[Kind, str], *, is_trial: bool = False) -> Verdict | None:
        if self._rates.is_far:
            return await call(self._threads, self._rates.hit, names, is_trial=is_trial)
        return self._rates.hit(names, is_trial=is_trial)

    def _note(self, visit: _Visit, scope: Scope) -> None:
        if visit.template == METRICS and visit.status < 400:
            return  # every few seconds, and nothing of anybody is in them
        self._audit.note(
            entry_of_request(
                principal=visit.principal,
                method=_method(scope),
                template=visit.template,
                path_params=visit.parameters,
                status=visit.status,
                address=visit.caller.address,
                at=datetime.now(UTC),
                names=self._names,
            )
        )


def _share(verdict: Verdict) -> float:
    return verdict.remaining / verdict.limit


def _method(scope: Scope) -> str:
    """As the caller wrote it: what answers HEAD here is the answer to GET."""
    method: str = scope.get("state", {}).get("method", scope["method"])
    return method


def _head(scope: Scope, caller: Caller) -> RequestHead:
    path = scope.get("raw_path") or scope["path"].encode()
    query = scope.get("query_string", b"").decode("latin-1")
    written = path.decode("latin-1")
    host = caller.host or ""
    return RequestHead(
        method=_method(scope),
        target_uri=f"{caller.scheme}://{host}{written}{'?' if query else ''}{query}",
        headers=tuple(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
        ),
    )


def _checked(receive: Receive, digest: BodyDigest | None) -> Receive:
    if digest is None:
        return receive

    async def checked() -> Message:
        message = await receive()
        if message["type"] == "http.request":
            digest.update(message.get("body", b""))
            if not message.get("more_body", False):
                digest.finish()
        return message

    return checked
