"""Tokens of an identity provider, and its keys."""

from __future__ import annotations

import base64
import json
import warnings
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.errors import SecurityWarning

from studio_detector.service.access.claims import ClaimReader
from studio_detector.service.access.issuer_keys import IssuerKeys
from studio_detector.service.access.key_set import read_key_set
from studio_detector.service.access.tokens import Tokens
from studio_detector.service.blobs.base import is_tenant
from tools.fuzz.choice import chosen
from tools.fuzz.target import Target

_NOW = datetime(2026, 11, 28, tzinfo=UTC)
_ISSUER, _AUDIENCE = "https://issuer.example", "studio"
_ALGORITHMS = ("EdDSA", "ES256", "RS256")
_PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


_KEY = {"kty": "OKP", "crv": "Ed25519", "kid": "a", "use": "sig", "alg": "EdDSA"}
_SET = {"keys": [_KEY | {"x": _b64(_PRIVATE.public_key().public_bytes_raw())}]}
_HEADER = {"alg": "EdDSA", "kid": "a"}
_CLAIMS = {
    "iss": _ISSUER,
    "aud": _AUDIENCE,
    "sub": "somebody",
    "exp": int(_NOW.timestamp()) + 600,
    "tenant": "acme",
    "role": ["other", "analyst"],
}


def signed(header: bytes, claims: bytes) -> str:
    """A token as the issuer would make it of these bytes."""
    said = f"{_b64(header)}.{_b64(claims)}"
    return f"{said}.{_b64(_PRIVATE.sign(said.encode()))}"


#: The one token that the issuer has made.
TOKEN = signed(json.dumps(_HEADER).encode(), json.dumps(_CLAIMS).encode())


def _tokens() -> Tokens:
    return Tokens(
        issuer=_ISSUER,
        audience=_AUDIENCE,
        algorithms=_ALGORITHMS,
        keys=IssuerKeys(lambda: json.dumps(_SET).encode(), _ALGORITHMS),
        reader=ClaimReader(tenant_claim="tenant", role_claim="role", actor_key=bytes(32)),
        clock=lambda: _NOW,
    )


_TOKENS = _tokens()


def check(data: bytes) -> None:
    """What is taken was signed by the issuer, and names a tenant."""
    way, data = chosen(data, (_forged, _header, _claims, _set))
    way(data)


def _forged(data: bytes) -> None:
    text = data.decode("latin-1")
    _TOKENS.recognise(text)
    # What is signed, to the letter; the signature itself may be written in several ways.
    if text.rpartition(".")[0] != TOKEN.rpartition(".")[0]:
        raise AssertionError("a token that nobody made was taken")


def _header(data: bytes) -> None:
    _hold(signed(data, json.dumps(_CLAIMS).encode()))


def _claims(data: bytes) -> None:
    _hold(signed(json.dumps(_HEADER).encode(), data))


def _hold(text: str) -> None:
    found = _TOKENS.recognise(text)
    if not is_tenant(found.tenant) or not found.scopes or not found.actor.startswith("jwt:"):
        raise AssertionError(found)


def _set(data: bytes) -> None:
    try:
        with warnings.catch_warnings():
            # Of keys that are too short, and are left out.
            warnings.simplefilter("ignore", SecurityWarning)
            found = read_key_set(data, _ALGORITHMS)
    except ValueError:
        return
    for known in found.keys:
        if known.key.is_private or not known.algorithms <= set(_ALGORITHMS):
            raise AssertionError(known)


TARGET = Target(title="tokens (JWT) and key sets (JWKS)", check=check)
