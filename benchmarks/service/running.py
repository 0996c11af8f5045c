"""A service for as long as it is measured: embedded, or with PostgreSQL and a broker."""

from __future__ import annotations

import contextlib
import re
import secrets
import signal
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

_ADDRESS = re.compile(rb"serves at (http://[^ ]+)")
_POSTGRES = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
#: Mode -> address of the broker; the embedded one needs none.
BROKERS = {
    "embedded": None,
    "redis": "redis://127.0.0.1:6379/0",
    "rabbitmq": "amqp://guest:guest@127.0.0.1:5672",
}


@contextlib.contextmanager
def running(mode: str, *options: str) -> Iterator[str]:
    """Serve with data of its own, and with workers of its own in scaled modes.

    Args:
        mode: A key of `BROKERS`.
        options: For every process, for instance ``--workers 2``.

    Yields:
        The address.
    """
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="studio-bench-service-"))
        shared = ["--data-dir", folder, "--log-level", "error", *options]
        broker = BROKERS[mode]
        if broker is not None:
            namespace = f"bench-{secrets.token_hex(4)}"
            shared += ["--broker-url", broker, "--database-url", stack.enter_context(_database())]
            shared += ["--cache-url", "redis://127.0.0.1:6379/1"]
            shared += ["--set", f"service.namespace={namespace}"]
        server = stack.enter_context(_process("serve", "--port", "0", *shared))
        address = _address(server)
        if broker is not None:
            stack.enter_context(_process("worker", *shared))
        yield address


@contextlib.contextmanager
def _process(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "studio_detector", *arguments], stderr=subprocess.PIPE
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(server: subprocess.Popen[bytes]) -> str:
    said = b""
    for line in server.stderr or ():
        said += line
        if found := _ADDRESS.search(line):
            return found[1].decode()
    raise RuntimeError(f"the service did not start: {said.decode(errors='replace')}")


@contextlib.contextmanager
def _database() -> Iterator[str]:
    import psycopg

    plain = _POSTGRES.replace("+psycopg", "")
    name = f"studio_bench_{secrets.token_hex(4)}"
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
    try:
        yield urlunsplit(urlsplit(_POSTGRES)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[arg-type]
