"""Metrics of a process that answers no other requests."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

from prometheus_client import start_http_server

from studio_detector.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import CollectorRegistry

_log = logging.getLogger(__name__)


@contextlib.contextmanager
def served(registry: CollectorRegistry, host: str, port: int) -> Iterator[str | None]:
    """Answer who fetches metrics, on threads of its own, until the block is left.

    Nobody is asked for a key, so the address is for those who may see them alone.

    Args:
        registry: The metrics.
        host: Address to listen on.
        port: Port to listen on; 0 does not listen.

    Yields:
        The address that is listened at; None for none.

    Raises:
        ConfigError: ``config_invalid_value`` if it cannot be listened there.
    """
    if not port:
        yield None
        return
    try:
        server, thread = start_http_server(port, addr=host, registry=registry)
    except OSError as error:
        raise ConfigError(
            f"metrics cannot be told at {host}, port {port} ({error.strerror or error}); set "
            "another metrics_host or metrics_port, or stop who listens there",
            code="config_invalid_value",
        ) from error
    address = f"http://[{host}]:{port}/metrics" if ":" in host else f"http://{host}:{port}/metrics"
    _log.info("metrics are told at %s, port %d", host, port)
    try:
        yield address
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
