"""Hosts that lie, drip, flood and never end cost a bounded time and a bounded memory."""

from __future__ import annotations

import gzip
import threading
import time

import pytest

from hostile_hosts import (
    PICTURE,
    RawHost,
    answer,
    drips,
    loopback_settings,
    sends,
    stays_silent,
)
from studio_detector.errors import FetchError, LimitError
from studio_detector.service.fetch.fetcher import Fetcher

MOST = 10_000
TIMEOUT_S = 0.5
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def fetcher():
    with Fetcher(loopback_settings(fetch_timeout_s=TIMEOUT_S)) as fetcher:
        yield fetcher


def refusal(fetcher, host, kind=FetchError):
    begun = time.monotonic()
    with pytest.raises(kind) as caught:
        fetcher.fetch(host.url(), MOST)
    assert time.monotonic() - begun < TIMEOUT_S + 3.0
    return caught.value


@pytest.mark.parametrize(
    "script",
    [
        stays_silent,
        drips(b"", b"H"),
        drips(b"HTTP/1.1 200 OK\r\n", b"X-Slow: 1\r\n"),
        drips(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
        drips(answer(b"", length=9_000)),
        drips(CHUNKED, b"1\r\nx\r\n"),
        drips(CHUNKED, b"1"),
        drips(b"HTTP/1.1 200 OK\r\n\r\n"),
    ],
    ids=[
        "silence",
        "status by the byte",
        "endless slow headers",
        "endless 100",
        "body by the byte",
        "chunks by the byte",
        "the size of a chunk by the digit",
        "a body until the end, by the byte",
    ],
)
def test_a_slow_host_is_given_the_time_of_the_setting_and_no_more(fetcher, script):
    """Each byte comes in time for a limit on single reads; only a deadline for all ends it."""
    with RawHost(script) as host:
        error = refusal(fetcher, host)
    assert (error.code, error.is_passing) == ("fetch_timeout", True)


def test_redirects_share_one_deadline(fetcher):
    def slowly(connection, request, host):
        host.ended.wait(0.7 * TIMEOUT_S)
        connection.sendall(answer(b"", status="302 Found", headers=("Location: /b",)))

    with RawHost(slowly) as host:
        assert refusal(fetcher, host).code == "fetch_timeout"
        assert host.connections == 2


def test_a_declared_length_beyond_the_limit_is_enough(fetcher):
    with RawHost(drips(answer(b"", length=MOST + 1))) as host:
        assert refusal(fetcher, host, LimitError).code == "limit_file_size"


def test_a_declared_length_of_many_digits_is_beyond_the_limit(fetcher):
    with RawHost(drips(answer(b"", length="1" + "0" * 18))) as host:
        assert refusal(fetcher, host, LimitError).code == "limit_file_size"


def test_a_body_shorter_than_declared_is_no_picture(fetcher):
    with RawHost(sends(answer(PICTURE, length=len(PICTURE) + 1))) as host:
        error = refusal(fetcher, host)
    assert (error.code, error.is_passing) == ("fetch_failed", True)


def test_a_body_longer_than_declared_is_cut_where_it_was_declared(fetcher):
    with RawHost(sends(answer(PICTURE + b"more", length=len(PICTURE)))) as host:
        assert fetcher.fetch(host.url(), MOST) == PICTURE


@pytest.mark.parametrize("length", ["-1", "+5", "5, 6", "0x10", "five", "1" + "0" * 30])
def test_a_length_that_is_none_is_refused(fetcher, length):
    with RawHost(sends(answer(PICTURE, length=length))) as host:
        assert refusal(fetcher, host).code == "fetch_failed"


def test_two_lengths_are_refused(fetcher):
    with RawHost(sends(answer(PICTURE, headers=("Content-Length: 5",)))) as host:
        assert refusal(fetcher, host).code == "fetch_failed"


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (CHUNKED, b"1000\r\n" + b"x" * 4096 + b"\r\n"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 4096),
    ],
    ids=["chunked", "until the end"],
)
def test_an_endless_body_is_cut_at_the_limit(fetcher, start, piece):
    def flood(connection, request, host):
        connection.sendall(start)
        while not host.ended.is_set():
            connection.sendall(piece)

    with RawHost(flood) as host:
        assert refusal(fetcher, host, LimitError).code == "limit_file_size"


@pytest.mark.parametrize(
    "flood",
    [b"X-Much: " + b"x" * 200_000, b"X-Many: 1\r\n" * 20_000],
    ids=["long", "many"],
)
def test_endless_headers_are_not_kept(fetcher, flood):
    with RawHost(sends(b"HTTP/1.1 200 OK\r\n" + flood + b"\r\n\r\n")) as host:
        assert refusal(fetcher, host).code == "fetch_failed"


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "deflate", "br", "zstd", "gzip, identity"])
def test_a_packed_answer_is_refused_and_never_unpacked(fetcher, encoding):
    """A gigabyte of zeros is a megabyte of gzip."""
    packed = gzip.compress(bytes(8_000_000))
    with RawHost(sends(answer(packed, headers=(f"Content-Encoding: {encoding}",)))) as host:
        error = refusal(fetcher, host)
    assert (error.code, error.is_passing) == ("fetch_failed", False)
    assert "encoding" in error.message


def test_the_encoding_identity_is_none(fetcher):
    with RawHost(sends(answer(headers=("Content-Encoding: identity",)))) as host:
        assert fetcher.fetch(host.url(), MOST) == PICTURE


def test_a_packed_transfer_is_refused(fetcher):
    packed = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"
    with RawHost(sends(packed)) as host:
        assert refusal(fetcher, host).code == "fetch_failed"


@pytest.mark.parametrize(
    "garbage",
    [
        b"SSH-2.0-OpenSSH_9.2 secret\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA\x00secret: b\r\n\r\n",
        CHUNKED + b"secret\r\n",
        b"-ERR unknown command\r\n\r\n",
        bytes(4096),
        b"HTTP/9 x\r\n\r\n",
    ],
    ids=["ssh", "header", "chunk", "redis", "zeros", "version"],
)
def test_what_is_not_http_is_not_quoted(fetcher, garbage):
    """A stranger must not read the greeting of another service through us."""
    with RawHost(sends(garbage)) as host:
        error = refusal(fetcher, host)
    assert error.code == "fetch_failed"
    assert "secret" not in error.message
    assert "ERR" not in error.message


def test_a_host_that_hangs_up_may_be_tried_again(fetcher):
    with RawHost(sends()) as host:
        error = refusal(fetcher, host)
    assert (error.code, error.is_passing) == ("fetch_failed", True)


def test_many_slow_hosts_hold_up_nobody_else(fetcher):
    """Slow ones wait in their own threads, and a quick one is served meanwhile."""
    with RawHost(stays_silent) as slow, RawHost(sends(answer())) as quick:
        waiting = threading.Barrier(9)

        def wait():
            waiting.wait(10)
            with pytest.raises(FetchError):
                fetcher.fetch(slow.url(), MOST)

        threads = [threading.Thread(target=wait) for _ in range(8)]
        for thread in threads:
            thread.start()
        waiting.wait(10)
        assert fetcher.fetch(quick.url(), MOST) == PICTURE
        for thread in threads:
            thread.join(30)
