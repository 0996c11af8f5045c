"""Heads of requests, and tokens as an identity provider makes them."""

from __future__ import annotations

import base64
import json
from urllib.parse import urlsplit

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from studio_detector.errors import AccessError
from studio_detector.service.access.head import RequestHead

ISSUER = "https://id.example/realms/studio"
AUDIENCE = "studio-detector"
URL = "https://detector.example/api/v1/analyze?wait_s=5"


def head_of(*headers, method="GET", url=URL):
    """The head of a request, with these headers as pairs."""
    return RequestHead(
        method=method,
        target_uri=url,
        headers=(("host", urlsplit(url).netloc), *headers),
    )


def bearer(text):
    """The header that sends a key or a token."""
    return ("authorization", f"Bearer {text}")


def b64(data):
    """Base64url without padding, of bytes, text or what JSON can say."""
    if not isinstance(data, bytes | str):
        data = json.dumps(data)
    raw = data.encode() if isinstance(data, str) else data
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Issuer:
    """An identity provider with one key for each kind of algorithm."""

    def __init__(self, clock):
        self.clock = clock
        self.rsa = RSAKey.generate_key(2048, {"kid": "rsa"})
        self.ec = ECKey.generate_key("P-256", {"kid": "ec"})
        self.ed = OKPKey.generate_key("Ed25519", {"kid": "ed"})

    @property
    def keys(self):
        """Kid -> key."""
        return {key.kid: key for key in (self.rsa, self.ec, self.ed)}

    def key_set(self, *more):
        """The public set as JSON."""
        public = [key.as_dict(private=False) for key in self.keys.values()]
        return json.dumps({"keys": [*public, *more]}).encode()

    def claims(self, **changes):
        """Claims of a good token; what is changed to None is left out."""
        now = int(self.clock().timestamp())
        values = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "anna@studio.example",
            "exp": now + 300,
            "iat": now,
            "nbf": now,
            "tenant": "acme",
            "role": "analyst",
        } | changes
        return {name: value for name, value in values.items() if value is not None}

    def token(self, header=None, *, key=None, payload=None, **changes):
        """A token; signed with the key of its kid, unless another one is given."""
        header = {"alg": "RS256", "kid": "rsa", "typ": "JWT"} | (header or {})
        header = {name: value for name, value in header.items() if value is not None}
        text = json.dumps(self.claims(**changes)) if payload is None else payload
        signer = key or self.keys[header["kid"]]
        return self.sign(json.dumps(header), text, header["alg"], signer)

    def sign(self, header, payload, alg, key):
        """A token of these texts, signed whatever they say."""
        signed = f"{b64(header)}.{b64(payload)}"
        model = jws.JWSRegistry.algorithms[alg]
        return f"{signed}.{b64(model.sign(signed.encode(), key))}"


def refusal(tokens, text):
    """That a token is refused, with the keys at hand and without; the words of it."""
    with pytest.raises(AccessError) as caught:
        tokens.recognise(text)
    assert caught.value.code == "unauthenticated"
    try:
        assert tokens.recall(text) is None
    except AccessError as error:
        assert error.code == "unauthenticated"  # noqa: PT017 - either will do
    return caught.value.message
