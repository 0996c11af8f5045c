"""Whether a body is the one that was signed, told while it is read."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from studio_detector.errors import AccessError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Algorithms of digests that are checked.
HASHES = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}


class BodyDigest:
    """Checks one body; not for several threads at once.

    Args:
        expected: Algorithm, "sha-256" or "sha-512" -> digest. All must fit; none at all stands
            for a request without a body.
    """

    def __init__(self, expected: Mapping[str, bytes]) -> None:
        self._expected = dict(expected or {"sha-256": hashlib.sha256().digest()})
        self._hashes = {name: HASHES[name]() for name in self._expected}

    def update(self, piece: bytes) -> None:
        """Take a piece of the body, in order."""
        for running in self._hashes.values():
            running.update(piece)

    def finish(self) -> None:
        """Tell that the body is over.

        Raises:
            AccessError: ``signature_invalid`` if it is not the one that was signed.
        """
        for name, digest in self._expected.items():
            if not hmac.compare_digest(digest, self._hashes[name].digest()):
                raise AccessError(
                    "the body is not the one that was signed (Content-Digest); sign the bytes that "
                    "are sent",
                    code="signature_invalid",
                )
