"""HTTP by uvicorn's quick parser, with the bounds it lacks: on heads, on rest, on slow readers.

uvicorn 0.54 with httptools takes headers without end, waits for them for ever, and keeps what
nobody fetches for ever; its other parser has a bound of size, and needs three times as long
for each request.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import sys
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from studio_detector.service.api.problems import problem
from studio_detector.service.metrics.requests import CONNECTIONS_FULL

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

    from studio_detector.service.api.connections import Connections

if sys.platform == "linux":
    import fcntl
    import termios

    # SIOCOUTQ: bytes of a connection that were not yet acknowledged (tcp(7)).
    _OUTGOING: int | None = termios.TIOCOUTQ
else:
    _OUTGOING = None

_LONGEST_HEAD_BYTES = 64 * 1024
_MOST_HEADERS = 200
_TOO_MANY = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\ncontent-length: 0\r\n"
    b"connection: close\r\n\r\n"
)

# What is waited for: the rest of a head, of a body that nobody reads, and the reader of an answer.
_Wait = Literal["head", "rest", "reader"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a connection may cost.

    Attributes:
        head_s: Seconds that a head may take.
        rest_s: Seconds that a caller may rest who is to read an answer, or who still sends the
            body of a request that was answered.
        bytes_per_s: Least speed of who reads.
        connections: All that are open.
        refused: Told why a caller was turned away whose request nobody else has seen.
    """

    head_s: float
    rest_s: float
    bytes_per_s: int
    connections: Connections
    refused: Callable[[str], None]


class BoundedProtocol(HttpToolsProtocol):
    """One connection; see `bounded`."""

    bounds: Bounds
    _counted_as: str | None = None
    _head_bytes = 0
    _answering: RequestResponseCycle | None = None

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - as uvicorn has it
        super().__init__(*arguments, **named)
        self._timers: dict[_Wait, asyncio.TimerHandle] = {}

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - as uvicorn has it
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._counted_as = self.bounds.connections.enter(self.client[0] if self.client else None)
        if self._counted_as is None:
            self.bounds.refused(CONNECTIONS_FULL)
            transport.write(_TOO_MANY)
            transport.close()
            return
        self._begin_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        if self._counted_as is not None:
            self.bounds.connections.leave(self._counted_as)
        for timer in self._timers.values():
            timer.cancel()
        if self._answering is not None:
            # uvicorn tells the last request that came in, and not the one that is answered.
            self._answering.disconnected = True
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, while it belongs to a request and the head is not too long."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self.transport.is_closing():
            return
        if "head" not in self._timers:
            self._mind_rest()
            return
        self._head_bytes += len(data)
        if self._head_bytes > _LONGEST_HEAD_BYTES:
            self._end("head")
            self.send_400_response("The headers are too long.")

    def on_message_begin(self) -> None:
        """A request has begun."""
        super().on_message_begin()
        self._end("rest")
        self._begin_head()

    def on_headers_complete(self) -> None:
        """Its head is whole."""
        self._end("head")
        if len(self.headers) > _MOST_HEADERS:
            # The parser makes an error of its own of it, which uvicorn answers with 400.
            raise ValueError(f"{len(self.headers)} headers")
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """An answer was given to the system, or waits here for its reader."""
        super().on_response_complete()
        if "reader" not in self._timers and self.transport.get_write_buffer_size():
            self._mind_reader()

    def pause_writing(self) -> None:
        """More of an answer waits for its reader than should."""
        super().pause_writing()
        if "reader" not in self._timers:
            self._mind_reader()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:  # noqa: ANN401 - as uvicorn has it
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def _begin(self, wait: _Wait, seconds: float, work: Callable[[], None]) -> None:
        self._end(wait)
        self._timers[wait] = self.loop.call_later(seconds, work)

    def _end(self, wait: _Wait) -> None:
        timer = self._timers.pop(wait, None)
        if timer is not None:
            timer.cancel()

    def _begin_head(self) -> None:
        self._head_bytes = 0
        self._begin("head", self.bounds.head_s, self._head_too_slow)

    def _head_too_slow(self) -> None:
        self._end("head")
        if self._head_bytes and not self.transport.is_closing():
            self.bounds.refused("request_timeout")
            self.transport.write(_raw_timeout(self.bounds.head_s))
        self.transport.close()

    def _mind_rest(self) -> None:
        """Bound what uvicorn waits for without end: bytes that belong to no open request."""
        is_answered = getattr(self.cycle, "response_complete", False)
        if is_answered and self.timeout_keep_alive_task is None and "rest" not in self._timers:
            self._begin("rest", self.bounds.rest_s, self.transport.close)

    def _mind_reader(self) -> None:
        before = self._unread_bytes()

        def look() -> None:
            self._end("reader")
            if not self.transport.get_write_buffer_size():
                return
            waiting = self._unread_bytes()
            if before - waiting < self.bounds.rest_s * self.bounds.bytes_per_s:
                self._reset()
                return
            self._mind_reader()

        self._begin("reader", self.bounds.rest_s, look)

    def _unread_bytes(self) -> int:
        """What waits here, and in the system, which takes more only once much of it was read."""
        waiting = int(self.transport.get_write_buffer_size())
        if _OUTGOING is not None:
            held = array("i", [0])
            with contextlib.suppress(OSError):
                fcntl.ioctl(self.transport.get_extra_info("socket").fileno(), _OUTGOING, held)
            waiting += held[0]
        return waiting

    def _reset(self) -> None:
        """End the connection with all that waits on it; closing would wait for the reader."""
        if os.name == "posix":
            with contextlib.suppress(OSError):
                # Or the system would go on waiting in our place.
                self.transport.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
        self.transport.abort()


def bounded(bounds: Bounds) -> type[BoundedProtocol]:
    """The protocol with its bounds, for `uvicorn.Config.http`.

    Args:
        bounds: Of every connection.
    """
    return type("BoundedProtocol", (BoundedProtocol,), {"bounds": bounds})


def _raw_timeout(head_s: float) -> bytes:
    """A problem document as it goes over the wire: there is no request to answer yet."""
    answer = problem(
        "request_timeout", f"the head of the request took more than {head_s:g} s; send it again"
    )
    lines = [b"HTTP/1.1 408 Request Timeout"]
    lines += [b"%s: %s" % header for header in answer.raw_headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + bytes(answer.body)
