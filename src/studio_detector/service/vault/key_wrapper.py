"""What wraps the keys of pictures: a master key of ours, or one that never leaves its keeper."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from studio_detector.service.vault.envelope import KEY_BYTES, NONCE_BYTES

_ID_LABEL = b"studio-detector/master-key-id\0"
_ID_DIGITS = 16


class KeyWrapper(Protocol):
    """Wraps keys of pictures, for instance by a key management system.

    Used by several threads at once. ``master_key_hook`` names a function without arguments that
    gives such an object.
    """

    @property
    def key_id(self) -> str:
        """Names the master key that wraps now, up to 200 characters; another after rotation."""

    def wrap(self, data: bytes, context: bytes) -> bytes:
        """Encrypt and authenticate a key.

        Args:
            data: The key.
            context: Whose it is; must be the same when it is unwrapped.
        """

    def unwrap(self, data: bytes, context: bytes) -> bytes:
        """Decrypt a key, also one that was wrapped before a rotation.

        Raises:
            LookupError: If none of the master keys it knows has wrapped it.
            ValueError: If it was changed, or belongs to another context.
        """


@dataclass(frozen=True, slots=True)
class LocalKey:
    """A `KeyWrapper` whose master key this process holds.

    Each context has a wrapping key of its own, derived from the master key, so that no number
    of pictures is too many for nonces by chance.

    Attributes:
        key: 32 bytes; never shown.
    """

    key: bytes = field(repr=False)

    @property
    def key_id(self) -> str:
        """See `KeyWrapper.key_id`; tells nothing of the key."""
        return hashlib.sha256(_ID_LABEL + self.key).hexdigest()[:_ID_DIGITS]

    def wrap(self, data: bytes, context: bytes) -> bytes:
        """See `KeyWrapper.wrap`."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher(context).encrypt(nonce, data, context)

    def unwrap(self, data: bytes, context: bytes) -> bytes:
        """See `KeyWrapper.unwrap`."""
        nonce, wrapped = data[:NONCE_BYTES], data[NONCE_BYTES:]
        if len(nonce) < NONCE_BYTES:
            raise ValueError("too short")
        try:
            return self._cipher(context).decrypt(nonce, wrapped, context)
        except InvalidTag:
            raise ValueError("the tag does not fit") from None

    def _cipher(self, context: bytes) -> AESGCM:
        info = b"studio-detector/data-key/" + context
        return AESGCM(HKDFExpand(SHA256(), KEY_BYTES, info).derive(self.key))
