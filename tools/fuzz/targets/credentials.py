"""What requests carry to say who sends them: keys, and the header around keys and tokens."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from studio_detector.service.access.authenticate import Authenticator
from studio_detector.service.access.head import RequestHead
from studio_detector.service.access.key_hashes import KeyHashes
from studio_detector.service.access.key_text import PREFIX, KeyText, read_key
from studio_detector.service.access.known_keys import KnownKeys
from studio_detector.service.secret import ServiceSecret
from studio_detector.service.store.keys import ApiKey
from tools.fuzz.choice import chosen, parts_of
from tools.fuzz.target import Target

if TYPE_CHECKING:
    from studio_detector.service.access.signed_requests import SignedRequests

_NOW = datetime(2026, 11, 28, tzinfo=UTC)
_ID = "0123456789AB"
#: A key of no service, in the form that they have.
KEY = "sk_0123456789AB_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefgy5awP0"
_HASHES = KeyHashes(ServiceSecret("s" * 40))
_KNOWN = ApiKey(
    id=_ID,
    tenant="default",
    name="",
    role="analyst",
    secret_hash=_HASHES.of(KeyText(_ID, KEY)),
    created_at=_NOW,
)


def _find(key_id: str) -> ApiKey | None:
    """One id has that key, and every other one a key that nobody knows."""
    if key_id == _ID:
        return _KNOWN
    return None if key_id < "M" else replace(_KNOWN, id=key_id, secret_hash=_HASHES.nobodys)


def _authenticator() -> Authenticator:
    stub = cast("Any", SimpleNamespace(find=_find, note=lambda *_: None))
    signed = cast("SignedRequests", SimpleNamespace())
    keys = KnownKeys(stub, _HASHES, stub, clock=lambda: _NOW)
    return Authenticator(keys=keys, signed=signed, tokens=None, close=lambda: None)


def check(data: bytes) -> None:
    """Nothing but the one key is taken, however it is written around."""
    way, data = chosen(data, (_text, _header))
    way(data)


def _text(data: bytes) -> None:
    text = data.decode("latin-1")
    found = read_key(text)
    if found is not None and not (found.text == text and text.startswith(f"{PREFIX}{found.id}_")):
        raise AssertionError(found)


def _header(data: bytes) -> None:
    lines = tuple(("authorization", part.decode("latin-1")) for part in parts_of(data, 2) if part)
    head = RequestHead(method="GET", target_uri="https://localhost/", headers=lines)
    recognised = _authenticator().authenticate(head)
    if recognised is None:
        if lines:
            raise AssertionError("what was sent was passed over")
    elif len(lines) != 1 or not lines[0][1].strip().endswith(f" {KEY}"):
        raise AssertionError("another key was taken")


TARGET = Target(title="API keys and the header Authorization", check=check, most_bytes=512)
