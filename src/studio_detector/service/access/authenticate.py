"""Who sent a request: by key, by token or by signature, and never by two of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_detector.errors import AccessError
from studio_detector.service.access.key_text import PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio_detector.service.access.body_digest import BodyDigest
    from studio_detector.service.access.head import RequestHead
    from studio_detector.service.access.known_keys import KnownKeys
    from studio_detector.service.access.principal import Principal
    from studio_detector.service.access.signed_requests import SignedRequests
    from studio_detector.service.access.tokens import Tokens

# RFC 6750, 2.1.
_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*)", re.ASCII | re.IGNORECASE)
_SIGNATURE_FIELDS = ("signature", "signature-input")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """Who sent a request, and what still has to be checked.

    Attributes:
        principal: Who.
        body: Must be given every byte of the body as it is read (`BodyDigest.update`), and be
            asked at its end (`BodyDigest.finish`), before anything is done with it; None where
            the body is not signed. It is for this one request.
    """

    principal: Principal
    body: BodyDigest | None = None


class Authenticator:
    """Recognises who sends requests; one for a process, safe to use from many threads.

    Args:
        keys: Recognises keys.
        signed: Recognises signatures.
        tokens: Recognises tokens; None takes none.
        close: Called by `close`.
    """

    def __init__(
        self,
        *,
        keys: KnownKeys,
        signed: SignedRequests,
        tokens: Tokens | None,
        close: Callable[[], None],
    ) -> None:
        self._keys = keys
        self._signed = signed
        self._tokens = tokens
        self._close = close

    def recall(self, head: RequestHead) -> Recognised | None:
        """Recognise from memory alone, without waiting for anything.

        Args:
            head: Of the request.

        Returns:
            None if that cannot be told from memory: then ask `authenticate`.

        Raises:
            AccessError: ``unauthenticated`` or ``signature_invalid`` if no look elsewhere could
                change that.
        """
        bearer = _bearer(head)
        if bearer is None:
            return None
        if bearer.startswith(PREFIX):
            found = self._keys.recall(bearer)
        else:
            found = self._tokens_taken().recall(bearer)
        return None if found is None else Recognised(principal=found)

    def authenticate(self, head: RequestHead) -> Recognised | None:
        """Recognise who sent a request; asks the database, and may fetch keys of tokens.

        Args:
            head: Of the request.

        Returns:
            None if the request carries no credentials at all.

        Raises:
            AccessError: ``unauthenticated`` or ``signature_invalid`` for what is not accepted,
                ``auth_unavailable`` if the keys of tokens cannot be had now.
            BusyError: ``store_unavailable`` if the database cannot be asked.
        """
        bearer = _bearer(head)
        if bearer is None:
            if not _is_signed(head):
                return None
            principal, body = self._signed.recognise(head)
            return Recognised(principal=principal, body=body)
        if bearer.startswith(PREFIX):
            return Recognised(principal=self._keys.recognise(bearer))
        return Recognised(principal=self._tokens_taken().recognise(bearer))

    def close(self) -> None:
        """Write what is not yet written of last uses, and close connections."""
        self._close()

    def _tokens_taken(self) -> Tokens:
        if self._tokens is None:
            raise _refused(f"it is no API key ({PREFIX}...), and tokens are not taken here")
        return self._tokens


def _bearer(head: RequestHead) -> str | None:
    """What is sent as ``Authorization``; None without."""
    sent = head.values("authorization")
    if not sent:
        return None
    if len(sent) > 1 or _is_signed(head):
        raise _refused("there are several of them; send one, or a signature")
    found = _BEARER.fullmatch(sent[0].strip(" \t"))
    if found is None:
        raise _refused("it is not of the form: Bearer KEY")
    return found[1]


def _is_signed(head: RequestHead) -> bool:
    return any(name in _SIGNATURE_FIELDS for name, _ in head.headers)


def _refused(reason: str) -> AccessError:
    return AccessError(f"the Authorization is not accepted: {reason}", code="unauthenticated")
