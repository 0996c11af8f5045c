"""The command batch: options, endings, what it says; and as a process that is killed."""

from __future__ import annotations

import csv
import functools
import hashlib
import io
import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import click.testing
import numpy as np
import pytest
from PIL import Image

import batch_examples
from studio_detector.batch import run as batch_run
from studio_detector.batch.counts import Counts
from studio_detector.batch.parts import parts_folder
from studio_detector.batch.shards import read_shards, shard_count
from studio_detector.cli.batch_progress import LINE_EVERY_S, Counter, open_display
from studio_detector.cli.streams import Console
from studio_detector.pipeline import detector as detector_module

COMMAND = [sys.executable, "-m", "studio_detector", "batch"]
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith("STUDIO_DETECTOR_") and name not in {"NO_COLOR", "FORCE_COLOR"}
} | {"STUDIO_DETECTOR_MODEL": "rules", "STUDIO_DETECTOR_PHASES": "lighting", "COLUMNS": "160"}
ROWS = 12


@pytest.fixture
def pool(monkeypatch):
    """The class of the pool that the command uses instead of workers; tests may change it."""

    class Pool(batch_examples.Pool):
        on_row = None

        def run(self, items):
            for row in super().run(items):
                if type(self).on_row is not None:
                    type(self).on_row(row)
                yield row

    monkeypatch.setattr(detector_module, "Detector", batch_examples.detector)
    monkeypatch.setattr(batch_run, "Batch", functools.partial(batch_run.Batch, open_pool=Pool))
    return Pool


@pytest.fixture
def run(pool, tmp_path, monkeypatch):
    """Run the command in this process, in a folder with a folder ``in`` of photos."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(ROWS):
        (folder / f"{number:04d}.jpg").write_bytes(b"\xff\xd8\xff")

    def run(*arguments, stdin=None):
        from studio_detector.cli.main import program

        return click.testing.CliRunner().invoke(
            program, ["batch", *map(str, arguments)], input=stdin, catch_exceptions=False
        )

    return run


def _rows(path):
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["v.parquet", "v.csv", "v.jsonl", "v.sqlite"])
def test_every_format_is_written_and_summed_up(run, tmp_path, name):
    """Rows go to the file, words to standard error, nothing to standard output."""
    result = run("in", "--output", name)

    assert 3 == result.exit_code
    assert "" == result.stdout
    assert (
        "12 photos: 3 natural, 3 studio, 5 uncertain, 1 failed\n"
        "  failures: truncated 1\n"
        "  exact duplicates: 2\n"
        f"  written to {name}\n"
    ) == result.stderr
    assert {"in", name} == {path.name for path in tmp_path.iterdir()}


def test_columns_can_be_named_and_left_out(run):
    """By name, or by kind."""
    run("in", "-o", "a.csv", "--columns", "label,path")
    run("in", "-o", "b.csv", "--no-timing", "--no-measurements")

    assert ["label", "path"] == list(_rows("a.csv")[0])
    assert not [name for name in _rows("b.csv")[0] if name.endswith("_ms") or "." in name]
    assert [f"in/{n:04d}.jpg" for n in range(ROWS)] == [row["path"] for row in _rows("b.csv")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "v.xlsx"], "tells no format"),
        (["-o", "v.csv", "--columns", "labell"], "did you mean 'label'?"),
        (["-o", "v.csv", "--columns", ","], "no column is named"),
        (["-o", "v.csv", "--resume", "--overwrite"], "contradict"),
        (["-o", "v.csv", "--sort-into", "in/sorted"], "the folder 'in' they come from"),
        (["-o", "v.csv", "--workers", "0"], "--workers"),
        (["-o", "v.csv", "--timeout", "0"], "--timeout"),
        (["-o", "in"], "in"),
        ([], "--output"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_done(run, tmp_path, arguments, said):
    """With status 2, and without a trace on the disk."""
    result = run("in", *arguments)

    assert 2 == result.exit_code
    assert said in result.stderr
    assert {"in"} == {path.name for path in tmp_path.iterdir()}


def test_an_output_that_cannot_be_written_is_said(run):
    """With status 74 and the next step."""
    result = run("in", "-o", "nowhere/v.csv")

    assert 74 == result.exit_code
    assert "'nowhere/v.csv' cannot be written: No such file or directory; name another" in (
        result.stderr
    )


def test_labels_and_failures_decide_the_status(run, tmp_path):
    """As for analyse."""
    (tmp_path / "in" / "0006.jpg").unlink()

    assert 0 == run("in", "-o", "a.csv").exit_code
    assert 1 == run("in", "-o", "b.csv", "--fail-on", "uncertain").exit_code
    assert 4 == run("-o", "c.csv", "0006.jpg").exit_code


def test_quiet_says_nothing(run):
    """But writes as much."""
    result = run("in", "-o", "v.csv", "--quiet")

    assert ("", "") == (result.stdout, result.stderr)
    assert ROWS == len(_rows("v.csv"))


def test_names_come_from_standard_input_too(run):
    """One a line, or ended by NUL."""
    run("-", "-o", "a.csv", stdin=b"in/0001.jpg\nin/0002.jpg\n")
    run("-", "-0", "-o", "b.csv", stdin=b"in/0001.jpg\0in/0002.jpg\0")

    assert ["in/0001.jpg", "in/0002.jpg"] == [row["path"] for row in _rows("a.csv")]
    assert _rows("a.csv") == _rows("b.csv")


def test_near_duplicates_get_the_number_of_their_group(run):
    """In a column, with the hash."""
    result = run("in", "-o", "v.csv", "--near-duplicates")

    groups = [row["near_duplicate_group"] for row in _rows("v.csv")]
    # These hashes are small numbers, so all are near; the failure has none.
    assert ["1"] * 6 + [""] + ["1"] * 5 == groups
    assert "groups of near duplicates: 1\n" in result.stderr


def test_sorting_and_a_report_come_with_the_rows(run, tmp_path):
    """Both are told where to."""
    result = run("in", "-o", "v.csv", "--sort-into", "sorted", "--report", "o.html")

    assert 3 == result.exit_code
    placed = [path.parent.name for path in (tmp_path / "sorted").rglob("*.jpg")]
    assert (3, 3, 5) == tuple(placed.count(label) for label in ("studio", "natural", "uncertain"))
    assert "12 photos" in (tmp_path / "o.html").read_text(encoding="utf-8")


def test_ctrl_c_ends_after_the_photos_in_flight_and_the_run_can_go_on(run, pool):
    """With status 130; the output comes with the end."""
    pool.on_row = lambda row: signal.raise_signal(signal.SIGINT) if "0003" in row["path"] else None
    stopped = run("in", "-o", "v.csv", "--no-timing")
    pool.on_row = None
    resumed = run("in", "-o", "v.csv", "--no-timing", "--resume")
    again = run("in", "-o", "v.csv", "--no-timing", "--resume")
    run("in", "-o", "unbroken.csv", "--no-timing")

    assert 130 == stopped.exit_code
    assert "press Ctrl-C again to stop at once" in stopped.stderr
    assert "6 photos:" in stopped.stderr
    assert "go on with the same command and --resume" in stopped.stderr
    assert 3 == resumed.exit_code
    assert "resumed after 6 photos" in resumed.stderr
    assert "12 photos:" in resumed.stderr
    assert 0 == again.exit_code
    assert "v.csv is finished, there is nothing to resume" in again.stderr
    assert _rows("unbroken.csv") == _rows("v.csv")
    assert signal.default_int_handler is signal.getsignal(signal.SIGINT)


def test_a_second_ctrl_c_ends_at_once(run, pool):
    """What was finished before stays."""

    def twice(row):
        if "0005" in row["path"]:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    pool.on_row = twice
    stopped = run("in", "-o", "v.csv", "--save-every", "2")
    pool.on_row = None
    resumed = run("in", "-o", "v.csv", "--resume")

    assert 130 == stopped.exit_code
    assert "interrupted" in stopped.stderr
    assert "resumed after 4 photos" in resumed.stderr
    assert 3 == resumed.exit_code


def test_names_from_outside_cannot_steer_the_terminal(run, tmp_path):
    """In notes and messages."""
    evil = tmp_path / "\x1b[2Jevil"
    evil.mkdir()
    (evil / "0001.jpg").write_bytes(b"\xff\xd8\xff")
    (evil / "readme.txt").write_text("x")

    result = run(evil.name, "-o", "\x1b[2Jv.csv")

    assert 0 == result.exit_code
    assert "\x1b" not in result.stderr
    assert "left out 1 other file" in result.stderr


def _counts(rows):
    counts = Counts()
    counts.labels["studio"] = rows
    return counts


class _Stream:
    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text

    def flush(self):
        pass


def test_without_a_terminal_a_line_is_said_now_and_then():
    """Rate and time left are those of this run, not of what was resumed."""
    now, stream = [0.0], _Stream()
    display = open_display(Console(stream), quiet=False, is_terminal=False)
    display.clock = lambda: now[0]
    with display:
        display.resumed(_counts(1000))
        stream.text = ""
        for second in range(1, 41):
            now[0] = second * LINE_EVERY_S / 10
            if second == 15:
                display.total = 3000
            display.advanced(_counts(1000 + 30 * second))

    first, second, third, fourth = stream.text.splitlines()
    assert first.startswith("1,300 photos, 10.0/s: 1,300 studio, 0 natural")
    assert second.startswith("1,600 of 3,000 photos, 10.0/s, 0:02:20 left: ")
    assert third.startswith("1,900 of 3,000")
    assert fourth.startswith("2,200 of 3,000")


def test_inputs_are_counted_where_that_is_cheap(tmp_path):
    """Folders and lists are; archives and standard input would cost a run of their own."""
    from studio_detector.batch.inputs import count_inputs
    from studio_detector.sources.open import SourceOptions

    for name in ("a.jpg", "b.jpg", "c.txt"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "list.txt").write_text("a.jpg\nb.jpg\nc.jpg\n", encoding="utf-8")

    def count(*arguments, is_over=lambda: False):
        return count_inputs([str(a) for a in arguments], SourceOptions(), is_over)

    assert 2 == count(tmp_path)
    assert 6 == count(tmp_path / "list.txt", tmp_path, tmp_path / "missing.jpg")
    assert count(tmp_path, "-") is None
    assert count(tmp_path / "x.tar") is None
    assert count(tmp_path / "*.jpg") is None
    assert count(tmp_path, is_over=lambda: True) is None


def test_the_counter_hands_its_number_to_the_display():
    """From its own thread."""
    display = open_display(Console(None), quiet=True, is_terminal=False)
    counter = Counter(lambda _: 42, display)
    counter._run()

    assert 42 == display.total


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


@pytest.mark.parametrize(("quiet", "is_terminal"), [(True, True), (False, False), (False, True)])
def test_every_display_takes_a_whole_run_and_obeys_no_name(quiet, is_terminal):
    """Resumed, with notes that quote names from outside, to the end."""
    stream = io.StringIO()
    evil = "the file [red]\x1b[2J\u202e.jpg\n"
    with open_display(Console(stream), quiet=quiet, is_terminal=is_terminal) as display:
        display.resumed(_counts(10))
        display.note(evil)
        display.total = 20
        for rows in range(11, 21):
            display.advanced(_counts(rows))
        display.assembling(20)

    text = stream.getvalue()
    assert ("resumed after 10 photos" in text) is not quiet
    assert ("the file [red]\\x1b[2J\\u202e.jpg\\n" in text) is not quiet
    assert "\u202e" not in text
    assert "\x1b[2J" not in text
