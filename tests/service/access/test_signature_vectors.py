"""The examples of RFC 9421, appendix B.2: the library reads them, and we take none of them."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    InvalidSignature,
    MappingKeyResolver,
    algorithms,
)
from joserfc.jwk import ECKey

from service.access.access_examples import head_of
from service.access.signing_sender import Message
from studio_detector.errors import AccessError
from studio_detector.service.access.last_uses import LastUses
from studio_detector.service.access.signed_requests import SignedRequests
from studio_detector.service.access.signing_keys import read_public
from studio_detector.service.store.keys import ApiKey

LONG_AGO = timedelta(days=365 * 100)
URL = "https://example.com/foo?param=Value&Pet=dog"
HEADERS = {
    "Host": "example.com",
    "Date": "Tue, 20 Apr 2021 02:07:55 GMT",
    "Content-Type": "application/json",
    "Content-Digest": "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNN"
    "yealdVLvRwEmTHWXvJwew==:",
    "Content-Length": "18",
}
ED25519_PUBLIC = "JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs="
ED25519_PRIVATE = b"""-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF
-----END PRIVATE KEY-----
"""
SHARED = base64.b64decode(
    "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="
)
P256 = {
    "kty": "EC",
    "crv": "P-256",
    "x": "qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA",
    "y": "Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0",
}


def request(said, signature):
    """The RFC's request with a signature."""
    return Message(url=URL, headers=HEADERS | {"Signature-Input": said, "Signature": signature})


@dataclass
class Response:
    """The RFC's answer."""

    headers: dict
    status_code: int = 200


B24 = Response(
    {
        "Content-Type": "application/json",
        "Content-Digest": "sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69w"
        "WdXymyU0rjJuahq4l5aGgfLQ==:",
        "Content-Length": "23",
        "Signature-Input": 'sig-b24=("@status" "content-type" "content-digest" "content-length");'
        'created=1618884473;keyid="test-key-ecc-p256"',
        "Signature": "sig-b24=:wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5"
        "eCdlYUEkLIj+32oiasw==:",
    }
)
B25 = request(
    'sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
    "sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:",
)
B26 = request(
    'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");'
    'created=1618884473;keyid="test-key-ed25519"',
    "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKR"
    "Cw==:",
)
VECTORS = [
    pytest.param(B24, algorithms.ECDSA_P256_SHA256, ECKey.import_key(P256).public_key, id="B.2.4"),
    pytest.param(B25, algorithms.HMAC_SHA256, SHARED, id="B.2.5"),
    pytest.param(B26, algorithms.ED25519, read_public(ED25519_PUBLIC), id="B.2.6"),
]


class AnyKey(MappingKeyResolver):
    """One key under every name."""

    def __init__(self, key):
        super().__init__(public_keys={}, private_keys={})
        self._key = key

    def resolve_public_key(self, _):
        return self._key


@pytest.mark.parametrize(("message", "algorithm", "key"), VECTORS)
def test_the_library_reads_the_examples(message, algorithm, key):
    verifier = HTTPMessageVerifier(signature_algorithm=algorithm, key_resolver=AnyKey(key))
    (result,) = verifier.verify(message, max_age=LONG_AGO)
    assert result.parameters["created"] == 1618884473


@pytest.mark.parametrize(("message", "algorithm", "key"), VECTORS)
@pytest.mark.parametrize("name", ["Content-Type", "Signature"])
def test_the_library_finds_the_examples_changed(message, algorithm, key, name):
    changed = {**message.headers, name: message.headers[name].replace("a", "b", 1)}
    spoiled = (
        Response(changed)
        if isinstance(message, Response)
        else Message(url=message.url, headers=changed)
    )
    verifier = HTTPMessageVerifier(signature_algorithm=algorithm, key_resolver=AnyKey(key))
    with pytest.raises(InvalidSignature):
        verifier.verify(spoiled, max_age=LONG_AGO)


def test_the_library_signs_like_the_example():
    """Ed25519 leaves no choice, so that the signature is the RFC's to the letter."""
    message = Message(url=URL, headers=dict(HEADERS))
    private = load_pem_private_key(ED25519_PRIVATE, password=None)
    signer = HTTPMessageSigner(
        signature_algorithm=algorithms.ED25519,
        key_resolver=MappingKeyResolver(public_keys={}, private_keys={"test-key-ed25519": private}),
    )
    signer.sign(
        message,
        key_id="test-key-ed25519",
        created=datetime.fromtimestamp(1618884473, UTC),
        label="sig-b26",
        include_alg=False,
        covered_component_ids=(
            *("date", "@method", "@path", "@authority", "content-type", "content-length"),
        ),
        use_existing_digest=True,
    )
    assert message.headers["Signature-Input"] == B26.headers["Signature-Input"]
    assert message.headers["Signature"] == B26.headers["Signature"]


@pytest.mark.parametrize("message", [B25, B26], ids=["B.2.5", "B.2.6"])
def test_we_take_none_of_them_though_the_key_is_known(message, store, clock):
    """They leave parts unsigned that matter, are years old, and have no nonce."""
    for key_id in ("test-key-ed25519", "test-shared-secret"):
        store.keys.create(
            ApiKey(
                id=key_id,
                tenant="acme",
                name="",
                role="admin",
                public_key=ED25519_PUBLIC,
                created_at=clock(),
            )
        )
    uses = LastUses(store.keys)
    signed = SignedRequests(store.keys, store.nonces, uses, window_s=300, clock=clock)
    pairs = tuple((name.lower(), value) for name, value in message.headers.items())
    with pytest.raises(AccessError) as caught:
        signed.recognise(head_of(*pairs, method="POST", url=URL))
    assert caught.value.code == "signature_invalid"
    uses.close()
