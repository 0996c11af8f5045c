"""Every wait on a connection ends at the instant given, however it is cut into pieces."""

from __future__ import annotations

import threading
import time

import httpcore2
import pytest

from studio_detector.service.fetch.backend import GuardedStream


class SlowStream(httpcore2.NetworkStream):
    """Takes its time for each write, and notes how long it was allowed to."""

    def __init__(self, takes_s=0.0):
        self.waits = []
        self.written = b""
        self._takes_s = takes_s

    def read(self, _max_bytes, timeout=None):
        self.waits.append(timeout)
        return b"x"

    def write(self, buffer, timeout=None):
        threading.Event().wait(self._takes_s)
        self.waits.append(timeout)
        self.written += buffer


def test_a_wait_is_what_is_left_until_the_instant():
    slow = SlowStream()
    stream = GuardedStream(slow, 2.0)
    assert stream.read(10, time.monotonic() + 5.0) == b"x"
    stream.write(b"abc", time.monotonic() + 5.0)
    assert slow.written == b"abc"
    assert all(0.0 < wait <= 5.0 for wait in slow.waits)


def test_after_the_instant_nothing_is_read_or_written():
    slow = SlowStream()
    stream = GuardedStream(slow, 2.0)
    past = time.monotonic() - 0.001
    with pytest.raises(httpcore2.ReadTimeout):
        stream.read(10, past)
    with pytest.raises(httpcore2.WriteTimeout):
        stream.write(b"abc", past)
    assert slow.waits == []


def test_a_receiver_that_takes_a_message_in_sips_is_left_in_the_middle():
    slow = SlowStream(takes_s=0.05)
    with pytest.raises(httpcore2.WriteTimeout):
        GuardedStream(slow, 2.0).write(bytes(1_000_000), time.monotonic() + 0.1)
    assert 0 < len(slow.written) < 100_000


def test_without_an_instant_there_is_still_an_end():
    slow = SlowStream()
    GuardedStream(slow, 2.0).read(10)
    assert 0.0 < slow.waits[0] < 100_000.0
