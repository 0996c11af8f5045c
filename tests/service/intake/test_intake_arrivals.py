"""An archive that is taken in while it comes is the same as one that lies in a file."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kept_pictures import file, sha256
from service.intake.packed import gzipped, tarred, zipped
from studio_detector.errors import BusyError, RequestError
from studio_detector.imaging.limits import Limits
from studio_detector.service.blobs import FolderBlobs
from studio_detector.service.intake.archive import HEAD_BYTES, from_archive, runs_forwards
from studio_detector.service.intake.arriving import Arriving, BrokenOffError
from studio_detector.service.store import Jobs, utc_now

LIMITS = Limits(max_file_bytes=1 << 20)
THREE = tuple((f"{n}.png", file(n)) for n in range(3))


def zstandard(*members):
    pyarrow = pytest.importorskip("pyarrow")
    packed = pyarrow.compress(tarred(*members).getvalue(), codec="zstd", asbytes=True)
    return io.BytesIO(packed)


KINDS = {"tar": tarred, "tar.gz": gzipped, "tar.zst": zstandard}


def arriving(stream, *, end=True):
    """An upload of what a stream has, of which all has come, or the rest is still to come."""
    upload = Arriving(is_hashed=True)
    upload.feed(stream.getvalue())
    if end:
        upload.end()
    return upload


def unneeded(door):
    """Pictures that the next run of retention deletes, however long others are kept."""
    return sorted(digest for _, digest in door.store.pictures.unneeded(utc_now() - timedelta(1)))


def found_in(archive):
    """What is found and what is kept, or why it is refused."""
    kept = {}
    try:
        found = list(from_archive(archive, LIMITS, keep=kept.__setitem__, most=8))
    except RequestError as error:
        return error.code, error.message, kept
    return found, None, kept


class TestAnyArchive:
    @given(
        members=st.lists(
            st.tuples(st.integers(0, 9), st.integers(-1, 3)), max_size=8, unique_by=lambda m: m[0]
        ),
        kind=st.sampled_from(sorted(KINDS)),
        more=st.binary(max_size=600),
        cut=st.integers(0, 10_000),
        broken=st.none() | st.integers(0, 10_000),
        pieces=st.integers(1, 5000),
    )
    @settings(max_examples=150, deadline=None)
    def test_the_same_is_found_however_it_comes(self, members, kind, more, cut, broken, pieces):
        """Whole, cut short, damaged or with more behind it."""
        packed = [(f"{n}.png", file(m) if m >= 0 else b"none") for n, m in members]
        data = bytearray(KINDS[kind](*packed).getvalue() + more)
        if broken is not None and broken < len(data):
            data[broken] ^= 0x40
        data = bytes(data[: max(0, len(data) - cut)] if cut < 5_000 else data)
        upload = Arriving(is_hashed=True)
        for at in range(0, len(data), pieces):
            upload.feed(data[at : at + pieces])
        upload.end()

        assert found_in(io.BytesIO(data)) == found_in(upload)
        assert sha256(data) == upload.digest()

    @pytest.mark.parametrize("kind", sorted(KINDS))
    def test_those_that_are_read_forwards_need_not_wait(self, kind):
        """A zip has its directory at its end."""
        assert runs_forwards(KINDS[kind](*THREE).getvalue()[:HEAD_BYTES])
        assert not runs_forwards(zipped(*THREE).getvalue()[:HEAD_BYTES])
        assert not runs_forwards(b"")
        assert not runs_forwards(file(1))


class TestAcceptance:
    def test_pictures_are_kept_while_the_rest_comes_and_accepted_at_its_end(self, door):
        """Nobody knows before what the request is, or whether it is who it says it is."""
        many = tuple((f"{n}.png", file(n)) for n in range(40))
        upload = arriving(tarred(*many), end=False)
        with ThreadPoolExecutor(1) as taking:
            batch = taking.submit(door.archive, upload)
            while not door.kept(file(31)):
                assert not batch.done()
            assert [] == door.jobs()
            upload.end()

            jobs = door.batch_jobs(batch.result(30))

        assert [sha256(data) for _, data in many] == [job.image_hash for job in jobs]
        assert all(door.kept(data) for _, data in many)

    def test_what_breaks_off_is_not_accepted_and_its_pictures_go(self, door):
        """Also where all pictures have come, and only the end has not."""
        upload = arriving(tarred(*THREE), end=False)
        with ThreadPoolExecutor(1) as taking:
            batch = taking.submit(door.archive, upload)
            upload.break_off()

            with pytest.raises(BrokenOffError):
                batch.result(30)

        assert [] == door.jobs()
        kept = sorted(sha256(data) for _, data in THREE if door.kept(data))
        assert kept == unneeded(door)

    @pytest.mark.parametrize("wrapped", [arriving, lambda stream: stream])
    def test_pictures_of_a_refused_archive_go_at_once(self, make_door, wrapped):
        """However it came; they would lie there for five minutes, and fill the disk."""
        door = make_door(max_batch_items=2)

        with pytest.raises(RequestError):
            door.archive(wrapped(tarred(*THREE)))

        kept = sorted(sha256(data) for _, data in THREE if door.kept(data))
        assert kept == unneeded(door)

    def test_a_picture_that_others_want_stays(self, make_door):
        """Though a refused request had it, too."""
        door = make_door(max_batch_items=2)
        door.archive(tarred(*THREE[:2]))

        with pytest.raises(RequestError):
            door.archive(tarred(*THREE))

        assert set() == {sha256(data) for _, data in THREE[:2]} & set(unneeded(door))

    def test_where_the_store_may_have_accepted_it_the_pictures_stay(self, door, monkeypatch):
        """It may have gone away with its answer alone."""
        accept = Jobs.accept

        def away(self, *jobs, **named):
            accept(self, *jobs, **named)
            raise BusyError("away", code="store_unavailable")

        monkeypatch.setattr(Jobs, "accept", away)

        with pytest.raises(BusyError):
            door.archive(arriving(tarred(*THREE)))

        assert [] == unneeded(door)
        assert all(door.kept(data) for _, data in THREE)

    def test_a_full_place_is_told_of_and_nothing_is_accepted(self, door, monkeypatch):
        def full(*_):
            raise BusyError("full", code="storage_full")

        monkeypatch.setattr(FolderBlobs, "put", full)

        with pytest.raises(BusyError) as caught:
            door.archive(arriving(tarred(*THREE)))

        assert "storage_full" == caught.value.code
        assert [] == door.jobs()


class TestIdempotency:
    def test_it_is_the_same_request_however_it_comes(self, door):
        """By its bytes, to the last."""
        packed = tarred(*THREE)
        packed.write(b"behind the end mark")

        first = door.archive(arriving(packed), key="k")

        assert first == door.archive(packed, key="k")
        assert first == door.archive(arriving(packed), key="k")
        for changed in (arriving(tarred(*THREE)), tarred(*THREE)):
            with pytest.raises(RequestError) as caught:
                door.archive(changed, key="k")
            assert "idempotency_conflict" == caught.value.code
        assert 3 == len(door.jobs())

    def test_who_sends_the_same_again_before_the_first_is_whole_gets_the_same(self, make_door):
        """Neither refused nor charged, though there is no room for a second one."""
        door = make_door(max_backlog=4)
        slow = arriving(tarred(*THREE), end=False)
        with ThreadPoolExecutor(1) as taking:
            second = taking.submit(door.archive, slow, key="k")
            try:
                first = door.archive(tarred(*THREE), key="k")
            finally:
                slow.end()

            assert first == second.result(30)

        assert [] == unneeded(door)
        for job in door.jobs():
            door.finish(job)
        assert 3 == len(door.store.pictures.unneeded(utc_now() + timedelta(seconds=1)))

    @pytest.mark.parametrize("wrapped", [arriving, lambda stream: stream])
    def test_pictures_of_a_key_that_was_used_for_another_request_go(self, door, wrapped):
        """Also where that is found out at the very last."""
        door.store.jobs.promised = lambda *_: []
        door.picture(file(9), key="k")

        with pytest.raises(RequestError) as caught:
            door.archive(wrapped(tarred(*THREE)), key="k")

        assert "idempotency_conflict" == caught.value.code
        assert sorted(sha256(data) for _, data in THREE) == unneeded(door)

    def test_where_a_key_cannot_be_looked_up_it_is_not_said_to_be_new(self, door, monkeypatch):
        """The request is then laid aside, and refused once it is there."""

        def away(*_):
            raise BusyError("away", code="store_unavailable")

        monkeypatch.setattr(Jobs, "knows_key", away)

        assert not door.intake.is_new("default", "k")
        assert door.intake.is_new("default", None)

    def test_a_key_is_known_once_a_request_came_under_it(self, door):
        """Whatever that was, and whoever else has the same one."""
        assert door.intake.is_new("default", "k")
        door.picture(key="k")

        assert not door.intake.is_new("default", "k")
        assert door.intake.is_new("other", "k")
        assert door.intake.is_new("default", None)
