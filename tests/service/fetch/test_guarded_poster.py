"""Messages are posted through the same guard; every answer is an answer, and none is followed."""

from __future__ import annotations

import time

import pytest
from werkzeug import Response

from hostile_hosts import (
    RawHost,
    answer,
    at,
    drips,
    loopback_settings,
    resolves_to,
    sends,
    stays_silent,
)
from studio_detector.errors import FetchError
from studio_detector.service.fetch.poster import Answer, GuardedPoster
from studio_detector.service.settings import ServiceSettings

BODY = b'{"a": "\xc3\xa4"}'
HEADERS = {"Content-Type": "application/json", "webhook-id": "m1"}


@pytest.fixture
def poster():
    with GuardedPoster(loopback_settings(callback_timeout_s=0.5)) as poster:
        yield poster


def refusal(poster, url):
    with pytest.raises(FetchError) as caught:
        poster.post(url, BODY, HEADERS)
    return caught.value


def test_the_body_arrives_to_the_byte_with_its_headers(poster, httpserver):
    httpserver.expect_request(
        "/hook", method="POST", data=BODY, headers=HEADERS | {"Content-Length": str(len(BODY))}
    ).respond_with_data(status=204)
    assert poster.post(at(httpserver, "/hook"), BODY, HEADERS) == Answer(status=204)


@pytest.mark.parametrize("status", [200, 301, 302, 307, 308, 404, 410, 429, 500, 503])
def test_every_status_is_an_answer(poster, httpserver, status):
    httpserver.expect_request("/hook").respond_with_response(
        Response(status=status, headers={"Location": "/other", "Retry-After": "9"})
    )
    assert poster.post(at(httpserver, "/hook"), BODY, HEADERS) == Answer(status, 9.0)
    assert [request.path for request, _ in httpserver.log] == ["/hook"]


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/hook",
        "http://169.254.169.254/latest/api/token",
        "http://2130706433/hook",
        "http://user:secret@127.0.0.1/hook",
        "ftp://127.0.0.1/hook",
    ],
)
def test_what_may_not_be_asked_is_not(poster, url):
    assert refusal(poster, url).code == "fetch_refused"
    with pytest.raises(FetchError):
        poster.check(url)


def test_a_name_that_is_private_is_not_asked():
    with GuardedPoster(ServiceSettings(), resolve=resolves_to("10.0.0.1")) as poster:
        poster.check("http://hooks.example/hook")
        assert refusal(poster, "http://hooks.example/hook").code == "fetch_refused"


@pytest.mark.parametrize(
    "script",
    [stays_silent, drips(b"HTTP/1.1 200 OK\r\n", b"X-Slow: 1\r\n")],
    ids=["silence", "endless headers"],
)
def test_a_slow_receiver_is_given_the_time_of_the_setting(poster, script):
    begun = time.monotonic()
    with RawHost(script) as host:
        error = refusal(poster, host.url())
    assert (error.code, error.is_passing) == ("fetch_timeout", True)
    assert time.monotonic() - begun < 4.0


def test_a_receiver_that_is_away_may_be_tried_again(poster):
    with RawHost(sends()) as host:
        url = host.url()
    error = refusal(poster, url)
    assert (error.code, error.is_passing) == ("fetch_failed", True)


def test_a_long_answer_is_left_unread():
    """The receiver cannot make us read for ever: it sees the connection closed."""
    cut, pushed = [], []

    def flood(connection, request, host):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while not host.ended.is_set():
                connection.sendall(b"x" * 65536)
                pushed.append(65536)
        except OSError as error:
            cut.append(error)
            raise

    with RawHost(flood) as host, GuardedPoster(loopback_settings()) as poster:
        assert poster.post(host.url(), BODY, HEADERS) == Answer(200)
        until = time.monotonic() + 10
        while not cut and time.monotonic() < until:
            host.ended.wait(0.01)
    assert cut
    assert sum(pushed) < 64 * 1024 * 1024  # what fits into the buffers of two sockets, and more


@pytest.mark.parametrize(
    "script",
    [drips(answer(b"", length=4000)), sends(answer(b"x", length=100))],
    ids=["slow", "cut"],
)
def test_the_status_counts_even_if_the_body_does_not_come(script):
    settings = loopback_settings(callback_timeout_s=20.0)
    begun = time.monotonic()
    with RawHost(script) as host, GuardedPoster(settings) as poster:
        assert poster.post(host.url(), BODY, HEADERS) == Answer(200)
    assert time.monotonic() - begun < 10.0


def test_a_receiver_that_answers_500_again_and_again_is_left_alone(httpserver):
    httpserver.expect_request("/hook").respond_with_data(status=500)
    with GuardedPoster(loopback_settings(breaker_failures=3)) as poster:
        for _ in range(3):
            assert poster.post(at(httpserver, "/hook"), BODY, HEADERS).status == 500
        error = refusal(poster, at(httpserver, "/hook"))
        assert poster.hosts_left_alone() == 1
    assert (error.code, error.is_passing, error.retry_after_s) == ("fetch_failed", True, 30.0)
    assert len(httpserver.log) == 3


def test_a_receiver_that_answers_404_is_not(httpserver):
    httpserver.expect_request("/hook").respond_with_data(status=404)
    with GuardedPoster(loopback_settings(breaker_failures=3)) as poster:
        for _ in range(5):
            assert poster.post(at(httpserver, "/hook"), BODY, HEADERS).status == 404
