"""Signing requests instead of sending a key with them (RFC 9421)."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from http_message_signatures import HTTPMessageSigner, MappingKeyResolver, algorithms
from http_message_signatures.httpx2 import adapt_message

from studio_detector.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Generator

_COVERED = ("@method", "@authority", "@target-uri")
_NONCE_BYTES = 18


class RequestSigner(httpx2.Auth):
    """Signs each request, and each try of it anew; whoever reads it can send nothing else.

    ::

        signer = RequestSigner("hynp5YBIg8Ps", Path("key.pem").read_text())
        client = Client("https://detector.example", signer=signer)

    A picture is read into memory, since its digest stands in the head of the request.

    Args:
        key_id: The id that ``studio-detector keys create --signing`` printed.
        private_key: The PEM that it printed.

    Raises:
        ConfigError: ``config_invalid_value`` if that is no private key of Ed25519.
    """

    requires_request_body = True

    def __init__(self, key_id: str, private_key: str) -> None:
        try:
            key = load_pem_private_key(private_key.encode(), password=None)
        except (ValueError, TypeError):
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            raise ConfigError(
                "private_key is no private key of Ed25519 in PEM; give what "
                "studio-detector keys create --signing printed",
                code="config_invalid_value",
            )
        self._key_id = key_id
        self._signer = HTTPMessageSigner(
            signature_algorithm=algorithms.ED25519,
            key_resolver=MappingKeyResolver(public_keys={}, private_keys={key_id: key}),
        )

    def auth_flow(
        self, request: httpx2.Request
    ) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Sign a request and send it."""
        is_typed = "content-type" in request.headers
        self._signer.sign(
            adapt_message(request),
            key_id=self._key_id,
            created=datetime.now(UTC),
            nonce=secrets.token_urlsafe(_NONCE_BYTES),
            label="sig",
            covered_component_ids=(*_COVERED, "content-type") if is_typed else _COVERED,
            body=request.content or None,
        )
        yield request
