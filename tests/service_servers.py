"""Where tests find PostgreSQL, Redis and RabbitMQ: on standard ports, or by a variable.

A test that needs one is skipped where it is not there, and fails under ``REQUIRE_SERVICES=1``,
so that CI cannot pass by testing less.
"""

from __future__ import annotations

import os
import socket
from urllib.parse import urlsplit

import pytest

_DEFAULTS = {
    "STUDIO_TEST_POSTGRES": "postgresql+psycopg://postgres@127.0.0.1:5432/postgres",
    "STUDIO_TEST_REDIS": "redis://127.0.0.1:6379/0",
    "STUDIO_TEST_AMQP": "amqp://guest:guest@127.0.0.1:5672",
}


def postgres_url():
    """A PostgreSQL in which tests may create databases."""
    return _reachable("STUDIO_TEST_POSTGRES")


def redis_url():
    """A Redis; tests keep to keys of their own."""
    return _reachable("STUDIO_TEST_REDIS")


def amqp_url():
    """A RabbitMQ; tests keep to queues of their own."""
    return _reachable("STUDIO_TEST_AMQP")


def _reachable(variable):
    url = os.environ.get(variable) or _DEFAULTS[variable]
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname, parts.port), timeout=2).close()
    except OSError as error:
        lacking(f"nothing listens at {parts.hostname}:{parts.port} ({variable}): {error}")
    return url


def lacking(what):
    """Skip the test that needs it, or fail it where CI requires it."""
    if os.environ.get("REQUIRE_SERVICES") == "1":
        pytest.fail(what)
    pytest.skip(what)
