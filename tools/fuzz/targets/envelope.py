"""Encrypted pictures, and the keys that wrap theirs."""

from __future__ import annotations

from studio_detector.service.store import DataKey
from studio_detector.service.vault.envelope import OVERHEAD_BYTES, DamagedError, seal, unseal
from studio_detector.service.vault.key_wrapper import LocalKey
from studio_detector.service.vault.master_keys import MasterKeys
from tools.fuzz.choice import chosen, text_of
from tools.fuzz.target import Target

_KEY = bytes(range(32))
_NAMES = {"tenant": "acme", "image_hash": "0" * 64}
_LOCAL = LocalKey(_KEY)
_MASTERS = MasterKeys((_LOCAL,))


def check(data: bytes) -> None:
    """What was not sealed by the key does not open; what was comes back whole."""
    way, data = chosen(data, (_opened, _sealed, _wrapped))
    way(data)


def _opened(data: bytes) -> None:
    try:
        unseal(_KEY, data, **_NAMES)
    except DamagedError:
        return
    raise AssertionError("bytes that nobody sealed were opened")


def _sealed(data: bytes) -> None:
    kept = bytes(seal(_KEY, data, **_NAMES))
    if unseal(_KEY, kept, **_NAMES) != data or len(kept) != len(data) + OVERHEAD_BYTES:
        raise AssertionError("another picture came back")
    place = sum(data) % len(kept)
    changed = kept[:place] + bytes([kept[place] ^ 1]) + kept[place + 1 :]
    for bad, names in ((changed, _NAMES), (kept, _NAMES | {"tenant": "other"})):
        try:
            unseal(_KEY, bad, **names)
        except DamagedError:
            continue
        raise AssertionError("what was changed was opened")


def _wrapped(data: bytes) -> None:
    row = DataKey(**_NAMES, blob="1" * 64, wrapped=text_of(data), master_id=_LOCAL.key_id)
    try:
        _MASTERS.unwrapped(row)
    except DamagedError:
        return
    raise AssertionError("a key that nobody wrapped was opened")


TARGET = Target(title="encrypted pictures and wrapped keys", check=check)
