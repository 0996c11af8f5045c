"""A batch ends with the same rows however often it was cut short."""

from __future__ import annotations

import tempfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import batch_examples
from studio_detector.batch import files
from studio_detector.batch.counts import Counts
from studio_detector.batch.parts import is_finished, parts_folder, remove_leftovers
from studio_detector.batch.plan import BatchOptions
from studio_detector.batch.pool import PoolOptions
from studio_detector.batch.run import Batch
from studio_detector.batch.seen import SeenOnDisk
from studio_detector.batch.sorting import Sorter
from studio_detector.errors import OutputError
from studio_detector.pipeline.report import Failure
from studio_detector.pipeline.settings import Settings
from studio_detector.sources.photo import Note, Photo

PHOTOS = 23


class KilledError(BaseException):
    """SIGKILL, as far as the disk can tell: from here on nothing more is written."""


class Disk:
    """Counts every step on the disk, and lets none happen after the fatal one."""

    def __init__(self):
        self.steps, self.fatal = 0, None

    def arm(self, fatal):
        self.steps, self.fatal = 0, fatal

    def step(self):
        if self.fatal is not None and self.steps >= self.fatal:
            raise KilledError
        self.steps += 1

    def watched(self, real):
        def step_then(*arguments):
            self.step()
            return real(*arguments)

        return step_then

    def remove_folder(self, folder):
        """One file after the other, because a kill can come between them."""
        for path in sorted(folder.rglob("*"), reverse=True):
            self.step()
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink()
        self.step()
        folder.rmdir()


@pytest.fixture(scope="module")
def disk():
    """Every step of `files` in the hands of the test; nothing waits for a real disk."""
    disk = Disk()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("create", "remove", "rename"):
            patch.setattr(files, name, disk.watched(getattr(files, name)))
        for name in ("sync", "sync_path", "sync_folder"):
            patch.setattr(files, name, disk.watched(lambda *_: None))
        patch.setattr(files, "remove_folder", disk.remove_folder)
        yield disk


def _batch(output, *, mode="new", watcher=None, chosen=None, **options):
    kept = {"shard_rows": 4, "layout": batch_examples.layout(timing=False), **options}
    return Batch(
        detector=batch_examples.detector(chosen),
        options=BatchOptions(output=output, mode=mode, **kept),
        pool_options=PoolOptions(),
        watcher=watcher or batch_examples.Watcher(),
        open_pool=batch_examples.Pool,
    )


def _unbroken(folder, name, inputs, **options):
    output = folder / f"unbroken-{name}"
    _batch(output, **options).run(inputs)
    return output.read_bytes()


def _tear(parts):
    """What was being written is anything after a kill."""
    if parts.exists():
        for path in parts.glob("*.part"):
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2] + b"\0\xff{")


def _run_until_done(output, disk, kills, **options):
    """Run, be killed at each of these steps, resume; returns how often it was killed."""
    died = 0
    for fatal in [*kills, None]:
        mode = "resume" if died else "new"
        if mode == "resume" and is_finished(output):
            break
        disk.arm(fatal)
        try:
            _batch(output, mode=mode, **options).run(batch_examples.photos(PHOTOS))
            break
        except KilledError:
            died += 1
            disk.arm(None)
            _tear(parts_folder(output))
    disk.arm(None)
    return died


@settings(max_examples=60, deadline=None)
@given(
    kills=st.lists(st.integers(min_value=0, max_value=70), max_size=5),
    name=st.sampled_from(["rows.csv", "rows.jsonl", "rows.parquet", "rows.sqlite"]),
    near_duplicates=st.booleans(),
)
def test_whenever_it_is_killed_the_rows_are_those_of_an_unbroken_run(
    disk, kills, name, near_duplicates
):
    """At any step on the disk, several times, in every format: the same bytes."""
    options = {
        "near_duplicates": near_duplicates,
        "layout": batch_examples.layout(timing=False, near_duplicates=near_duplicates),
    }
    with tempfile.TemporaryDirectory() as folder:
        disk.arm(None)
        expected = _unbroken(Path(folder), name, batch_examples.photos(PHOTOS), **options)
        output = Path(folder) / name

        _run_until_done(output, disk, kills, **options)

        assert expected == output.read_bytes()
        remove_leftovers(output)
        assert {f"unbroken-{name}", name} == {p.name for p in Path(folder).iterdir()}


def test_at_every_single_step_the_output_is_old_or_whole(disk, tmp_path):
    """One kill at each step there is; afterwards the name stands for all rows or for none."""
    disk.arm(None)
    expected = _unbroken(tmp_path, "rows.csv", batch_examples.photos(PHOTOS))
    steps, finished = 0, False
    while not finished:
        output = tmp_path / f"{steps}.csv"
        disk.arm(steps)
        try:
            _batch(output).run(batch_examples.photos(PHOTOS))
            finished = True
        except KilledError:
            assert not output.exists() or expected == output.read_bytes()
        disk.arm(None)
        steps += 1

    assert steps > 40  # the test can fail: a run has many steps


def test_finished_rows_are_not_analysed_again(tmp_path):
    """A resumed run gives the pool only what is left."""
    output = tmp_path / "rows.csv"
    watcher = batch_examples.Watcher()
    first = _batch(output, watcher=watcher)
    watcher.on_advance = lambda rows: first.stop() if rows == 10 else None
    stopped = first.run(batch_examples.photos(PHOTOS))

    watcher = batch_examples.Watcher()
    ended = _batch(output, mode="resume", watcher=watcher).run(batch_examples.photos(PHOTOS))

    assert not stopped.is_finished
    # The photos in flight were finished before it ended.
    assert 10 + batch_examples.Pool.window - 1 == stopped.counts.rows == watcher.rows_resumed
    assert ended.is_finished
    assert PHOTOS == ended.counts.rows
    assert expected_counts() == (ended.counts.labels, ended.counts.failures)


def expected_counts():
    """What `batch_examples.Pool` finds in these photos."""
    counts = Counts()
    with SeenOnDisk() as seen:
        pool = batch_examples.Pool(None, None, seen=seen)
        rows = list(pool.run(batch_examples.photos(PHOTOS)))
    for row in rows:
        counts.add(row)
    return counts.labels, counts.failures


def test_copies_of_photos_from_before_a_kill_are_known_after_it(tmp_path):
    """The index of what was seen is filled again from the shards."""
    output = tmp_path / "rows.jsonl"
    inputs = [Photo(source=f"{n:04d}.jpg", path=f"{n:04d}.jpg") for n in (3, 8, 10, 4)]
    watcher = batch_examples.Watcher()
    first = _batch(output, watcher=watcher, shard_rows=1)
    watcher.on_advance = lambda _: first.stop()
    # The window of three is finished; the copy, 4, comes after it.
    assert not first.run(inputs).is_finished

    summary = _batch(output, mode="resume", shard_rows=1).run(inputs)

    assert 1 == summary.counts.duplicates
    assert b'"duplicate_of": "0003.jpg"' in output.read_bytes().splitlines()[3]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda photos: photos[:5], "number 6 was '0005.jpg', now there is none"),
        (lambda photos: photos[1:], "number 1 was '0000.jpg', now it is '0001.jpg'"),
        (lambda photos: [*photos[:7], *photos[8:]], "number 8 was '0007.jpg', now it is"),
    ],
)
def test_other_inputs_than_before_are_refused(tmp_path, change, said):
    """And what is finished stays, for the right ones."""
    output = tmp_path / "rows.csv"
    _stopped_run(output)

    with pytest.raises(OutputError, match=said) as caught:
        _batch(output, mode="resume").run(change(batch_examples.photos(PHOTOS)))

    assert "resume_mismatch" == caught.value.code
    assert _batch(output, mode="resume").run(batch_examples.photos(PHOTOS)).is_finished


def _stopped_run(output, **options):
    watcher = batch_examples.Watcher()
    batch = _batch(output, watcher=watcher, **options)
    watcher.on_advance = lambda rows: batch.stop() if rows == 12 else None
    assert not batch.run(batch_examples.photos(PHOTOS)).is_finished


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"chosen": Settings(working_size_px=256)}, r"setting working_size_px \(512 then, 256 now"),
        ({"near_duplicates": True}, r"--near-duplicates \(false then, true now"),
    ],
)
def test_what_changes_results_must_be_as_before(tmp_path, options, said):
    """Otherwise half of the rows would be of other settings."""
    output = tmp_path / "rows.csv"
    _stopped_run(output)

    with pytest.raises(OutputError, match=said):
        _batch(output, mode="resume", **options).run(batch_examples.photos(PHOTOS))


def test_what_does_not_change_results_may_change(tmp_path):
    """Columns are chosen when the output is written; the shards hold everything."""
    output = tmp_path / "rows.csv"
    _stopped_run(output)
    other = batch_examples.layout(timing=False, measurements=False)

    _batch(output, mode="resume", layout=other, shard_rows=9).run(batch_examples.photos(PHOTOS))

    expected = _unbroken(tmp_path, "rows.csv", batch_examples.photos(PHOTOS), layout=other)
    assert expected == output.read_bytes()


def test_pictures_from_before_a_kill_are_sorted_once(tmp_path):
    """Even if sorting was asked for only when the run was resumed."""
    pictures = tmp_path / "in"
    pictures.mkdir()
    inputs = []
    for number in range(PHOTOS):
        path = pictures / f"{number:04d}.jpg"
        path.write_bytes(bytes([number]))
        inputs.append(Photo(source=str(path), path=path.name))
    output = tmp_path / "rows.csv"
    _stopped_run(output)

    for _ in range(2):
        _batch(
            output,
            mode="resume" if not output.exists() else "overwrite",
            sorter=Sorter(tmp_path / "sorted"),
        ).run(inputs)

    labels, _ = expected_counts()
    found = {p.parent.name: 0 for p in (tmp_path / "sorted").rglob("*.jpg")}
    for path in (tmp_path / "sorted").rglob("*.jpg"):
        found[path.parent.name] += 1
    assert dict(labels) == found


def test_an_output_that_is_there_is_left_alone_unless_told_otherwise(tmp_path):
    """Neither a file nor an unfinished run is lost by a forgotten option."""
    output = tmp_path / "rows.csv"
    output.write_text("precious", encoding="utf-8")
    with pytest.raises(OutputError, match="--overwrite") as exists:
        _batch(output).run(batch_examples.photos(2))
    assert "output_exists" == exists.value.code
    assert "precious" == output.read_text(encoding="utf-8")

    _batch(output, mode="overwrite").run(batch_examples.photos(2))
    assert 3 == len(output.read_text(encoding="utf-8").splitlines())

    other = tmp_path / "other.csv"
    _stopped_run(other)
    with pytest.raises(OutputError, match="--resume"):
        _batch(other).run(batch_examples.photos(2))
    _batch(other, mode="overwrite").run(batch_examples.photos(2))
    assert 3 == len(other.read_text(encoding="utf-8").splitlines())
    assert not parts_folder(other).exists()


def test_the_old_output_stays_until_the_new_one_is_whole(tmp_path):
    """With --overwrite, too."""
    output = tmp_path / "rows.csv"
    output.write_text("old", encoding="utf-8")

    _stopped_run(output, mode="overwrite")

    assert "old" == output.read_text(encoding="utf-8")


def test_two_runs_cannot_use_one_output(tmp_path):
    """The second is told, and the first goes on."""
    output = tmp_path / "rows.csv"
    errors = []

    def start_another(rows):
        if rows == 1:
            for mode in ("resume", "overwrite"):
                with pytest.raises(OutputError) as caught:
                    _batch(output, mode=mode).run(batch_examples.photos(2))
                errors.append(caught.value.code)

    summary = _batch(output, watcher=batch_examples.Watcher(start_another)).run(
        batch_examples.photos(PHOTOS)
    )

    assert ["output_busy"] * 2 == errors
    assert summary.is_finished
    assert PHOTOS == summary.counts.rows


def test_a_missing_or_damaged_shard_is_said(tmp_path):
    """Never skipped silently."""
    output = tmp_path / "rows.csv"
    _stopped_run(output)
    first = parts_folder(output) / "00000000.jsonl.gz"
    whole = first.read_bytes()

    first.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(OutputError, match="is damaged"):
        _batch(output, mode="resume").run(batch_examples.photos(PHOTOS))
    first.unlink()
    with pytest.raises(OutputError, match=r"00000000\.jsonl\.gz is missing"):
        _batch(output, mode="resume").run(batch_examples.photos(PHOTOS))


def test_resuming_nothing_starts_anew(tmp_path):
    """So that one command line can be repeated until it is done."""
    output = tmp_path / "rows.csv"

    assert _batch(output, mode="resume").run(batch_examples.photos(PHOTOS)).is_finished


def test_an_input_that_breaks_off_keeps_the_rows_before_it(tmp_path):
    """A list on a disk that is unplugged, for one."""
    output = tmp_path / "rows.csv"

    def breaking():
        yield from batch_examples.photos(9)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        _batch(output).run(breaking())

    watcher = batch_examples.Watcher()
    _batch(output, mode="resume", watcher=watcher).run(batch_examples.photos(PHOTOS))
    # The pool of these tests loses its window of three; those before it are kept.
    assert watcher.rows_resumed >= 6


def test_failures_and_notes_among_the_inputs(tmp_path):
    """A failure is a row in its place, a note is none."""
    output = tmp_path / "rows.csv"
    inputs = [
        Note(text="left out 3 other files"),
        Failure(path="gone/", code="not_found", message="there is no folder"),
        *batch_examples.photos(2),
        Note(text="bye"),
    ]
    watcher = batch_examples.Watcher()

    summary = _batch(output, watcher=watcher).run(inputs)

    assert ["left out 3 other files", "bye"] == watcher.notes
    assert 3 == summary.counts.rows
    lines = output.read_text(encoding="utf-8").splitlines()
    assert lines[1].startswith("gone/,")


@pytest.mark.parametrize("broken", ["create", "sync", "rename"])
def test_a_full_disk_ends_the_run_and_keeps_what_is_finished(tmp_path, monkeypatch, broken):
    """With the reason, and how to go on."""
    output = tmp_path / "rows.csv"
    real, calls = getattr(files, broken), []

    def full(*arguments):
        calls.append(arguments)
        if len(calls) > 4:
            raise OSError(28, "No space left on device")
        return real(*arguments)

    monkeypatch.setattr(files, broken, full)
    with pytest.raises(OutputError, match=r"No space left on device.*--resume") as caught:
        _batch(output).run(batch_examples.photos(PHOTOS))
    monkeypatch.undo()

    assert "output_failed" == caught.value.code
    watcher = batch_examples.Watcher()
    _batch(output, mode="resume", watcher=watcher).run(batch_examples.photos(PHOTOS))
    assert watcher.rows_resumed >= 8
    assert _unbroken(tmp_path, "rows.csv", batch_examples.photos(PHOTOS)) == output.read_bytes()


def test_a_lost_index_of_what_was_seen_is_said_and_loses_no_row(tmp_path, monkeypatch):
    """It only saves work."""
    monkeypatch.setattr(SeenOnDisk, "trouble", property(lambda _: "disk full"))
    watcher = batch_examples.Watcher()

    summary = _batch(tmp_path / "rows.csv", watcher=watcher).run(batch_examples.photos(PHOTOS))

    assert PHOTOS == summary.counts.rows
    assert any("could not be kept: disk full" in note for note in watcher.notes)


def test_an_overview_that_cannot_be_written_loses_no_row(tmp_path):
    """The rows are whole by then, and the run can be resumed to make it."""
    output = tmp_path / "rows.csv"
    with pytest.raises(OutputError, match=r"the overview .*nowhere/o\.html' cannot be written"):
        _batch(output, overview=tmp_path / "nowhere" / "o.html").run(batch_examples.photos(5))

    assert 6 == len(output.read_text(encoding="utf-8").splitlines())
    _batch(output, mode="resume", overview=tmp_path / "o.html").run(batch_examples.photos(5))
    assert "5 photos" in (tmp_path / "o.html").read_text(encoding="utf-8")
    assert not parts_folder(output).exists()


def test_memory_does_not_grow_with_the_number_of_photos(tmp_path):
    """Four times the photos take hardly more."""

    def peak(count, turn=0):
        tracemalloc.start()
        inputs = (Photo(source="", path=f"{n:06d}.jpg") for n in range(count))
        _batch(tmp_path / f"{count}-{turn}.jsonl", shard_rows=50).run(inputs)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(50)  # what is imported and cached once
    # What a thread that an earlier test has left does meanwhile is counted, too.
    assert min(peak(1200, turn) for turn in range(3)) < 1.25 * peak(300)
