"""A sender who signs requests with the library, well or badly, and heads of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from http_message_signatures import (
    ContentDigest,
    HTTPMessageSigner,
    MappingKeyResolver,
    algorithms,
)

from service.access.access_examples import URL, head_of
from studio_detector.errors import AccessError

COVERED = ("@method", "@authority", "@target-uri", "content-digest")


@dataclass
class Message:
    """A request as the library wants it."""

    method: str = "POST"
    url: str = URL
    headers: dict = field(default_factory=dict)

    def head(self, **changes):
        """The head as it arrives."""
        pairs = tuple((name.lower(), value) for name, value in self.headers.items())
        return head_of(*pairs, **({"method": self.method, "url": self.url} | changes))


class _AnyDigest(ContentDigest):
    """Leaves a digest that stands there as it is, however bad."""

    @classmethod
    def prepare(cls, headers, body, *, use_existing_digest):
        if body is not None:
            super().prepare(headers, body, use_existing_digest=use_existing_digest)


class _Signer(HTTPMessageSigner):
    content_digest_class = _AnyDigest


class Sender:
    """Signs with the key that was issued."""

    def __init__(self, issued, clock):
        self.key_id = issued.key.id
        self.private = load_pem_private_key(issued.secret.encode(), password=None)
        self.clock = clock
        self._made = 0

    def signed(self, body=b'{"a": 1}', *, age_s=0, algorithm=algorithms.ED25519, **options):
        """A signed request; ``body`` None sends none."""
        message = Message(
            method=options.pop("method", "GET" if body is None else "POST"),
            url=options.pop("url", URL),
            headers=dict(options.pop("headers", {})),
        )
        if body is not None:
            message.headers["Content-Length"] = str(len(body))
        self._made += 1
        key_id = options.pop("key_id", self.key_id)
        key = options.pop("key", self.private)
        signer = _Signer(
            signature_algorithm=algorithm,
            key_resolver=MappingKeyResolver(public_keys={}, private_keys={key_id: key}),
        )
        chosen = {
            "created": self.clock() - timedelta(seconds=age_s),
            "nonce": f"nonce-{self._made}",
            "covered_component_ids": COVERED[:3],
            "body": body,
        }
        signer.sign(message, key_id=key_id, **(chosen | options))
        return message


def refused(signed, head):
    """That a signature is refused; the words of it."""
    with pytest.raises(AccessError) as caught:
        signed.recognise(head)
    assert caught.value.code == "signature_invalid"
    return caught.value.message
