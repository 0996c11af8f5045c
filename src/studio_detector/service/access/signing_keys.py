"""Keys that sign requests: pairs of Ed25519, of which we keep the public half."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


@dataclass(frozen=True, slots=True)
class Pair:
    """A new pair.

    Attributes:
        public: 32 bytes as base64.
        private: PEM (PKCS 8), as openssl and most libraries read it; never kept.
    """

    public: str
    private: str = field(repr=False)


def new_pair() -> Pair:
    """Make a pair by chance."""
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Pair(
        public=base64.b64encode(private.public_key().public_bytes_raw()).decode(),
        private=pem.decode(),
    )


def read_public(text: str) -> Ed25519PublicKey:
    """A public half, as `Pair.public` has it."""
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
