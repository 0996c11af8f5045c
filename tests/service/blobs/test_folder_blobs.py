"""Pictures in a folder: rights, torn files, full disks."""

from __future__ import annotations

import hashlib
import os
import secrets
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from picture_files import picture_files
from studio_detector.errors import BusyError, RequestError
from studio_detector.service.blobs import FolderBlobs, blob_key, open_blobs
from studio_detector.service.settings import ServiceSettings


def _key(data):
    return blob_key("default", hashlib.sha256(data).hexdigest())


def _files(root):
    return sorted(path for path in root.rglob("*") if path.is_file())


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 256 KiB, where this user may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this user may not mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


class TestRights:
    def test_nobody_else_may_look(self, tmp_path):
        """Folders are 0700 and files 0600, whatever the umask."""
        before = os.umask(0)
        try:
            FolderBlobs(tmp_path / "a" / "pictures").put(_key(b"x"), b"x")
        finally:
            os.umask(before)

        paths = [tmp_path / "a" / "pictures", *(tmp_path / "a" / "pictures").rglob("*")]
        modes = {(path.is_file(), path.stat().st_mode & 0o777) for path in paths}
        assert {(True, 0o600), (False, 0o700)} == modes

    def test_pictures_are_spread_over_folders(self, tmp_path):
        """No folder of a hundred thousand files."""
        blobs = FolderBlobs(tmp_path)
        for n in range(64):
            blobs.put(_key(bytes([n])), bytes([n]))

        assert len({path.parent for path in _files(tmp_path)}) > 32


class TestKeeping:
    def test_putting_again_begins_the_keeping_anew(self, tmp_path):
        """A picture that was sent again an hour ago is not old."""
        blobs = FolderBlobs(tmp_path)
        blobs.put(_key(b"x"), b"x")
        (file,) = _files(tmp_path)
        os.utime(file, (0, 0))
        hour_ago = datetime.now(UTC) - timedelta(hours=1)
        assert [_key(b"x")] == list(blobs.older_than(hour_ago))

        blobs.put(_key(b"x"), b"x")

        assert [] == list(blobs.older_than(hour_ago))

    def test_a_torn_picture_is_replaced_when_it_comes_again(self, tmp_path):
        """As a power failure may leave one."""
        blobs = FolderBlobs(tmp_path)
        blobs.put(_key(b"picture"), b"picture")
        _files(tmp_path)[0].write_bytes(b"")

        blobs.put(_key(b"picture"), b"picture")

        assert b"picture" == blobs.get(_key(b"picture"))

    def test_what_others_left_in_the_folder_is_no_picture(self, tmp_path):
        """And is neither listed nor in the way."""
        blobs = FolderBlobs(tmp_path)
        blobs.put(_key(b"x"), b"x")
        (tmp_path / "README").write_text("hello")
        (tmp_path / "default" / "note.txt").write_text("hello")
        (tmp_path / "default" / "ab").mkdir(exist_ok=True)
        (tmp_path / "default" / "ab" / "thumbs.db").write_text("hello")

        assert [_key(b"x")] == list(blobs.older_than(datetime.now(UTC) + timedelta(hours=1)))


class TestFailures:
    def test_a_full_disk_refuses_the_picture_and_keeps_nothing_of_it(self, small_disk):
        """Others stay, and smaller ones still fit."""
        blobs = FolderBlobs(small_disk / "pictures")
        small, large = secrets.token_bytes(10_000), secrets.token_bytes(1_000_000)
        blobs.put(_key(small), small)

        with pytest.raises(BusyError, match="make room") as caught:
            blobs.put(_key(large), large)

        assert "storage_full" == caught.value.code
        assert not blobs.exists(_key(large))
        assert 1 == len(_files(small_disk))
        assert small == blobs.get(_key(small))
        other = secrets.token_bytes(10_000)
        blobs.put(_key(other), other)
        assert other == blobs.get(_key(other))

    def test_a_disk_that_fills_up_loses_none_that_was_taken(self, small_disk):
        """Each picture is there wholly or was refused."""
        blobs = FolderBlobs(small_disk)
        taken, refused = [], []
        for n in range(40):
            data = bytes([n]) * 20_000
            try:
                blobs.put(_key(data), data)
            except BusyError as error:
                refused.append(error.code)
            else:
                taken.append(data)

        assert taken
        assert {"storage_full"} == set(refused)
        assert [True] * len(taken) == [blobs.get(_key(data)) == data for data in taken]
        assert len(taken) == len(_files(small_disk))

    def test_a_limit_on_the_size_of_files_is_a_full_disk_too(self, tmp_path):
        """Where nobody may mount a disk, this is how full ones are tried."""
        program = (
            "import resource, sys\n"
            "from pathlib import Path\n"
            "from studio_detector.errors import BusyError\n"
            "from studio_detector.service.blobs import FolderBlobs\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
            "blobs = FolderBlobs(Path(sys.argv[1]))\n"
            "try:\n"
            "    blobs.put('default/' + 'a' * 64, bytes(5000))\n"
            "except BusyError as error:\n"
            "    print(error.code)\n"
        )

        said = subprocess.check_output([sys.executable, "-c", program, tmp_path], text=True)

        assert "storage_full\n" == said
        assert [] == _files(tmp_path)

    def test_a_folder_that_went_away_is_no_gone_picture(self, tmp_path):
        """A disk that is not mounted must not kill jobs for good."""
        blobs = FolderBlobs(tmp_path / "pictures")
        blobs.put(_key(b"x"), b"x")
        (tmp_path / "pictures").rename(tmp_path / "elsewhere")

        calls = (
            lambda: blobs.get(_key(b"x")),
            lambda: blobs.exists(_key(b"x")),
            lambda: blobs.put(_key(b"y"), b"y"),
            lambda: list(blobs.older_than(datetime.now(UTC))),
            blobs.ping,
        )
        for call in calls:
            with pytest.raises(BusyError) as caught:
                call()
            assert "storage_unavailable" == caught.value.code

    def test_a_folder_that_cannot_be_made_is_said(self, tmp_path):
        """At the start, not with the first picture."""
        (tmp_path / "file").write_text("")

        with pytest.raises(BusyError, match="folder of pictures") as caught:
            FolderBlobs(tmp_path / "file" / "pictures")

        assert "storage_unavailable" == caught.value.code

    def test_what_a_killed_process_began_is_removed_later(self, tmp_path):
        """Not at once: another process may be writing it."""
        FolderBlobs(tmp_path).put(_key(b"x"), b"x")
        abandoned, fresh = tmp_path / ".incoming" / "abandoned", tmp_path / ".incoming" / "fresh"
        for file in (abandoned, fresh):
            file.write_bytes(b"half a pict")
        two_hours_ago = time.time() - 7200
        os.utime(abandoned, (two_hours_ago, two_hours_ago))

        blobs = FolderBlobs(tmp_path)

        assert not abandoned.exists()
        assert fresh.exists()
        assert b"x" == blobs.get(_key(b"x"))

        os.utime(fresh, (two_hours_ago, two_hours_ago))
        blobs.tidy()
        assert not fresh.exists()


def test_without_a_bucket_pictures_lie_in_the_folder_of_the_service(tmp_path):
    """The embedded default."""
    open_blobs(ServiceSettings(), tmp_path).put(_key(b"x"), b"x")

    assert [tmp_path / "pictures"] == list(tmp_path.iterdir())


class TestSpareFiles:
    """The file of a deleted picture holds another one later."""

    @pytest.fixture
    def blobs(self, tmp_path):
        return FolderBlobs(tmp_path)

    @pytest.mark.parametrize("second", [b"second", b"second" * 1000, b"2nd" * 500_000, b""])
    def test_a_deleted_picture_leaves_a_blank_file_that_holds_the_next(
        self, blobs, tmp_path, second
    ):
        """Shorter than the first, longer, much longer, or empty."""
        first = b"first" * 1000
        blobs.put(_key(first), first)
        (file,) = picture_files(tmp_path)
        number = file.stat().st_ino

        blobs.delete(_key(first))
        (aside,) = (tmp_path / ".incoming").iterdir()
        assert bytes(len(first)) == aside.read_bytes()
        assert not blobs.exists(_key(first))
        blobs.put(_key(second), second)

        (file,) = _files(tmp_path)
        assert number == file.stat().st_ino
        assert second == file.read_bytes() == blobs.get(_key(second))

    def test_they_are_for_this_user_alone_too(self, blobs, tmp_path):
        for data in (b"first", b"second"):
            blobs.put(_key(data), data)
            (file,) = picture_files(tmp_path)
            assert 0o600 == file.stat().st_mode & 0o777
            blobs.delete(_key(data))

    def test_a_copy_by_a_link_stays_what_it_is(self, blobs, tmp_path):
        """Backups are made so."""
        blobs.put(_key(b"first"), b"first")
        copy = tmp_path.parent / f"{tmp_path.name}-copy"
        os.link(*picture_files(tmp_path), copy)

        blobs.delete(_key(b"first"))
        blobs.put(_key(b"second"), b"second")

        assert b"first" == copy.read_bytes()

    def test_there_are_only_so_many(self, blobs, tmp_path, monkeypatch):
        monkeypatch.setattr("studio_detector.service.blobs.folder._MOST_SPARE", 2)
        for data in (b"1", b"2", b"3"):
            blobs.put(_key(data), data)
        for data in (b"1", b"2", b"3"):
            blobs.delete(_key(data))

        assert 2 == len(_files(tmp_path))

    def test_they_hold_only_so_much_of_the_disk(self, blobs, tmp_path, monkeypatch):
        monkeypatch.setattr("studio_detector.service.blobs.folder._MOST_SPARE_BYTES", 250)
        for _ in range(2):  # what was taken leaves room
            for data in (b"1" * 100, b"2" * 100, b"3" * 100):
                blobs.put(_key(data), data)
            for data in (b"1" * 100, b"2" * 100, b"3" * 100):
                blobs.delete(_key(data))

            assert [100, 100] == [path.stat().st_size for path in _files(tmp_path)]

    def test_noise_holds_the_next_as_it_is(self, tmp_path):
        """Its key is gone, and zeros would be written to the disk as a picture is."""
        blobs = FolderBlobs(tmp_path, noise=b"SEAL")
        first, second = b"SEAL" + b"first" * 1000, b"SEAL" + b"second" * 10
        blobs.put(_key(first), first)

        blobs.delete(_key(first))

        (aside,) = (tmp_path / ".incoming").iterdir()
        assert first == aside.read_bytes()
        blobs.put(_key(second), second)
        (file,) = _files(tmp_path)
        assert second == file.read_bytes() == blobs.get(_key(second))

    def test_noise_of_long_ago_is_not_taken_for_abandoned(self, tmp_path):
        blobs = FolderBlobs(tmp_path, noise=b"SEAL")
        blobs.put(_key(b"a"), b"SEAL of old")
        (file,) = _files(tmp_path)
        two_hours_ago = time.time() - 7200
        os.utime(file, (two_hours_ago, two_hours_ago))

        blobs.delete(_key(b"a"))
        FolderBlobs(tmp_path)  # another process begins

        (aside,) = (tmp_path / ".incoming").iterdir()
        assert b"SEAL of old" == aside.read_bytes()

    def test_what_is_no_noise_is_overwritten_beside_it(self, tmp_path):
        """As it was kept before pictures were encrypted, or where they are not."""
        blobs = FolderBlobs(tmp_path, noise=b"SEAL")
        for data in (b"SEA", b"a picture", b""):
            blobs.put(_key(data), data)
            blobs.delete(_key(data))
            (aside,) = (tmp_path / ".incoming").iterdir()
            assert bytes(len(data)) == aside.read_bytes()

    def test_those_that_no_picture_came_for_are_deleted(self, blobs, tmp_path, monkeypatch):
        now = [1000.0]
        monkeypatch.setattr("studio_detector.service.blobs.folder.time.monotonic", lambda: now[0])
        for data in (b"1", b"22", b"333"):
            blobs.put(_key(data), data)
        blobs.delete(_key(b"1"))
        now[0] += 50
        blobs.delete(_key(b"22"))
        blobs.tidy()
        assert 3 == len(_files(tmp_path))

        now[0] += 20
        blobs.tidy()
        assert [2, 3] == sorted(path.stat().st_size for path in _files(tmp_path))
        now[0] += 50
        blobs.tidy()

        (file,) = _files(tmp_path)
        assert b"333" == file.read_bytes()

    def test_none_is_left_when_it_is_closed(self, blobs, tmp_path):
        blobs.put(_key(b"kept"), b"kept")
        blobs.put(_key(b"first"), b"first")
        blobs.delete(_key(b"first"))

        blobs.close()

        (file,) = _files(tmp_path)
        assert b"kept" == file.read_bytes()

    def test_one_that_somebody_removed_is_not_missed(self, blobs, tmp_path):
        blobs.put(_key(b"first"), b"first")
        blobs.delete(_key(b"first"))
        for path in (tmp_path / ".incoming").iterdir():
            path.unlink()

        blobs.put(_key(b"second"), b"second")

        assert b"second" == blobs.get(_key(b"second"))

    def test_who_reads_a_picture_while_it_is_deleted_does_not_get_another(self, blobs, monkeypatch):
        blobs.put(_key(b"first"), b"first")
        read = Path.open

        def deleted_once_opened(path, *arguments, **options):
            file = read(path, *arguments, **options)
            blobs.delete(_key(b"first"))
            blobs.put(_key(b"second"), b"second")
            return file

        monkeypatch.setattr(Path, "open", deleted_once_opened)

        with pytest.raises(RequestError) as caught:
            blobs.get(_key(b"first"))
        assert "picture_gone" == caught.value.code

    def test_who_reads_a_picture_while_it_is_put_again_gets_it(self, blobs, monkeypatch):
        """It lies in another file then."""
        blobs.put(_key(b"first"), b"first")
        read = Path.open
        changes = iter([True])

        def put_again_once_opened(path, *arguments, **options):
            file = read(path, *arguments, **options)
            if next(changes, False):
                blobs.delete(_key(b"first"))
                blobs.put(_key(b"second"), b"second")
                blobs.put(_key(b"first"), b"first")
            return file

        monkeypatch.setattr(Path, "open", put_again_once_opened)

        assert b"first" == blobs.get(_key(b"first"))

    def test_threads_share_none(self, blobs):
        """Each picture stays what it is, whoever puts and deletes meanwhile."""
        wrong = []

        def churn(name):
            for n in range(100):
                data = f"{name}-{n}".encode() * (1 + n % 7)
                blobs.put(_key(data), data)
                if blobs.get(_key(data)) != data:
                    wrong.append(data)
                blobs.delete(_key(data))

        with ThreadPoolExecutor(max_workers=4) as threads:
            list(threads.map(churn, "abcd"))

        assert [] == wrong
