"""An access as the log holds it: who, which route, on which object, and nothing of a picture."""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from studio_detector.service.audit.base import Entry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from studio_detector.service.audit.base import Outcome
    from studio_detector.service.secret import ServiceSecret

# Not allowed to, not known, or too often.
_REFUSED = frozenset({401, 403, 429})
_FIELD = re.compile(r"\{(\w+)(?::\w+)?\}")
_NAMELESS_BYTES = 8
#: Addresses that are asked every few seconds by machines that mind the service.
UNNOTED = frozenset({"/livez", "/readyz", "/startupz"})


class Known(Protocol):
    """Somebody who was recognised, a `Principal`."""

    @property
    def tenant(self) -> str:
        """Whose objects they see."""

    @property
    def actor(self) -> str:
        """Their name in the log, which is no secret."""


class ObjectNames:
    """Names objects in the log so that who has the object can find it, and nobody else.

    Identifiers of ours stand as they are. Hashes of pictures, tags of subjects and all else that
    a caller wrote stand as keyed hashes: once a picture is erased, the log does not tell which
    one it was.

    Args:
        secret: Of the service.
    """

    def __init__(self, secret: ServiceSecret) -> None:
        self._key = secret.key("audit-objects")

    def nameless(self, text: str) -> str:
        """A keyed hash, 16 hex digits.

        Args:
            text: Whatever may not stand in the log.
        """
        whole = hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256")
        return whole[:_NAMELESS_BYTES].hex()

    def filled(self, template: str, path_params: Mapping[str, object]) -> str:
        """A route with what its parameters were.

        Args:
            template: For instance "/api/v1/jobs/{job_id}".
            path_params: Values of the parameters, as text or as read.
        """
        return _FIELD.sub(lambda field: self._shown(path_params.get(field[1], "")), template)

    def _shown(self, value: object) -> str:
        text = str(value)
        try:
            return str(UUID(text))
        except ValueError:
            return self.nameless(text)


def entry_of_request(  # noqa: PLR0913 - each is a part of the request
    *,
    principal: Known | None,
    method: str,
    template: str | None,
    path_params: Mapping[str, object],
    status: int,
    address: str | None,
    at: datetime,
    names: ObjectNames,
) -> Entry:
    """Say what is noted of a request that was answered.

    Args:
        principal: Who asked; None if that is not known.
        method: Of the request.
        template: Of the route; None if there is no such address.
        path_params: Values of its parameters.
        status: Of the answer.
        address: Network address of who asked.
        at: When it was answered, UTC.
        names: Names of objects.
    """
    return Entry(
        at=at,
        tenant=principal.tenant if principal else "",
        actor=principal.actor if principal else "unknown",
        # A method may be anything that a caller wrote.
        action=f"api.{method.lower()}" if method.isalpha() and len(method) <= 8 else "api.other",
        object="unknown" if template is None else names.filled(template, path_params),
        outcome=_outcome(status),
        address=address,
    )


def _outcome(status: int) -> Outcome:
    if status in _REFUSED:
        return "refused"
    return "allowed" if status < 400 else "failed"
