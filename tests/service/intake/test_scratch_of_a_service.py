"""What a service puts aside lies in a private folder, and nothing of it outlives the service."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from kept_pictures import file
from studio_detector.client import Client

# Beyond what a body may take in memory.
LARGE = 9 * 1024 * 1024
_ENVIRONMENT = {
    name: value for name, value in os.environ.items() if not name.startswith("STUDIO_DETECTOR_")
} | {"STUDIO_DETECTOR_MODEL": "rules"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this system does not tell"),
]


@pytest.fixture
def marker():
    """Bytes that lie nowhere else."""
    return f"<{secrets.token_hex(20)}>".encode()


@pytest.fixture
def elsewhere(tmp_path):
    """Where temporary files of the system lie."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    return folder


@pytest.fixture
def serve(tmp_path, elsewhere):
    """Start the service as a process; gives it with its address."""
    started = []

    def serve():
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "studio_detector", "serve", "--port", "0"),
                *("--workers", "1", "--data-dir", str(tmp_path / "data")),
            ],
            env=_ENVIRONMENT | {"TMPDIR": str(elsewhere)},
            stderr=subprocess.PIPE,
            text=True,
            umask=0,
        )
        started.append(process)
        said = ""
        for line in process.stderr:
            said += line
            if found := re.search(r"serves at (http://\S+)", line):
                return process, found[1]
        pytest.fail(f"the service did not start: {said}")

    yield serve
    for process in started:
        process.kill()
        process.communicate()


def _put_aside(process, folder):
    """Open files of a process below a folder, also those without a name, as paths to look at."""
    found = []
    for link in Path(f"/proc/{process.pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            if link.readlink().is_relative_to(folder) and link.is_file():
                found.append(link)
    return found


def _until(given, timeout_s=30):
    end = time.monotonic() + timeout_s
    while not (found := given()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


def _holding(folder, marker):
    """Files below a folder that hold a marker, in their bytes or their names."""
    return [
        path
        for path in folder.rglob("*")
        if marker.decode() in path.name or (path.is_file() and marker in path.read_bytes())
    ]


def test_an_archive_is_read_in_the_private_folder_alone(serve, tmp_path, elsewhere, marker):
    """Its members land nowhere, and nothing is left of it."""
    archive = tmp_path / "many.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("notes.txt", marker * (LARGE // len(marker)))
        for number in range(3):
            packed.writestr(f"{number}.png", file(number) + marker)
    process, address = serve()

    with Client(address) as client:
        batch = client.batch(archive)
        assert [*client.batch_progress(batch.id)][-1].is_over
        assert ["done"] * 3 == [row.state for row in client.batch_results(batch.id)]
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)

    assert [] == [*elsewhere.iterdir()]
    assert [] == [*(tmp_path / "data" / "scratch").iterdir()]
    assert [] == _holding(tmp_path / "data", marker)


def test_a_killed_service_leaves_nothing_of_an_upload(serve, tmp_path, elsewhere, marker):
    """Which nobody else may read while it comes; the next start sweeps the folder."""
    process, address = serve()
    scratch = (tmp_path / "data" / "scratch").resolve()
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port)) as sender:
        head = (
            f"POST /api/v1/batches HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"Content-Type: application/zip\r\nContent-Length: {4 * LARGE}\r\n\r\n"
        )
        sender.sendall(head.encode() + marker * (2 * LARGE // len(marker)))
        aside = _until(lambda: _put_aside(process, scratch))
        assert {0} == {path.stat().st_mode & 0o177 for path in aside}
        (own,) = scratch.iterdir()
        assert 0o700 == own.stat().st_mode & 0o777 == scratch.stat().st_mode & 0o777
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)

    assert [] == _holding(tmp_path / "data", marker)
    assert [] == [*elsewhere.iterdir()]
    again, _ = serve()
    (fresh,) = scratch.iterdir()
    assert fresh != own
    assert [] == [*fresh.iterdir()]
    again.send_signal(signal.SIGTERM)
    again.communicate(timeout=60)
    assert [] == [*scratch.iterdir()]
