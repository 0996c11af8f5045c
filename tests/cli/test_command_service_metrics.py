"""A worker that tells its metrics at a port of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from free_ports import free_port
from metric_reading import families

ENVIRONMENT = {
    name: value for name, value in os.environ.items() if not name.startswith("STUDIO_DETECTOR_")
} | {"STUDIO_DETECTOR_MODEL": "rules"}
_START_S = 120


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def worker(tmp_path, port):
    """A worker whose broker is away."""
    words = {
        "--workers": 1,
        "--broker-url": "redis://127.0.0.1:1",
        "--data-dir": tmp_path / "data",
        "--database-url": f"sqlite:///{tmp_path / 'x.db'}",
        "--metrics-port": port,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "studio_detector", "worker"]
        + [str(word) for pair in words.items() for word in pair],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def _fetched(port):
    until = time.monotonic() + _START_S
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                return families(answer.read().decode())
        except urllib.error.URLError:
            assert time.monotonic() < until, "nobody listens"
            time.sleep(0.1)


@pytest.mark.slow
def test_a_worker_tells_its_metrics_and_ends_well(worker, port):
    """Its own, and nothing of the store, which those tell who answer HTTP."""
    found = _fetched(port)

    assert "rules" == found["studio_build_info"].samples[0].labels["model"].partition("@")[0]
    children = {s.labels["state"]: s.value for s in found["studio_children"].samples}
    # One more than asked for, which is left for urgent work.
    assert {"busy": 0, "idle": 1, "kept": 1} == children
    assert "studio_jobs" not in found

    worker.send_signal(signal.SIGTERM)
    _, err = worker.communicate(timeout=_START_S)
    assert 0 == worker.returncode, err
    assert "Traceback" not in err
