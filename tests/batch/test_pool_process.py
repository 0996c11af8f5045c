"""The pool's own process: interrupted, killed; no worker outlives it."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    not hasattr(os, "pidfd_open"), reason="waits for processes of others by pidfd (Linux)"
)

# Endless photos; writes the workers' ids, then a line for each row.
RUN = """
import itertools, json, signal, sys
from studio_detector.batch.pool import PoolOptions, WorkerPool
from studio_detector.pipeline.settings import Settings
from studio_detector.sources.photo import Photo

path, ending = sys.argv[1:]
with WorkerPool(Settings(), PoolOptions(workers=2, window=6, timeout_s=120)) as pool:
    if ending == "stop":
        signal.signal(signal.SIGINT, lambda *_: pool.stop())
    pulled = 0
    def photos():
        global pulled
        for pulled in itertools.count(1):
            yield Photo(source=path, path=str(pulled))
    for number, row in enumerate(pool.run(photos()), 1):
        if number == 6:
            pids = [s._child._process.pid for s in pool._supervisors if s._child is not None]
            print(json.dumps(pids), flush=True)
print(json.dumps([pulled, number, row["path"]]), flush=True)
"""


@pytest.fixture
def picture(tmp_path):
    from pool_photos import noisy

    path = tmp_path / "photo.png"
    path.write_bytes(noisy(1))
    return path


def _start(picture, ending):
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(picture), ending],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    pids = json.loads(process.stdout.readline())
    return process, [os.pidfd_open(pid) for pid in pids]


def _ended(handles):
    """How many of the processes end, waiting for each."""
    ended = 0
    for handle in handles:
        readable, _, _ = select.select([handle], [], [], 60)
        ended += len(readable)
        os.close(handle)
    return ended


def test_a_first_interrupt_finishes_the_window(picture):
    """With a handler that calls `stop`: every photo pulled has its row."""
    process, handles = _start(picture, "stop")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)

    assert ("", 0) == (err, process.returncode)
    pulled, rows, last = json.loads(out)
    assert pulled == rows == int(last)
    assert len(handles) == _ended(handles)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_it_ends_no_worker_outlives_it(picture, signum):
    """Interrupted in the midst, or killed with no time to clean up."""
    process, handles = _start(picture, "at once")
    process.send_signal(signum)
    process.communicate(timeout=120)

    assert 0 != process.returncode
    assert handles
    assert len(handles) == _ended(handles)
