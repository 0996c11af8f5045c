"""Over TLS the certificate must be for the name, although an address is connected to."""

from __future__ import annotations

import ssl
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hostile_hosts import (
    PICTURE,
    RawHost,
    answer,
    loopback_settings,
    resolves_to,
    sends,
    stays_silent,
)
from studio_detector.errors import FetchError
from studio_detector.service.fetch.fetcher import Fetcher

MOST = 10_000
NAME = "pictures.example"


def certificate(folder, *, days=1):
    """A certificate for one name and one address, signed by itself; and who trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName(NAME), x509.IPAddress(ip_address("127.0.0.1"))]
            ),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    pem = signed.public_bytes(serialization.Encoding.PEM)
    path = folder / "host.pem"
    path.write_bytes(
        pem
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(path)
    return serving, ssl.create_default_context(cadata=pem.decode())


def fetcher_of(trusting):
    return Fetcher(
        loopback_settings(fetch_timeout_s=1.0),
        resolve=resolves_to("127.0.0.1"),
        ssl_context=trusting,
    )


def refusal(fetcher, url):
    begun = time.monotonic()
    with pytest.raises(FetchError) as caught:
        fetcher.fetch(url, MOST)
    assert time.monotonic() - begun < 5.0
    return caught.value


def test_the_name_of_the_address_is_asked_for_and_checked(tmp_path):
    serving, trusting = certificate(tmp_path)
    asked = []
    serving.sni_callback = lambda *given: asked.append(given[1])
    with RawHost(sends(answer()), tls=serving) as host, fetcher_of(trusting) as fetcher:
        assert fetcher.fetch(host.url(host=NAME, scheme="https"), MOST) == PICTURE
    assert asked == [NAME]


def test_another_name_at_the_same_address_does_not_pass(tmp_path):
    serving, trusting = certificate(tmp_path)
    with RawHost(sends(answer()), tls=serving) as host, fetcher_of(trusting) as fetcher:
        error = refusal(fetcher, host.url(host="other.example", scheme="https"))
        assert host.requests == []
    assert (error.code, error.is_passing) == ("fetch_failed", False)
    assert "certificate" in error.message


def test_an_address_passes_if_the_certificate_names_it(tmp_path):
    serving, trusting = certificate(tmp_path)
    with RawHost(sends(answer()), tls=serving) as host, fetcher_of(trusting) as fetcher:
        assert fetcher.fetch(host.url(scheme="https"), MOST) == PICTURE
        error = refusal(fetcher, host.url(host="127.0.0.2", scheme="https"))
    assert error.code == "fetch_failed"


def test_a_certificate_nobody_trusts_does_not_pass(tmp_path):
    serving, _ = certificate(tmp_path)
    with RawHost(sends(answer()), tls=serving) as host, fetcher_of(None) as fetcher:
        error = refusal(fetcher, host.url(host=NAME, scheme="https"))
    assert (error.code, error.is_passing) == ("fetch_failed", False)


def test_a_certificate_out_of_date_does_not_pass(tmp_path):
    serving, trusting = certificate(tmp_path, days=-1)
    with RawHost(sends(answer()), tls=serving) as host, fetcher_of(trusting) as fetcher:
        error = refusal(fetcher, host.url(host=NAME, scheme="https"))
    assert (error.code, error.is_passing) == ("fetch_failed", False)


def test_trust_of_the_environment_does_not_count(tmp_path, monkeypatch):
    """``SSL_CERT_FILE`` is one more way in which the environment could change whom we trust."""
    serving, _ = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "host.pem"))
    with RawHost(sends(answer()), tls=serving) as host, fetcher_of(None) as fetcher:
        assert refusal(fetcher, host.url(host=NAME, scheme="https")).code == "fetch_failed"


def test_https_never_leads_to_http(tmp_path):
    serving, trusting = certificate(tmp_path)
    with RawHost(sends(answer())) as plain:
        redirect = answer(b"", status="302 Found", headers=(f"Location: {plain.url()}",))
        with RawHost(sends(redirect), tls=serving) as host, fetcher_of(trusting) as fetcher:
            error = refusal(fetcher, host.url(host=NAME, scheme="https"))
        assert plain.connections == 0
    assert error.code == "fetch_refused"


def test_a_host_without_tls_may_be_tried_again(tmp_path):
    _, trusting = certificate(tmp_path)
    with (
        RawHost(sends(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as host,
        fetcher_of(trusting) as fetcher,
    ):
        error = refusal(fetcher, host.url(host=NAME, scheme="https"))
    assert error.code in {"fetch_failed", "fetch_timeout"}
    assert error.is_passing


def test_a_handshake_that_never_comes_ends_in_time(tmp_path):
    _, trusting = certificate(tmp_path)
    with RawHost(stays_silent) as host, fetcher_of(trusting) as fetcher:
        error = refusal(fetcher, host.url(host=NAME, scheme="https"))
    assert (error.code, error.is_passing) == ("fetch_timeout", True)
