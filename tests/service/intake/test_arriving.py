"""An upload that is read while it comes is the same as one that lies in a file."""

from __future__ import annotations

import hashlib
import io
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_detector.service.intake.arriving import Arriving, BrokenOffError

MIB = 1024 * 1024


def arrived(*pieces, **options):
    """An upload of which all has come."""
    arriving = Arriving(**options)
    for piece in pieces:
        arriving.feed(piece)
    arriving.end()
    return arriving


class TestReading:
    @given(
        pieces=st.lists(st.binary(min_size=1, max_size=20), max_size=12),
        sizes=st.lists(st.integers(-1, 30), max_size=12),
    )
    @settings(max_examples=200, deadline=None)
    def test_it_reads_as_a_file_does(self, pieces, sizes):
        """However it is cut into pieces, and however much is asked for."""
        whole = b"".join(pieces)
        file, arriving = io.BytesIO(whole), arrived(*pieces, is_hashed=True)

        for size in sizes:
            assert whole[file.tell() :][:7] == arriving.peek(7)
            assert file.read(size) == arriving.read(size)
            assert file.tell() == arriving.tell()

        assert hashlib.sha256(whole).hexdigest() == arriving.digest()
        assert len(whole) == arriving.tell()
        assert b"" == arriving.read()

    def test_who_reads_waits_for_what_has_not_come(self):
        """Piece by piece."""
        arriving = Arriving()
        with ThreadPoolExecutor(1) as reader:
            head, rest = reader.submit(arriving.peek, 4), reader.submit(arriving.read, 6)
            for piece in (b"ab", b"cd", b"ef"):
                assert not rest.done()
                assert arriving.feed(piece)

            assert b"abcd" == head.result(30)
            assert b"abcdef" == rest.result(30)

    def test_readers_of_archives_may_close_it_and_it_goes_on(self):
        """What follows the archive belongs to the upload all the same."""
        arriving = arrived(b"archive", b"more", is_hashed=True)

        assert b"archive" == arriving.read(7)
        arriving.close()

        assert not arriving.seekable()
        assert hashlib.sha256(b"archivemore").hexdigest() == arriving.digest()

    def test_a_digest_that_was_not_asked_for_in_time_is_no_digest(self):
        with pytest.raises(ValueError, match="hashed"):
            arrived(b"x").digest()


class TestEnds:
    @pytest.mark.parametrize("how", ["read", "peek", "finish", "digest"])
    def test_who_waits_is_told_that_the_rest_never_comes(self, how):
        arriving = Arriving(is_hashed=True)
        arriving.feed(b"some")
        ask = {"read": lambda: arriving.read(9), "peek": lambda: arriving.peek(9)}
        with ThreadPoolExecutor(1) as reader:
            waiting = reader.submit(ask.get(how, getattr(arriving, how)))
            arriving.break_off()

            with pytest.raises(BrokenOffError):
                waiting.result(30)

    def test_it_is_not_finished_before_all_has_come(self):
        """Nobody knows before what the request is."""
        arriving = Arriving()
        arriving.feed(b"all of it")
        with ThreadPoolExecutor(1) as reader:
            finishing = reader.submit(arriving.finish)
            assert not finishing.done()
            arriving.end()

            assert finishing.result(30) is None

    def test_what_nobody_reads_is_thrown_away(self):
        """And whoever sends it is not held up."""
        arriving = Arriving()
        assert not arriving.feed(bytes(5 * MIB))
        with ThreadPoolExecutor(1) as sender:
            waiting = sender.submit(arriving.wait_for_room)
            arriving.leave()
            waiting.result(30)

        assert all(arriving.feed(bytes(5 * MIB)) for _ in range(3))
        arriving.end()
        assert b"" == arriving.read()


def test_a_slow_reader_holds_up_the_sender():
    """Or an upload would lie in memory as a whole."""
    arriving = Arriving()
    most = 0
    pieces = 64

    def send():
        nonlocal most
        for _ in range(pieces):
            if not arriving.feed(bytes(MIB)):
                arriving.wait_for_room()
            most = max(most, arriving._held_bytes)
        arriving.end()

    sender = threading.Thread(target=send)
    sender.start()
    total = 0
    while data := arriving.read(700_000):
        total += len(data)
    sender.join(30)

    assert pieces * MIB == total
    assert most <= 5 * MIB
