"""Serving the app: a socket, signals, and an end that loses nothing."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import socket
from typing import TYPE_CHECKING

import uvicorn

from studio_detector.errors import EXIT_OK, ConfigError
from studio_detector.service.api.app import create_app
from studio_detector.service.api.callers import Callers
from studio_detector.service.api.connections import Connections, possible_connections
from studio_detector.service.api.protocol import Bounds, bounded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from studio_detector.service.api.room import Room
    from studio_detector.service.parts import Parts
    from studio_detector.service.settings import ServiceSettings

_log = logging.getLogger(__name__)

_BACKLOG = 2048
_UNREAD_BYTES = 256 * 1024
# Longer than load balancers keep theirs, so that none is used while it is being closed.
_KEEP_ALIVE_S = 75
# For the last bytes of answers, after the last request was answered.
_CLOSING_S = 2
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
# What a shell says of a process that a signal ended.
_BY_SIGNAL = 128


def serve(parts: Parts, host: str, port: int, on_ready: Callable[[str], None]) -> int:
    """Answer HTTP until a signal comes, or ``parts.draining`` is set.

    The first SIGTERM or SIGINT gives notice for ``notice_s`` (see `Draining`), then lets running
    requests finish, for ``drain_s`` at most, and refuses new work; the second sets
    ``parts.hurry`` and ends at once. Signals are minded in the main thread alone.

    Args:
        parts: The service; not closed here.
        host: Address to listen on.
        port: Port; 0 takes a free one.
        on_ready: Told the address, ``http://host:port``, once it is answered.

    Returns:
        Exit status: 0, or 128 and the number of the signal that ended it at once.

    Raises:
        ConfigError: ``config_invalid_value`` if it cannot be listened there, or hosts, origins
            or proxies are none.
    """
    app = create_app(parts)
    protocol = bounded(_bounds(parts.settings, parts.metrics.requests.refused))
    listening = _listen(host, port)
    config = uvicorn.Config(
        app,
        http=protocol,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        ws="none",
        lifespan="on",
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_CLOSING_S,
    )
    server = _Server(config, lambda: on_ready(_address(host, listening)))
    end = _End(server, app.state.room)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(end.run(listening))
    return end.status


def _bounds(settings: ServiceSettings, refused: Callable[[str], None]) -> Bounds:
    return Bounds(
        head_s=settings.header_timeout_s,
        rest_s=settings.body_timeout_s,
        bytes_per_s=settings.body_bytes_per_s,
        connections=Connections(
            possible_connections(settings.max_connections),
            Callers(settings.trusted_proxies).is_trusted,
        ),
        refused=refused,
    )


class _Server(uvicorn.Server):
    """uvicorn's server without its own ways with signals."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # What was imported and built until now stays: looking through all of it for what could
        # be thrown away stops every answer for tens of milliseconds, each time.
        gc.collect()
        gc.freeze()
        if self.started:
            self._on_ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _End:
    """Brings a server to its end in good order."""

    def __init__(self, server: _Server, room: Room) -> None:
        self._server = server
        self._room = room
        self.status = EXIT_OK

    async def run(self, listening: socket.socket) -> None:
        """Serve until the end."""
        loop = asyncio.get_running_loop()
        minded = []
        for number in _SIGNALS:
            # Not in the main thread, or not on this system: then somebody else minds them.
            with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):
                loop.add_signal_handler(number, self._signalled, number)
                minded.append(number)
        draining = loop.create_task(self._drain())
        try:
            await self._server.serve(sockets=[listening])
        finally:
            draining.cancel()
            for number in minded:
                loop.remove_signal_handler(number)

    def _signalled(self, number: int) -> None:
        draining = self._room.parts.draining
        if not draining.noticed.is_set():
            draining.noticed.set()
            notice_s = self._room.parts.settings.notice_s
            if notice_s > 0:
                _log.info(
                    "stopping in %g s: not ready for more, and taking it until then", notice_s
                )
                asyncio.get_running_loop().call_later(notice_s, self._stop)
            else:
                self._stop()
            return
        _log.warning("stopping at once")
        draining.set()
        self._room.parts.hurry.set()
        self.status = _BY_SIGNAL + number
        self._server.force_exit = True
        self._server.should_exit = True

    def _stop(self) -> None:
        draining = self._room.parts.draining
        if not draining.is_set():
            _log.info("stopping: running requests are finished, new work is refused")
            draining.set()

    async def _drain(self) -> None:
        """Once draining, wait for the requests, which still find an open door meanwhile."""
        await self._room.stopping.wait()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._room.idle.wait(), self._room.parts.draining.left_s())
        self._server.should_exit = True


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise ConfigError(
            f"cannot listen at {host}, port {port} ({error.strerror or error}); set another "
            "host or port, or stop who listens there",
            code="config_invalid_value",
        ) from error
    # Of each connection; the system would hold megabytes of what nobody reads.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _UNREAD_BYTES)
    return listening


def _address(host: str, listening: socket.socket) -> str:
    port = listening.getsockname()[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
