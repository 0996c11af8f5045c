"""What a fetch gives: the bytes, or a code and whether to try again."""

from __future__ import annotations

import threading

import pytest
from werkzeug import Response

from hostile_hosts import PICTURE, RawHost, answer, at, loopback_settings, resolves_to, sends
from studio_detector.errors import FetchError, LimitError
from studio_detector.service.fetch.fetcher import Fetcher

MOST = 10_000


@pytest.fixture
def fetcher():
    with Fetcher(loopback_settings()) as fetcher:
        yield fetcher


def refusal(fetcher, url, max_bytes=MOST):
    with pytest.raises(FetchError) as caught:
        fetcher.fetch(url, max_bytes)
    return caught.value


def test_the_bytes_come_as_they_are(fetcher, httpserver):
    httpserver.expect_request("/a.jpg", query_string="b=c").respond_with_data(PICTURE)
    assert fetcher.fetch(at(httpserver, "/a.jpg") + "?b=c#d", MOST) == PICTURE


def test_the_request_says_who_asks_and_for_what(fetcher):
    with RawHost(sends(answer())) as host:
        fetcher.fetch(host.url(), MOST)
        lines = host.requests[0].decode().lower().split("\r\n")
    assert lines[0] == "get /photo.jpg http/1.1"
    assert "accept-encoding: identity" in lines
    assert any(line.startswith("user-agent: studio-detector/") for line in lines)
    assert not any(line.startswith(("cookie", "authorization", "referer")) for line in lines)


@pytest.mark.parametrize("status", [204, 206, 300, 304, 400, 401, 403, 404, 410, 418, 451])
def test_a_final_status_is_final(fetcher, httpserver, status):
    httpserver.expect_request("/a").respond_with_data(b"", status=status)
    error = refusal(fetcher, at(httpserver, "/a"))
    assert (error.code, error.is_passing) == ("fetch_failed", False)
    assert str(status) in error.message


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 520])
def test_a_passing_status_may_be_tried_again(fetcher, httpserver, status):
    httpserver.expect_request("/a").respond_with_data(
        b"", status=status, headers={"Retry-After": "17"}
    )
    error = refusal(fetcher, at(httpserver, "/a"))
    assert (error.code, error.is_passing, error.retry_after_s) == ("fetch_failed", True, 17.0)


def test_a_host_that_recovers_gives_the_picture(fetcher, httpserver):
    httpserver.expect_ordered_request("/a").respond_with_data(b"", status=500)
    httpserver.expect_ordered_request("/a").respond_with_data(PICTURE)
    url = at(httpserver, "/a")
    assert refusal(fetcher, url).retry_after_s is None
    assert fetcher.fetch(url, MOST) == PICTURE


def test_a_host_that_takes_no_connection_may_be_tried_again(fetcher):
    with RawHost(sends()) as host:
        url = host.url()
    error = refusal(fetcher, url)
    assert (error.code, error.is_passing) == ("fetch_failed", True)


def test_messages_do_not_show_what_addresses_may_hide(fetcher, httpserver):
    httpserver.expect_request("/a").respond_with_data(b"", status=403)
    error = refusal(fetcher, at(httpserver, "/a") + "?X-Signature=secret")
    assert "secret" not in error.message
    assert "127.0.0.1" in error.message


class TestRedirects:
    """Redirects are followed by us, each checked like the first address."""

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_they_are_followed(self, fetcher, httpserver, status):
        httpserver.expect_request("/a").respond_with_response(
            Response(status=status, headers={"Location": "/b/c"})
        )
        httpserver.expect_request("/b/c").respond_with_data(PICTURE)
        assert fetcher.fetch(at(httpserver, "/a"), MOST) == PICTURE

    def test_as_many_as_the_setting_says(self, httpserver):
        for place in range(5):
            httpserver.expect_request(f"/{place}").respond_with_response(
                Response(status=302, headers={"Location": f"/{place + 1}"})
            )
        httpserver.expect_request("/5").respond_with_data(PICTURE)
        with Fetcher(loopback_settings(fetch_max_redirects=5)) as fetcher:
            assert fetcher.fetch(at(httpserver, "/0"), MOST) == PICTURE
        with Fetcher(loopback_settings(fetch_max_redirects=4)) as fetcher:
            error = refusal(fetcher, at(httpserver, "/0"))
        assert (error.code, error.is_passing) == ("fetch_failed", False)

    def test_a_circle_ends(self, fetcher, httpserver):
        httpserver.expect_request("/a").respond_with_response(
            Response(status=302, headers={"Location": "/a"})
        )
        assert refusal(fetcher, at(httpserver, "/a")).code == "fetch_failed"
        assert len(httpserver.log) == 4

    @pytest.mark.parametrize(
        "location",
        [
            "http://169.254.169.254/latest/meta-data/",
            "http://10.0.0.1/",
            "http://[::1]/",
            "http://[64:ff9b::a00:1]/",
            "//192.168.0.1/",
            "http://2130706433/",
            "http://user@127.0.0.1/",
            "file:///etc/passwd",
            "gopher://127.0.0.1:6379/_FLUSHALL",
        ],
    )
    def test_none_leads_to_what_would_be_refused(self, fetcher, httpserver, location):
        httpserver.expect_request("/a").respond_with_response(
            Response(status=302, headers={"Location": location})
        )
        error = refusal(fetcher, at(httpserver, "/a"))
        assert (error.code, error.is_passing) == ("fetch_refused", False)

    def test_none_leads_to_a_name_that_is_private(self, httpserver):
        httpserver.expect_request("/a").respond_with_response(
            Response(status=302, headers={"Location": f"http://in.example:{httpserver.port}/b"})
        )
        httpserver.expect_request("/b").respond_with_data(PICTURE)
        with Fetcher(
            loopback_settings(fetch_private=("127.0.0.1/32",)),
            resolve=resolves_to("127.0.0.2"),
        ) as fetcher:
            assert refusal(fetcher, at(httpserver, "/a")).code == "fetch_refused"

    def test_none_leads_to_a_host_that_is_not_listed(self, httpserver):
        httpserver.expect_request("/a").respond_with_response(
            Response(status=302, headers={"Location": f"http://127.0.0.2:{httpserver.port}/b"})
        )
        with Fetcher(loopback_settings(fetch_hosts=("127.0.0.1",))) as fetcher:
            assert refusal(fetcher, at(httpserver, "/a")).code == "fetch_refused"

    def test_one_that_leads_nowhere_is_a_failure(self, fetcher, httpserver):
        httpserver.expect_request("/a").respond_with_response(Response(status=302))
        error = refusal(fetcher, at(httpserver, "/a"))
        assert (error.code, error.is_passing) == ("fetch_failed", False)

    def test_one_in_plain_utf8_is_followed(self, fetcher, httpserver):
        httpserver.expect_request("/ä").respond_with_data(PICTURE)
        location = f"Location: {at(httpserver, '/')}ä"
        with RawHost(sends(answer(b"", status="302 Found", headers=(location,)))) as host:
            assert fetcher.fetch(host.url(), MOST) == PICTURE


class TestSize:
    """No more bytes are read than allowed."""

    def test_a_picture_of_just_the_size_allowed_passes(self, fetcher, httpserver):
        httpserver.expect_request("/a").respond_with_data(b"x" * MOST)
        assert len(fetcher.fetch(at(httpserver, "/a"), MOST)) == MOST

    def test_one_byte_more_does_not(self, fetcher, httpserver):
        httpserver.expect_request("/a").respond_with_data(b"x" * (MOST + 1))
        with pytest.raises(LimitError) as caught:
            fetcher.fetch(at(httpserver, "/a"), MOST)
        assert caught.value.code == "limit_file_size"

    def test_an_empty_answer_is_no_bytes(self, fetcher, httpserver):
        httpserver.expect_request("/a").respond_with_data(b"")
        assert fetcher.fetch(at(httpserver, "/a"), MOST) == b""


class TestBreaker:
    """A host that fails again and again is not asked for a while."""

    def test_a_broken_host_is_left_alone(self, httpserver):
        httpserver.expect_request("/a").respond_with_data(b"", status=500)
        with Fetcher(loopback_settings(breaker_failures=3)) as fetcher:
            for _ in range(5):
                error = refusal(fetcher, at(httpserver, "/a"))
            assert (error.code, error.is_passing) == ("fetch_failed", True)
            assert error.retry_after_s == 30.0
            assert fetcher.hosts_left_alone() == 1
        assert len(httpserver.log) == 3

    def test_a_host_without_the_picture_is_not(self, httpserver):
        httpserver.expect_request("/a").respond_with_data(b"", status=404)
        with Fetcher(loopback_settings(breaker_failures=3)) as fetcher:
            for _ in range(5):
                refusal(fetcher, at(httpserver, "/a"))
        assert len(httpserver.log) == 5

    def test_a_host_is_asked_again_after_the_pause(self, httpserver):
        httpserver.expect_ordered_request("/a").respond_with_data(b"", status=500)
        httpserver.expect_ordered_request("/a").respond_with_data(PICTURE)
        pause_s = 0.05
        with Fetcher(loopback_settings(breaker_failures=1, breaker_pause_s=pause_s)) as fetcher:
            refusal(fetcher, at(httpserver, "/a"))
            threading.Event().wait(2 * pause_s)
            assert fetcher.fetch(at(httpserver, "/a"), MOST) == PICTURE


def test_proxies_of_the_environment_are_not_asked(monkeypatch, httpserver):
    """Nothing listens at that proxy, so that asking it would fail."""
    for name in (
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    httpserver.expect_request("/a").respond_with_data(PICTURE)
    with Fetcher(loopback_settings()) as fetcher:
        assert fetcher.fetch(at(httpserver, "/a"), MOST) == PICTURE


def test_many_threads_share_one_fetcher(fetcher, httpserver):
    httpserver.expect_request("/a").respond_with_data(PICTURE)
    url, found = at(httpserver, "/a"), []
    threads = [
        threading.Thread(target=lambda: found.extend(fetcher.fetch(url, MOST) for _ in range(10)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == [PICTURE] * 80


def test_a_connection_is_used_again(fetcher):
    def serve(connection, request, host):
        connection.sendall(answer())
        while connection.recv(65536):
            connection.sendall(answer())

    with RawHost(serve) as host:
        for _ in range(3):
            assert fetcher.fetch(host.url(), MOST) == PICTURE
        assert host.connections == 1
