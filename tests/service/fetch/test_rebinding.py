"""Names are resolved once, and what is connected to is what was checked."""

from __future__ import annotations

import socket
import threading
import time

import httpcore2
import pytest

from hostile_hosts import PICTURE, RawHost, answer, loopback_settings, sends
from studio_detector.errors import FetchError
from studio_detector.service.fetch.backend import GuardedBackend
from studio_detector.service.fetch.fetcher import Fetcher
from studio_detector.service.fetch.resolve import TimedResolver, system_resolver
from studio_detector.service.fetch.rules import AddressRules
from studio_detector.service.settings import ServiceSettings

MOST = 10_000


class FakeResolver:
    """Gives one list of addresses after another, the last one again and again."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def __call__(self, host, _port):
        self.asked.append(host)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class RecordingSockets(httpcore2.NetworkBackend):
    """Connects nowhere, and notes where it should have."""

    def __init__(self, *failing):
        self.connected = []
        self.waits = []
        self._failing = failing

    def connect_tcp(self, host, _port, timeout=None, *_):
        self.connected.append(host)
        self.waits.append(timeout)
        if host in self._failing:
            raise httpcore2.ConnectTimeout
        return httpcore2.MockStream([answer(b"picture")])


def backend(resolver, sockets, *, connect_timeout_s=2.0):
    return GuardedBackend(
        AddressRules.for_pictures(ServiceSettings()),
        TimedResolver(resolver),
        connect_timeout_s=connect_timeout_s,
        sockets=sockets,
    )


def refusal(call, *args):
    with pytest.raises(FetchError) as caught:
        call(*args)
    return caught.value


def test_the_checked_address_itself_is_connected_to():
    resolver, sockets = FakeResolver(["93.184.215.14"], ["10.0.0.1"]), RecordingSockets()
    with httpcore2.ConnectionPool(network_backend=backend(resolver, sockets)) as pool:
        pool.request("GET", "http://example.com/")
    assert resolver.asked == ["example.com"]
    assert sockets.connected == ["93.184.215.14"]


def test_a_name_that_turns_private_is_refused_the_next_time():
    resolver, sockets = FakeResolver(["93.184.215.14"], ["10.0.0.1"]), RecordingSockets()
    guarded = backend(resolver, sockets)
    guarded.connect_tcp("example.com", 80)
    error = refusal(guarded.connect_tcp, "example.com", 80)
    assert error.code == "fetch_refused"
    assert sockets.connected == ["93.184.215.14"]


@pytest.mark.parametrize(
    "found",
    [
        ["10.0.0.1"],
        ["93.184.215.14", "10.0.0.1"],
        ["2606:4700::1", "::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["fe80::1%2"],
        ["169.254.169.254"],
        ["0.0.0.0"],
    ],
)
def test_nothing_is_connected_to_if_one_address_does_not_pass(found):
    sockets = RecordingSockets()
    error = refusal(backend(FakeResolver(found), sockets).connect_tcp, "evil.example", 80)
    assert error.code == "fetch_refused"
    assert sockets.connected == []


def test_a_rebinding_name_is_fetched_from_the_first_answer_only():
    """The same through the whole fetcher, with an exempt address in the place of a public one."""
    resolver = FakeResolver(["127.0.0.1"], ["127.0.0.2"])
    with RawHost(sends(answer(headers=("Connection: close",)))) as host:
        settings = loopback_settings(fetch_private=("127.0.0.1/32",))
        with Fetcher(settings, resolve=resolver) as fetcher:
            url = host.url(host="rebind.example")
            assert fetcher.fetch(url, MOST) == PICTURE
            assert resolver.asked == ["rebind.example"]
            assert refusal(fetcher.fetch, url, MOST).code == "fetch_refused"
        assert host.connections == 1


def test_the_host_header_stays_the_name():
    with RawHost(sends(answer())) as host:
        with Fetcher(loopback_settings(), resolve=FakeResolver(["127.0.0.1"])) as fetcher:
            fetcher.fetch(host.url(host="pictures.example"), MOST)
        assert f"\r\nHost: pictures.example:{host.port}\r\n".encode() in host.requests[0]


def test_an_ipv6_address_in_the_host_header_keeps_its_brackets():
    try:
        host = RawHost(sends(answer()), address="::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    with host, Fetcher(loopback_settings(fetch_private=("::1",))) as fetcher:
        assert fetcher.fetch(host.url(host="[::1]"), MOST) == PICTURE
        assert f"\r\nHost: [::1]:{host.port}\r\n".encode() in host.requests[0]


def test_an_address_in_the_url_asks_no_resolver():
    resolver = FakeResolver(AssertionError("asked"))
    with (
        RawHost(sends(answer())) as host,
        Fetcher(loopback_settings(), resolve=resolver) as fetcher,
    ):
        assert fetcher.fetch(host.url(), MOST) == PICTURE


def test_the_second_address_is_tried_when_the_first_is_silent():
    resolver = FakeResolver(["2606:4700::1", "93.184.215.14"])
    sockets = RecordingSockets("2606:4700::1")
    backend(resolver, sockets).connect_tcp("example.com", 80)
    assert sockets.connected == ["2606:4700::1", "93.184.215.14"]
    assert sockets.waits[0] <= 1.0 < sockets.waits[1]


def test_silence_everywhere_is_a_timeout_that_passes():
    resolver = FakeResolver([f"93.184.215.{last}" for last in range(20)])
    sockets = RecordingSockets(*resolver.answers[0])
    error = refusal(backend(resolver, sockets).connect_tcp, "example.com", 80)
    assert (error.code, error.is_passing) == ("fetch_timeout", True)
    assert len(sockets.connected) == 4


@pytest.mark.parametrize(
    ("answer", "is_passing"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), False),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), True),
        (OSError("broken"), True),
        (UnicodeError("label too long"), False),
        ([], False),
    ],
)
def test_a_name_without_an_address_says_whether_to_try_again(answer, is_passing):
    sockets = RecordingSockets()
    error = refusal(backend(FakeResolver(answer), sockets).connect_tcp, "nowhere.example", 80)
    assert (error.code, error.is_passing) == ("fetch_failed", is_passing)


def test_a_resolver_that_hangs_holds_nobody_up():
    release = threading.Event()

    def hang(host, port):
        release.wait(60)
        return ["93.184.215.14"]

    begun = time.monotonic()
    sockets = RecordingSockets()
    error = refusal(backend(hang, sockets, connect_timeout_s=0.2).connect_tcp, "slow.example", 80)
    release.set()
    assert (error.code, error.is_passing) == ("fetch_timeout", True)
    assert time.monotonic() - begun < 5
    assert sockets.connected == []


def test_the_system_is_asked_for_names():
    assert "127.0.0.1" in system_resolver("localhost", 80)


def test_localhost_by_name_is_refused():
    with Fetcher(ServiceSettings()) as fetcher:
        assert refusal(fetcher.fetch, "http://localhost/", MOST).code == "fetch_refused"
