"""HTTP by uvicorn's quick parser, with the bounds it lacks: the size and the time of a head.

uvicorn 0.54 with httptools takes headers without end, and waits for them for ever; its other
parser has a bound of size, and needs three times as long for each request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

_LONGEST_HEAD_BYTES = 64 * 1024
_SLOWEST_HEAD_S = 30.0


class BoundedProtocol(HttpToolsProtocol):
    """One connection; see `uvicorn.Config.http`."""

    _timer: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - as uvicorn has it
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._begin_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._end_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, while the head is not too long."""
        super().data_received(data)
        if self._timer is None or self.transport.is_closing():
            return
        self._head_bytes += len(data)
        if self._head_bytes > _LONGEST_HEAD_BYTES:
            self._end_head()
            self.send_400_response("The headers are too long.")

    def on_message_begin(self) -> None:
        """A request has begun."""
        super().on_message_begin()
        self._begin_head()

    def on_headers_complete(self) -> None:
        """Its head is whole."""
        self._end_head()
        super().on_headers_complete()

    def _begin_head(self) -> None:
        self._end_head()
        self._head_bytes = 0
        self._timer = self.loop.call_later(_SLOWEST_HEAD_S, self._too_slow)

    def _end_head(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        self._timer = None
        self.transport.close()
