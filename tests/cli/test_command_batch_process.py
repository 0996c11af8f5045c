"""The command batch as a process: killed, interrupted, watched, out of disk."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio_detector.batch.parts import parts_folder
from studio_detector.batch.shards import read_shards, shard_count

COMMAND = [sys.executable, "-m", "studio_detector", "batch"]
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith("STUDIO_DETECTOR_") and name not in {"NO_COLOR", "FORCE_COLOR"}
} | {"STUDIO_DETECTOR_MODEL": "rules", "STUDIO_DETECTOR_PHASES": "lighting", "COLUMNS": "160"}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Forty small pictures that differ, and one that is none."""
    folder = tmp_path_factory.mktemp("pictures")
    rows, columns = np.mgrid[0:48, 0:64]
    for number in range(40):
        grey = 60 + rows * 0.8 + number
        grey[np.hypot(rows - 24, columns - number) < 10] = 230
        picture = np.repeat(grey[..., None], 3, axis=2).astype(np.uint8)
        Image.fromarray(picture).save(folder / f"{number:02d}.png")
    (folder / "20b.jpg").write_bytes(b"no picture")
    return folder


def _command(pictures, output, *more):
    options = ["--no-timing", "--workers=1", "--save-every=3", f"--output={output}"]
    return [*COMMAND, str(pictures), *options, *more]


def _finish(pictures, output, *more):
    return subprocess.run(
        _command(pictures, output, *more),
        env=ENVIRONMENT,
        capture_output=True,
        check=False,
        timeout=120,
    )


def _wait_for_parts(process, output, count):
    """Wait until so many shards are finished; the disk is the only one who knows."""
    deadline = time.monotonic() + 120
    last = parts_folder(output) / f"{count - 1:08d}.jsonl.gz"
    while process.poll() is None and time.monotonic() < deadline and not last.exists():
        time.sleep(0.005)
    return last.exists()


@pytest.mark.slow
def test_a_killed_batch_ends_with_the_rows_of_an_unbroken_one(pictures, tmp_path):
    """SIGKILL early and late, resumed each time; the file is equal to the byte."""
    unbroken, output = tmp_path / "unbroken.parquet", tmp_path / "killed.parquet"
    assert 3 == _finish(pictures, unbroken).returncode
    safe = []

    for shards in (2, 8):
        process = subprocess.Popen(_command(pictures, output, "--resume"), env=ENVIRONMENT)
        is_there = _wait_for_parts(process, output, shards)
        process.kill()
        process.wait()
        assert is_there
        assert not output.exists()
        finished = shard_count(parts_folder(output))
        safe.append(sum(1 for _ in read_shards(parts_folder(output), finished)))
    result = _finish(pictures, output, "--resume")

    assert safe == sorted(safe)
    assert safe[0] >= 3
    assert f"resumed after {safe[-1]} photos".encode() in result.stderr
    assert 3 == result.returncode
    assert unbroken.read_bytes() == output.read_bytes()
    assert {unbroken, output} == set(tmp_path.iterdir())


@pytest.mark.slow
def test_ctrl_c_on_a_terminal_reaches_the_workers_and_harms_nothing(pictures, tmp_path):
    """The terminal sends it to the whole group; the photos in flight are finished."""
    output = tmp_path / "v.jsonl"
    process = subprocess.Popen(
        _command(pictures, output),
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert _wait_for_parts(process, output, 2)
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=120)
    resumed = _finish(pictures, output, "--resume")

    assert 130 == process.returncode, stderr
    assert b"Traceback" not in stderr
    assert b"go on with the same command and --resume" in stderr
    assert 3 == resumed.returncode
    rows = [json.loads(line) for line in output.read_bytes().splitlines()]
    assert 41 == len(rows)
    assert ["unsupported_format"] == [row["error"]["code"] for row in rows if "error" in row]


@pytest.mark.slow
def test_a_terminal_sees_a_bar_and_the_summary(pictures, tmp_path):
    """The bar goes when it is done; brackets in names are no markup."""
    leader, follower = pty.openpty()
    with subprocess.Popen(
        _command(pictures, tmp_path / "[red]v.csv"),
        env=ENVIRONMENT | {"TERM": "xterm-256color"},
        stderr=follower,
    ) as process:
        os.close(follower)
        shown = b""
        while True:
            try:
                piece = os.read(leader, 65536)
            except OSError:  # the terminal is gone
                break
            if not piece:
                break
            shown += piece
    os.close(leader)

    assert 3 == process.returncode
    assert b"/41" in shown
    assert b"studio" in shown
    assert b"[red]v.csv" in shown
    assert b"41 photos:" in shown.rpartition(b"\x1b[2K")[2]


@pytest.mark.slow
def test_a_row_is_what_analyse_says_of_the_photo_alone(pictures, tmp_path):
    """Whatever the number of workers; the batch only adds what it knows of the file."""
    output = tmp_path / "v.jsonl"
    photos = [str(pictures / "07.png"), str(pictures / "20b.jpg")]
    subprocess.run(
        [*COMMAND, *photos, "--no-timing", "--quiet", "--workers=2", f"--output={output}"],
        env=ENVIRONMENT,
        check=False,
        timeout=120,
    )
    alone = subprocess.run(
        [*COMMAND[:-1], "analyse", *photos, "--no-timing", "--quiet", "--verbose"],
        env=ENVIRONMENT,
        capture_output=True,
        check=False,
        timeout=120,
    )

    rows = [json.loads(line) for line in output.read_bytes().splitlines()]
    expected = [json.loads(line) for line in alone.stdout.splitlines()]
    size = Path(photos[0]).stat().st_size
    assert [size, 10] == [row.pop("file_bytes") for row in rows]
    assert hashlib.sha256(b"no picture").hexdigest() == rows[1].pop("sha256")
    assert expected == rows


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no limits of file sizes")
def test_a_disk_that_takes_no_more_ends_with_74_and_loses_nothing(pictures, tmp_path):
    """A limit of the file size stands in for the disk: parts fit below it, the output does not."""
    import resource

    output, unbroken = tmp_path / "v.jsonl", tmp_path / "unbroken.jsonl"
    most_bytes = 64 * 1024
    full = subprocess.run(
        _command(pictures, output),
        env=ENVIRONMENT,
        capture_output=True,
        check=False,
        timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes)),
    )
    assert not output.exists()
    resumed = _finish(pictures, output, "--resume")
    _finish(pictures, unbroken)

    assert 74 == full.returncode, full.stderr
    assert b"Traceback" not in full.stderr
    assert b"v.jsonl' cannot be written: File too large; what is finished is kept" in full.stderr
    assert b"resumed after 41 photos" in resumed.stderr
    assert unbroken.read_bytes() == output.read_bytes()
    assert unbroken.stat().st_size > most_bytes  # the test can fail
