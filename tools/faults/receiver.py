"""A receiver of callbacks that misbehaves in a chosen way, and checks what it is told."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.faults.truth import plain_id

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

_FIRST_STATUS = {"flaky": 500}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One request that came in.

    Attributes:
        kind: Of the receiver.
        webhook_id: Header ``webhook-id``.
        body: As it came.
        job_id: What it is about, 32 hex digits.
        is_genuine: Whether the signature fits.
        is_taken: Whether it was answered with 200.
    """

    kind: str
    webhook_id: str
    body: bytes
    job_id: str
    is_genuine: bool
    is_taken: bool


class Receiver:
    """Listens for callbacks.

    Args:
        kind: "good" and "down" take everything (whoever starts it decides when it is up);
            "slow" takes longer than anybody waits, the first time that it hears of something;
            "flaky" answers 500 the first time.
        secret: Signs the callbacks.
        slow_s: How long it takes when it is slow.
    """

    def __init__(self, kind: str, secret: bytes, slow_s: float) -> None:
        # Bound and not listening: nobody else gets the port, and clients are refused.
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.kind = kind
        self._secret = secret
        self._slow_s = slow_s
        self.events: list[Event] = []

    @property
    def port(self) -> int:
        """Where it is, or will be, on this machine."""
        port: int = self._socket.getsockname()[1]
        return port

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Be up."""
        server = await asyncio.start_server(self._serve, sock=self._socket, backlog=256)
        try:
            yield
        finally:
            server.close()

    def close(self) -> None:
        """Let go of the port."""
        self._socket.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Who keeps a connection is cancelled with the run.
        with (
            contextlib.closing(writer),
            contextlib.suppress(OSError, asyncio.IncompleteReadError),
        ):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                lines = (line.partition(":") for line in head.split("\r\n")[1:] if line)
                headers = {name.strip().lower(): value.strip() for name, _, value in lines}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                status = await self._answer(headers, body)
                writer.write(
                    f"HTTP/1.1 {status} Told\r\nContent-Length: 0\r\n\r\n".encode("latin-1")
                )
                await writer.drain()

    async def _answer(self, headers: Mapping[str, str], body: bytes) -> int:
        name = headers.get("webhook-id", "")
        is_first = all(event.webhook_id != name for event in self.events)
        status = _FIRST_STATUS.get(self.kind, 200) if is_first else 200
        is_late = is_first and self.kind == "slow"
        try:
            job_id = plain_id(json.loads(body)["data"]["job_id"])
        except (ValueError, KeyError, TypeError):
            job_id = "?"
        self.events.append(
            Event(
                kind=self.kind,
                webhook_id=name,
                body=body,
                job_id=job_id,
                is_genuine=self._fits(headers, body),
                is_taken=status == 200 and not is_late,
            )
        )
        if is_late:
            await asyncio.sleep(self._slow_s)
        return status

    def _fits(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether one of the signatures is ours, by the words of Standard Webhooks."""
        signed = f"{headers.get('webhook-id')}.{headers.get('webhook-timestamp')}.".encode() + body
        digest = hmac.new(self._secret, signed, hashlib.sha256).digest()
        return f"v1,{base64.b64encode(digest).decode()}" in headers.get(
            "webhook-signature", ""
        ).split(" ")


def events_of(receivers: Iterable[Receiver]) -> Sequence[Event]:
    """What all of them were told."""
    return [event for receiver in receivers for event in receiver.events]
