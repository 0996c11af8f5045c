"""Signed requests (RFC 9421)."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, MappingKeyResolver, algorithms

from studio_detector.service.access.head import RequestHead
from studio_detector.service.access.signed_requests import SignedRequests
from studio_detector.service.store.keys import ApiKey
from tools.fuzz.choice import parts_of
from tools.fuzz.target import Target

_NOW = datetime(2026, 11, 28, tzinfo=UTC)
_PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
_PUBLIC = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
_URI = "https://localhost/api/v1/analyse?wait=1"
_BODY = b'{"a": 1}'
_KEY = ApiKey(
    id="0123456789AB",
    tenant="acme",
    name="",
    role="operator",
    public_key=_PUBLIC,
    created_at=_NOW,
)


def message(method: str, body: bytes | None) -> bytes:
    """One of the two requests that were ever signed, as an input of this target.

    Args:
        method: Of the request.
        body: Of the request; None without.
    """
    covered = ("@method", "@authority", "@target-uri")
    sent = SimpleNamespace(method=method, url=_URI, headers={})
    if body is not None:
        sent.headers["Content-Length"] = str(len(body))
        covered = (*covered, "content-digest")
    signer = HTTPMessageSigner(
        signature_algorithm=algorithms.ED25519,
        key_resolver=MappingKeyResolver(public_keys={}, private_keys={_KEY.id: _PRIVATE}),
    )
    signer.sign(
        sent,
        key_id=_KEY.id,
        created=_NOW,
        nonce="1",
        covered_component_ids=covered,
        body=body,
    )
    lines = [f"{name.lower()}:{value}" for name, value in sent.headers.items()]
    return "\xff".join([method, _URI, *lines]).encode("latin-1")


def check(data: bytes) -> None:
    """What is taken is what was signed: method, address and body."""
    method, uri, *lines = (part.decode("latin-1") for part in parts_of(data, 12))
    headers = tuple(
        (name.lower(), value)
        for name, colon, value in (line.partition(":") for line in lines)
        if colon
    )
    stub = cast(
        "Any",
        SimpleNamespace(
            find=lambda key_id: _KEY if key_id == _KEY.id else None,
            take=lambda *_: True,
            note=lambda *_: None,
        ),
    )
    known = SignedRequests(stub, stub, stub, window_s=300, clock=lambda: _NOW)
    principal, digest = known.recognise(RequestHead(method=method, target_uri=uri, headers=headers))
    if principal.tenant != _KEY.tenant or uri != _URI or method not in {"GET", "POST"}:
        raise AssertionError((principal, method, uri))
    digest.update(_BODY if method == "POST" else b"")
    digest.finish()


TARGET = Target(title="signed requests (RFC 9421)", check=check)
