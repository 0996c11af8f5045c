"""A service as people run it: processes, a folder, a log, and somebody to fetch from and call."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest

from picture_files import picture_files

_END_S = 60
_START_S = 120
_BARE = {
    name: value for name, value in os.environ.items() if not name.startswith("STUDIO_DETECTOR_")
}


class Neighbour(ThreadingHTTPServer):
    """Has pictures to fetch, and takes callbacks.

    Attributes:
        pictures: Path -> bytes.
        called: Paths of callbacks.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pictures = {}
        self.called = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        data = self.server.pictures.get(self.path)
        self.send_response(200 if data is not None else 404)
        self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        self.wfile.write(data or b"")

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.called.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


class Processes:
    """Processes of a service in a folder.

    Attributes:
        data: The data folder.
        temporary: Where temporary files go that nobody puts elsewhere.
        log: What the processes say.
    """

    def __init__(self, folder, **settings):
        self.data, self.temporary = folder / "data", folder / "tmp"
        self.temporary.mkdir()
        self.log = folder / "log.txt"
        self._settings = {
            f"STUDIO_DETECTOR_{name.upper()}": str(value) for name, value in settings.items()
        }
        self._processes = []

    @property
    def places(self):
        """Where a service keeps anything."""
        return self.data, self.temporary, self.log

    def pictures(self):
        """Files of kept pictures."""
        return picture_files(self.data / "pictures")

    def start(self, command, pattern):
        """Start a command, and wait for what it says."""
        begun = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "studio_detector", command, "--log-level", "debug"],
                env=_BARE
                | {
                    "TMPDIR": str(self.temporary),
                    "STUDIO_DETECTOR_MODEL": "rules",
                    "STUDIO_DETECTOR_DATA_DIR": str(self.data),
                    "STUDIO_DETECTOR_WORKERS": "1",
                    "STUDIO_DETECTOR_SWEEP_EVERY_S": "0.2",
                }
                | ({"STUDIO_DETECTOR_PORT": "0"} if command == "serve" else {})
                | self._settings,
                stdout=log,
                stderr=log,
            )
        self._processes.append(process)
        end = time.monotonic() + _START_S
        while time.monotonic() < end and process.poll() is None:
            found = re.search(pattern, self.log.read_bytes()[begun:].decode())
            if found:
                return found
            time.sleep(0.05)
        pytest.fail(f"{command} did not start: {self.log.read_text()}")

    def serve(self):
        """Start the service; its address."""
        return self.start("serve", r"serves at (http://\S+)")[1]

    def stop(self):
        """End all as people do; nothing was killed."""
        for process in self._processes:
            process.send_signal(signal.SIGTERM)
        for process in self._processes:
            assert process.wait(_END_S) == 0, self.log.read_text()
        self._processes.clear()

    def kill(self):
        """End whatever still runs."""
        for process in self._processes:
            with contextlib.suppress(OSError):
                process.kill()
            process.wait()


def client(address):
    """Talks to a service that was started here."""
    return httpx2.Client(base_url=f"{address}/api/v1", timeout=60, trust_env=False)
