"""A client that signs, before what a service checks signatures with."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from werkzeug import Response

from studio_detector.client import RemoteError, RequestSigner, RetryPolicy
from studio_detector.errors import AccessError, ConfigError
from studio_detector.service.access.api_keys import ApiKeys
from studio_detector.service.access.head import RequestHead
from studio_detector.service.access.key_text import new_id, new_key
from studio_detector.service.access.open import open_authenticator
from studio_detector.service.secret import ServiceSecret
from studio_detector.service.settings import ServiceSettings
from studio_detector.service.store import open_store

DOCS = Path(__file__).resolve().parents[2] / "docs" / "service" / "access.md"
DEFAULT_URL = "http://127.0.0.1:8000"
RESULT_ID = "0" * 8 + "-0000-4000-8000-" + "0" * 12


@pytest.fixture
def store(tmp_path):
    store = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    yield store
    store.close()


@pytest.fixture
def issued(store):
    return ApiKeys(store, ServiceSecret("s" * 40)).create(tenant="acme", is_signing=True)


class Door:
    """Answers whoever signs well; `tenants` tells who did, `headers` what was sent."""

    def __init__(self, authenticator):
        self.tenants = []
        self.headers = []
        self.busy = 0
        self._authenticator = authenticator

    def __call__(self, request):
        head = RequestHead(
            method=request.method,
            target_uri=request.url,
            headers=tuple((name.lower(), value) for name, value in request.headers.items()),
        )
        self.headers.append(dict(head.headers))
        found = self._authenticator.authenticate(head)
        found.body.update(request.get_data())
        found.body.finish()
        self.tenants.append(found.principal.tenant)
        if self.busy:
            self.busy -= 1
            return Response("", status=503)
        said = {"id": RESULT_ID, "result_id": RESULT_ID, "label": "studio", "note": None}
        return Response(json.dumps(said | {"created_at": "2026-01-01T00:00:00+00:00"}))


@pytest.fixture
def door(httpserver, store):
    authenticator = open_authenticator(ServiceSettings(), store, ServiceSecret("s" * 40))
    door = Door(authenticator)
    httpserver.expect_request(re.compile(".*")).respond_with_handler(door)
    yield door
    authenticator.close()


def signer_of(issued):
    return RequestSigner(issued.key.id, issued.secret)


def test_a_signed_request_passes_with_its_body(connect, httpserver, door, issued):
    client = connect(httpserver.url_for("/"), signer=signer_of(issued))
    client.feedback(RESULT_ID, "studio")
    client.version()
    assert door.tenants == ["acme", "acme"]
    post, get = door.headers
    assert "content-digest" in post
    assert '"content-type"' in post["signature-input"]
    assert "content-digest" not in get
    assert "authorization" not in post | get


def test_a_picture_is_signed_too(connect, httpserver, door, issued):
    client = connect(httpserver.url_for("/"), signer=signer_of(issued))
    with contextlib.suppress(RemoteError):  # what answers here knows no jobs
        client.submit(b"\xff\xd8\xff" + bytes(100_000))
    assert door.tenants == ["acme"]
    assert door.headers[0]["content-type"].startswith("multipart/form-data")


def test_each_try_is_signed_anew(connect, httpserver, door, issued):
    """The service takes each nonce once."""
    door.busy = 2
    client = connect(
        httpserver.url_for("/"),
        signer=signer_of(issued),
        retries=RetryPolicy(tries=4, first_s=0.001),
    )
    client.version()
    assert door.tenants == ["acme"] * 3
    assert len({headers["signature"] for headers in door.headers}) == 3


def test_a_revoked_key_does_not_pass(connect, httpserver, door, issued, store):
    store.keys.revoke(issued.key.id, store.clock())
    client = connect(
        httpserver.url_for("/"), signer=signer_of(issued), retries=RetryPolicy(tries=1)
    )
    with pytest.raises(RemoteError):
        client.version()
    assert door.tenants == []
    with pytest.raises(AccessError):
        httpserver.check()


def test_a_key_and_a_signer_do_not_go_together(connect, issued):
    with pytest.raises(ConfigError):
        connect("http://127.0.0.1:8000", api_key="sk_x", signer=signer_of(issued))


@pytest.mark.parametrize("kind", ["text", "public", "other"])
def test_only_a_private_key_of_ed25519_signs(issued, kind):
    key = ec.generate_private_key(ec.SECP256R1())
    pem = {
        "text": "sk_1_2",
        "public": issued.key.public_key,
        "other": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    }[kind]
    with pytest.raises(ConfigError) as caught:
        RequestSigner("id", pem)
    assert pem not in caught.value.message


def test_the_example_of_the_documentation_signs(service, issued, tmp_path, monkeypatch):
    """And the pattern that it gives for leaked keys finds them."""
    page = DOCS.read_text(encoding="utf-8")
    (program,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "key.pem").write_text(issued.secret)
    (tmp_path / "portrait.jpg").write_bytes(b"\xff\xd8\xff uncertain")
    monkeypatch.chdir(tmp_path)
    known = program.replace("gvdYrnlTon2U", issued.key.id).replace(DEFAULT_URL, service.url)
    assert known.count(issued.key.id) == known.count(service.url) == 1
    scope = {}
    exec(compile(known, str(DOCS), "exec"), scope)
    assert scope["job"].id
    assert f'keyid="{issued.key.id}"' in service.seen[0][2]["Signature-Input"]
    (pattern,) = re.findall(r"take `(sk_.*)`", page)
    assert re.fullmatch(pattern, new_key(new_id()).text)
