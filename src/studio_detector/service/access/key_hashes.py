"""What is kept of a key: a hash that is worth nothing without the secret of the service."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from studio_detector.service.access.key_text import KeyText
    from studio_detector.service.secret import ServiceSecret
    from studio_detector.service.store.keys import ApiKey

_MARK_LETTERS = 8


class KeyHashes:
    """Hashes keys. A slow hash would add nothing: keys are 256 bits of chance, not passwords.

    Args:
        secret: Of the service.

    Attributes:
        nobodys: Of the form of a hash, and that of no key.
    """

    def __init__(self, secret: ServiceSecret) -> None:
        self._key = secret.key("api-keys")
        self._mark = hmac.digest(self._key, b"mark", "sha256").hex()[:_MARK_LETTERS]
        self.nobodys = f"{self._mark}${'-' * 64}"

    def of(self, key: KeyText) -> str:
        """The hash of a key, marked with the secret that made it."""
        return f"{self._mark}${hmac.digest(self._key, key.text.encode(), 'sha256').hex()}"

    def foreign(self, keys: Iterable[ApiKey]) -> list[ApiKey]:
        """Those of some keys that were made with another secret; keys that sign never are."""
        return [
            key for key in keys if key.secret_hash is not None and not self.is_ours(key.secret_hash)
        ]

    def is_ours(self, kept: str) -> bool:
        """Say whether a hash was made with the secret that is in force."""
        return kept.startswith(f"{self._mark}$")
