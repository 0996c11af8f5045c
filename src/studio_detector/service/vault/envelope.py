"""The form of an encrypted picture: a head, a nonce, and what AES-256-GCM makes of it.

.. code-block:: text

    "SDPE" | version, 1 byte | nonce, 12 bytes | ciphertext | tag, 16 bytes

A picture is one message, since GCM takes 64 GiB and uploads are bounded far below. Whose picture
it is, and the version, are authenticated with it: bytes under another picture's name do not open.
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

#: Bytes of a key.
KEY_BYTES = 32
#: Bytes of a nonce, which is chosen by chance.
NONCE_BYTES = 12

_VERSION = 1
#: How every encrypted picture begins.
HEAD = b"SDPE" + bytes([_VERSION])
_TAG_BYTES = 16
_START = len(HEAD) + NONCE_BYTES
#: How much longer it is than the picture.
OVERHEAD_BYTES = _START + _TAG_BYTES
_KIND = "picture"


class DamagedError(Exception):
    """The bytes are none of ours, were changed, or belong to another picture or key."""


def seal(key: bytes, data: bytes | bytearray, *, tenant: str, image_hash: str) -> bytearray:
    """Encrypt a picture.

    Args:
        key: Its own, `KEY_BYTES` long.
        data: Its bytes.
        tenant: Whose it is.
        image_hash: SHA-256 of the bytes, hex.

    Returns:
        The bytes to keep, `OVERHEAD_BYTES` longer.
    """
    nonce = secrets.token_bytes(NONCE_BYTES)
    kept = bytearray(len(data) + OVERHEAD_BYTES)
    kept[:_START] = HEAD + nonce
    with memoryview(kept) as view:
        # Into its place at once: joining copies would cost more than encrypting.
        AESGCM(key).encrypt_into(nonce, data, _bound(tenant, image_hash), view[_START:])
    return kept


def unseal(key: bytes, kept: bytes, *, tenant: str, image_hash: str) -> bytes:
    """Decrypt a picture; see `seal`.

    Raises:
        DamagedError: If a single bit of it, or whose it is, is not as it was.
    """
    if len(kept) < OVERHEAD_BYTES or not kept.startswith(HEAD):
        raise DamagedError("no encrypted picture, or one of another version")
    view = memoryview(kept)
    try:
        return AESGCM(key).decrypt(
            view[len(HEAD) : _START], view[_START:], _bound(tenant, image_hash)
        )
    except InvalidTag:
        raise DamagedError("the tag does not fit") from None


def _bound(tenant: str, image_hash: str) -> bytes:
    # Neither tenants nor hashes hold a bar.
    return f"{tenant}|{image_hash}|{_KIND}|{_VERSION}".encode()
