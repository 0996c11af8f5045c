"""Folders of processes that live are held and left alone; those of the others go."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys

import pytest

from service.store.store_examples import at_once
from studio_detector.service.intake.folder_lock import folder_lock
from studio_detector.service.intake.scratch import scratch_folder

_HOLD = """
import sys
from pathlib import Path
from studio_detector.service.intake.scratch import scratch_folder
with scratch_folder(Path(sys.argv[1])) as folder:
    (folder / "archive.zip").write_bytes(b"PK")
    print(folder.name, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    """Another process with a folder of its own; its name."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    process.folder = tmp_path / process.stdout.readline().strip()
    yield process
    process.kill()
    process.communicate()


def test_it_goes_with_all_that_is_in_it(tmp_path):
    """However the block is left."""

    def fails():
        with scratch_folder(tmp_path) as folder:
            (folder / "below").mkdir()
            (folder / "below" / "photo").write_bytes(b"x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()

    assert [] == [*tmp_path.iterdir()]


def test_nobody_else_may_look(tmp_path):
    """What is read there are other people's pictures."""
    with scratch_folder(tmp_path) as folder:
        assert 0o700 == folder.stat().st_mode & 0o777


def test_several_stand_side_by_side(tmp_path, other):
    """In one process and in two."""
    with scratch_folder(tmp_path) as first, scratch_folder(tmp_path) as second:
        assert {first, second, other.folder} == {*tmp_path.iterdir()}
        assert (other.folder / "archive.zip").exists()


def test_what_a_killed_process_left_is_removed(tmp_path, other):
    """By the next that begins; a disk would fill up otherwise."""
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert other.folder.exists()

    with scratch_folder(tmp_path) as folder:
        assert [folder] == [*tmp_path.iterdir()]


def test_what_is_no_folder_is_left_alone(tmp_path):
    """And a link leads nowhere."""
    (tmp_path / "away").mkdir()
    (tmp_path / "away" / "photo").write_bytes(b"x")
    above = tmp_path / "scratch"
    above.mkdir()
    (above / "note.txt").write_text("x")
    (above / "link").symlink_to(tmp_path / "away")

    with scratch_folder(above):
        pass

    assert (tmp_path / "away" / "photo").exists()
    assert {"note.txt", "link"} == {path.name for path in above.iterdir()}


class TestLock:
    def test_one_holds_a_folder_at_a_time(self, tmp_path):
        """Also within a process."""
        with folder_lock(tmp_path) as is_held:
            assert is_held
            with pytest.raises(BlockingIOError):
                folder_lock(tmp_path).__enter__()

        with folder_lock(tmp_path) as is_held:
            assert is_held

    def test_the_system_lets_go_of_what_a_killed_process_held(self, other):
        """At once."""
        with pytest.raises(BlockingIOError):
            folder_lock(other.folder).__enter__()

        other.kill()
        other.wait()

        with folder_lock(other.folder) as is_held:
            assert is_held

    def test_who_waits_gets_it_next(self, tmp_path):
        """Many at once hold it one after the other."""
        inside, most = [], []

        def hold(number):
            with folder_lock(tmp_path, waits=True):
                inside.append(number)
                most.append(len(inside))
                inside.remove(number)

        assert [None] * 20 == at_once(20, hold)
        assert [1] * 20 == most

    def test_a_file_system_without_locks_is_no_obstacle(self, tmp_path, monkeypatch):
        """Then nobody is kept out, and nothing is swept."""

        def fails(*_):
            raise OSError(errno.ENOLCK, "No locks available")

        (tmp_path / "left").mkdir()
        monkeypatch.setattr("fcntl.flock", fails)

        with folder_lock(tmp_path) as is_held, scratch_folder(tmp_path) as folder:
            assert not is_held
            assert {folder, tmp_path / "left"} == {*tmp_path.iterdir()}
