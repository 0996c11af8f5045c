"""The keys of an issuer come over TLS from the one host that was named, or not at all."""

from __future__ import annotations

import pytest

from hostile_hosts import RawHost, answer, loopback_settings, resolves_to, sends, stays_silent
from service.fetch.test_fetch_over_tls import NAME, certificate
from studio_detector.errors import ConfigError, FetchError, LimitError
from studio_detector.service.fetch.documents import DocumentFetcher

DOCUMENT = b'{"keys": []}'


@pytest.fixture
def tls(tmp_path):
    return certificate(tmp_path)


@pytest.fixture
def fetch(tls):
    """Fetch from a host that answers by these scripts."""
    server_side, client_side = tls

    def fetch(*scripts, name=NAME, max_bytes=1000, resolved="127.0.0.1", **changes):
        with RawHost(*scripts, tls=server_side) as host:
            fetch.host = host
            with DocumentFetcher(
                host.url("/keys", host=name, scheme="https"),
                name="jwt_keys",
                settings=loopback_settings(**({"fetch_private": ()} | changes)),
                resolve=resolves_to(resolved),
                ssl_context=client_side,
            ) as fetcher:
                return fetcher.fetch(max_bytes)

    return fetch


def says(*given, **named):
    """A script that sends a whole answer."""
    return sends(answer(*given, **named))


def test_a_document_is_fetched_from_a_private_network(fetch):
    """It is the operator's own address, and its certificate is checked."""
    assert fetch(says(DOCUMENT)) == DOCUMENT


def test_a_certificate_for_another_name_is_refused(fetch):
    with pytest.raises(FetchError):
        fetch(says(DOCUMENT), name="id.example")


def test_a_redirect_is_not_followed(fetch):
    away = says(b"", status="302 Found", headers=["Location: https://evil.example/keys"])
    with pytest.raises(FetchError) as caught:
        fetch(away, says(DOCUMENT))
    assert "302" in caught.value.message
    assert fetch.host.connections == 1


@pytest.mark.parametrize("length", [None, False, 5])
def test_a_document_has_a_bound(fetch, length):
    if length == 5:
        assert len(fetch(says(b"x" * 2000, length=5))) == 5
        return
    with pytest.raises(LimitError):
        fetch(says(b"x" * 2000, length=length))


def test_a_packed_document_is_not_unpacked(fetch):
    with pytest.raises(FetchError) as caught:
        fetch(says(DOCUMENT, headers=["Content-Encoding: gzip"]))
    assert "gzip" in caught.value.message


@pytest.mark.parametrize("status", ["404 Not Found", "500 Oops", "204 No Content"])
def test_only_a_whole_answer_is_one(fetch, status):
    with pytest.raises(FetchError):
        fetch(says(DOCUMENT, status=status))


def test_a_silent_host_does_not_hold_us(fetch):
    with pytest.raises(FetchError) as caught:
        fetch(stays_silent, fetch_timeout_s=0.5)
    assert caught.value.code == "fetch_timeout"


def test_addresses_of_a_clouds_metadata_stay_refused(fetch):
    with pytest.raises(FetchError) as caught:
        fetch(says(DOCUMENT), resolved="169.254.169.254")
    assert caught.value.code == "fetch_refused"


@pytest.mark.parametrize(
    "url", ["http://id.example/keys", "ftp://id.example/keys", "id.example", "https://", ""]
)
def test_only_https_is_asked(url):
    with pytest.raises(ConfigError) as caught:
        DocumentFetcher(url, name="jwt_keys", settings=loopback_settings())
    assert caught.value.message.startswith("jwt_keys")


def test_a_host_that_fails_again_and_again_is_left_alone(tls):
    server_side, client_side = tls
    with (
        RawHost(says(b"", status="500 Oops"), tls=server_side) as host,
        DocumentFetcher(
            host.url("/keys", host=NAME, scheme="https"),
            name="jwt_keys",
            settings=loopback_settings(breaker_failures=2),
            resolve=resolves_to("127.0.0.1"),
            ssl_context=client_side,
        ) as fetcher,
    ):
        for _ in range(2):
            with pytest.raises(FetchError):
                fetcher.fetch(1000)
        before = host.connections
        with pytest.raises(FetchError) as caught:
            fetcher.fetch(1000)
        assert not caught.value.was_asked
        assert host.connections == before
