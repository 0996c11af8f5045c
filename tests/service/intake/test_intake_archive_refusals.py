"""Archives that are not taken: refused with the reason, and nothing of them is left."""

from __future__ import annotations

import errno
import io
import zipfile

import pytest

from kept_pictures import file
from service.intake.packed import gzipped, refused, tarred, zipped
from studio_detector.errors import BusyError
from studio_detector.imaging.limits import Limits
from studio_detector.service.blobs import FolderBlobs
from studio_detector.service.store import Jobs

LIMITS = Limits(max_file_bytes=1 << 20)
URL = "https://receiver.example/hook"


class TestRefusals:
    @pytest.mark.parametrize(
        "data", [b"", b"no archive", b"Rar!\x1a\x07", file(1)], ids=["empty", "text", "rar", "png"]
    )
    def test_what_is_no_archive_is_refused(self, door, data):
        """With what may be sent."""
        error = refused(door, io.BytesIO(data))

        assert "body_unsupported" == error.code
        assert "send a zip, or a tar" in error.message

    def test_one_without_pictures_is_refused(self, door, packed):
        """There would be nothing to wait for."""
        error = refused(door, packed(("a.txt", b"x"), ("b.mp3", b"y")), callback_url=URL)

        assert "request_invalid" == error.code
        assert "no picture in the archive" in error.message

    def test_one_without_members_is_refused(self, door, packed):
        """A tar of nothing has not even the mark of a tar."""
        assert refused(door, packed()).code in {"request_invalid", "body_unsupported"}

    @pytest.mark.parametrize(
        "data",
        [
            b"PK\x03\x04 and no more",
            b"\x1f\x8b and no more",
            zipped(("a.png", file(1))).getvalue()[:-10],
            tarred(("a.png", file(1))).getvalue()[:700],
            gzipped(("a.png", file(1))).getvalue()[:20],
        ],
        ids=["zip begins", "gzip begins", "zip without end", "tar cut", "tar.gz cut"],
    )
    def test_one_that_is_damaged_from_the_start_is_refused(self, door, data):
        """It is sent again as a whole, not as a batch of one dead job."""
        assert "request_invalid" == refused(door, io.BytesIO(data)).code

    def test_too_many_are_refused_together(self, make_door, packed):
        """Those that are no pictures count."""
        door = make_door(max_batch_items=3)

        stream = packed(("x.png", b"x"), *((f"{n}.png", file(n)) for n in range(3)))
        error = refused(door, stream)

        assert "request_invalid" == error.code
        assert "more than 3 photos" in error.message
        door.archive(packed(("x.png", b"x"), ("a.png", file(1)), ("b.png", file(2))))

    def test_members_without_end_are_not_looked_through(self, make_door, packed):
        """Headers pack to next to nothing, and each takes its time."""
        door = make_door(max_batch_items=3)
        many = [(f"{n}/", b"") for n in range(3)] + [("notes.txt", b"")] * 1010

        error = refused(door, packed(*many))

        assert "request_invalid" == error.code
        assert "more than 1012 members" in error.message
        door.archive(packed(("a.png", file(1)), *many[:1000]))

    def test_the_backlog_bounds_an_archive_too(self, make_door):
        """By the pictures in it; what is dead from the start does not wait."""
        door = make_door(max_backlog=4)
        door.address()
        four = zipped(*((f"{n}.png", file(n)) for n in range(4)))

        with pytest.raises(BusyError) as caught:
            door.archive(four)

        assert "backlog_full" == caught.value.code
        assert 1 == len(door.jobs())

    def test_dead_members_take_no_room_in_the_backlog(self, make_door):
        """They are done with."""
        door = make_door(max_backlog=4)
        door.address()
        door.address()

        door.archive(zipped(("x.png", b"x"), ("y.png", b"x"), ("a.png", file(1))))

        assert 5 == len(door.jobs())

    def test_more_than_may_ever_wait_are_no_matter_of_time(self, make_door):
        """To come again later would not help."""
        door = make_door(max_backlog=3)

        error = refused(door, zipped(*((f"{n}.png", file(n)) for n in range(4))))

        assert "request_invalid" == error.code

    def test_an_archive_is_not_even_read_where_there_is_no_room(self, make_door):
        """Nor when the service is about to stop."""
        door = make_door(max_backlog=1)
        door.address()

        with pytest.raises(BusyError) as full:
            door.archive(None)
        door.draining.set()
        with pytest.raises(BusyError) as draining:
            door.archive(None)

        assert ["backlog_full", "draining"] == [full.value.code, draining.value.code]

    def test_no_room_for_a_picture_refuses_all(self, door, monkeypatch):
        """Though the first were kept."""
        write = FolderBlobs._write
        sizes = []

        def fails(self, path, data):
            sizes.append(len(data))
            if len(sizes) == 3:
                raise OSError(errno.ENOSPC, "No space left on device")
            write(self, path, data)

        monkeypatch.setattr(FolderBlobs, "_write", fails)

        error = refused(door, zipped(*((f"{n}.png", file(n)) for n in range(5))))

        assert "storage_full" == error.code

    def test_a_store_that_is_away_leaves_nothing_behind(self, door, monkeypatch):
        """No batch, no messages."""

        def away(*_, **__):
            raise BusyError("away", code="store_unavailable")

        monkeypatch.setattr(Jobs, "accept", away)

        assert "store_unavailable" == refused(door, zipped(("a.png", file(1)))).code

    def test_encrypted_members_are_said_to_be(self, door):
        """The sender can do something about it."""
        data = bytearray(zipped(("a.png", file(1)), ("b.png", file(2))).getvalue())
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            start = archive.infolist()[1].header_offset
            directory = archive.start_dir
        second = data.index(b"PK\x01\x02", directory + 4)
        data[start + 6] |= 1
        data[second + 8] |= 1

        jobs = door.batch_jobs(door.archive(io.BytesIO(data)))

        assert [None, "unsupported_variant"] == [job.error_code for job in jobs]
        assert "encrypted" in jobs[1].error_message
