"""A Redis of one test's own, without a disk, which can be killed and started again."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time

import pytest

from free_ports import free_port
from service_servers import lacking

_START_S = 20


class PrivateRedis:
    """Skips the test, or fails it under ``REQUIRE_SERVICES=1``, where there is no redis-server."""

    def __init__(self, folder):
        if shutil.which("redis-server") is None:
            lacking("there is no redis-server in the PATH")
        self._folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process = None

    def start(self):
        """Start it, and return when it answers."""
        self._process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline:
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", self.port), timeout=1) as asked,
            ):
                asked.sendall(b"PING\r\n")
                if asked.recv(7) == b"+PONG\r\n":
                    return
            time.sleep(0.02)
        pytest.fail("redis-server did not start")

    def kill(self):
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
