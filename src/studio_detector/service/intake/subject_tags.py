"""Tags of those whom pictures show, as they are stored: by keyed hashes alone."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio_detector.service.secret import ServiceSecret


@dataclass(frozen=True, slots=True)
class SubjectTags:
    """Hashes tags; who has the database and not the secret cannot even try names out.

    Attributes:
        key: Of the hash; never shown.
    """

    key: bytes = field(repr=False)

    @classmethod
    def of(cls, secret: ServiceSecret) -> SubjectTags:
        """Those of a service.

        Args:
            secret: Of the service. With another one, the tags of stored pictures mean nothing.
        """
        return cls(secret.key("subjects"))

    def hashed(self, tenant: str, tag: str) -> str:
        """What is stored for a tag, 64 hexadecimal digits.

        Args:
            tenant: Whose picture it is, so that equal tags of two tenants have nothing in common.
            tag: In the sender's words.
        """
        # Names of tenants hold no bar.
        text = f"{tenant}|{tag}".encode("utf-8", "surrogatepass")
        return hmac.digest(self.key, text, "sha256").hex()
