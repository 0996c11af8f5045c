"""The command batch: options, endings, what it says."""

from __future__ import annotations

import csv
import functools
import io
import signal
from pathlib import Path

import click.testing
import pytest

import batch_examples
from studio_detector.batch import run as batch_run
from studio_detector.batch.counts import Counts
from studio_detector.cli.batch_progress import LINE_EVERY_S, Counter, open_display
from studio_detector.cli.streams import Console
from studio_detector.pipeline import detector as detector_module

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


@pytest.mark.parametrize(
    ("report", "said"),
    [
        ("v.csv", "the same file"),
        ("in/0000.jpg", "is no page"),
        ("nowhere/r.html", "no folder"),
        ("there.html", "exists"),
    ],
)
def test_a_report_never_takes_the_place_of_something_else(run, tmp_path, report, said):
    """Told before anything runs."""
    there = tmp_path / "there.html"
    there.write_text("mine", encoding="utf-8")

    result = run("in", "-o", "v.csv", "--report", report)

    assert 2 == result.exit_code
    assert said in result.stderr
    assert "mine" == there.read_text(encoding="utf-8")
    assert not (tmp_path / "v.csv").exists()


@pytest.mark.parametrize("option", ["--resume", "--overwrite"])
def test_a_folder_of_somebody_else_is_left_alone(run, tmp_path, option):
    """Though it is named as ours would be."""
    kept = tmp_path / "v.csv.parts" / "keep.txt"
    kept.parent.mkdir()
    kept.write_text("mine", encoding="utf-8")

    result = run("in", "-o", "v.csv", option)

    assert 74 == result.exit_code
    assert "keep.txt" in result.stderr
    assert "mine" == kept.read_text(encoding="utf-8")
