"""Requests that are signed by a key of their sender (RFC 9421), each good once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import http_sf
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    algorithms,
)

from studio_detector.errors import AccessError, BusyError
from studio_detector.service.access.body_digest import HASHES, BodyDigest
from studio_detector.service.access.principal import principal_of
from studio_detector.service.access.signing_keys import read_public

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from studio_detector.service.access.head import RequestHead
    from studio_detector.service.access.last_uses import LastUses
    from studio_detector.service.access.principal import Principal
    from studio_detector.service.store.keys import ApiKey, Keys
    from studio_detector.service.store.nonces import Nonces

#: What every signature covers, so that no part of what was asked can be changed.
COVERED = ("@method", "@authority", "@target-uri")
#: So far the sender's clock may be ahead.
AHEAD_S = 60
_DIGEST = "content-digest"
# Reading a field takes time that grows with it, before anything is known of its sender.
_MOST_FIELD = 4096
_MOST_NONCE = 128


class SignedRequests:
    """Recognises who signed a request; safe to use from many threads.

    Args:
        keys: Of all tenants.
        nonces: Those that were used.
        uses: Notes when keys are used.
        window_s: Seconds after its making that a signature is good.
        clock: Gives the moment, in UTC.
    """

    def __init__(
        self,
        keys: Keys,
        nonces: Nonces,
        uses: LastUses,
        *,
        window_s: float,
        clock: Callable[[], datetime],
    ) -> None:
        self._keys = keys
        self._nonces = nonces
        self._uses = uses
        self._window = timedelta(seconds=window_s)
        self._clock = clock
        # For keys that are not there, so that they take the same work.
        self._nobodys = Ed25519PrivateKey.generate().public_key()

    def recognise(self, head: RequestHead) -> tuple[Principal, BodyDigest]:
        """Recognise who signed a request, and use its nonce up.

        Args:
            head: Of the request.

        Returns:
            Who, and what the body must be checked with; that is also so where the head
            promises none.

        Raises:
            AccessError: ``signature_invalid``.
            BusyError: ``store_unavailable``.
        """
        for name in ("signature", "signature-input", _DIGEST):
            if sum(map(len, head.values(name))) > _MOST_FIELD:
                raise _refused(f"{name} is longer than {_MOST_FIELD} characters")
        has_body = _has_body(head)
        now = self._clock()
        resolver = _Resolver(self._keys, self._nobodys)
        verifier = _Verifier(resolver, now=now, window=self._window)
        try:
            (result,) = verifier.verify(
                _Message.of(head),
                max_age=None,
                require_components=(*COVERED, _DIGEST) if has_body else COVERED,
            )
        except (HTTPMessageSignaturesException, ValueError, TypeError) as error:
            if resolver.failure is not None:
                raise resolver.failure from None
            raise _refused(_reason(error)) from None
        key = resolver.found
        if key is None or not key.is_live(now):
            raise _refused(_UNKNOWN)
        digests = _digests(result.covered_components[f'"{_DIGEST}"']) if has_body else {}
        self._use_up(key, result.parameters)
        self._uses.note(key, now)
        return principal_of(key), BodyDigest(digests)

    def _use_up(self, key: ApiKey, parameters: dict[str, int | str]) -> None:
        created = datetime.fromtimestamp(int(parameters["created"]), UTC)
        # Later than the last moment at which the same request would be taken.
        expires_at = created + self._window + timedelta(seconds=2 * AHEAD_S)
        if not self._nonces.take(key.id, str(parameters["nonce"]), expires_at):
            raise _refused("its nonce was used before; sign each request anew, also when retrying")


class _Verifier(HTTPMessageVerifier):
    """The library's, but with our clock, and with a nonce in every signature."""

    def __init__(self, resolver: _Resolver, *, now: datetime, window: timedelta) -> None:
        super().__init__(signature_algorithm=algorithms.ED25519, key_resolver=resolver)
        self._now_s = now.timestamp()
        self._window_s = window.total_seconds()

    def validate_created_and_expires(self, sig_input: Any, max_age: object = None) -> None:  # noqa: ANN401 - the library's own
        del max_age
        created, expires = (sig_input.params.get(name) for name in ("created", "expires"))
        nonce = sig_input.params.get("nonce")
        if not isinstance(created, int) or not isinstance(expires, int | None):
            raise InvalidSignature("it says not when it was made (created)")
        if not self._now_s - self._window_s <= created <= self._now_s + AHEAD_S:
            raise InvalidSignature(
                f"it was made more than {self._window_s:g} s ago or in the future; see to the "
                "clock of the sender"
            )
        if expires is not None and expires <= self._now_s:
            raise InvalidSignature("it has expired")
        if not isinstance(nonce, str) or not 1 <= len(nonce) <= _MOST_NONCE:
            raise InvalidSignature(f"it has no nonce of 1 to {_MOST_NONCE} characters")


class _Resolver(HTTPSignatureKeyResolver):
    """Finds one key, and remembers what came of it."""

    def __init__(self, keys: Keys, nobodys: Ed25519PublicKey) -> None:
        self._keys = keys
        self._nobodys = nobodys
        self.found: ApiKey | None = None
        self.failure: BusyError | None = None

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey:
        try:
            self.found = self._keys.find(key_id)
        except BusyError as error:
            # The library would make a wrong signature of it.
            self.failure = error
            raise
        public = self.found.public_key if self.found else None
        return self._nobodys if public is None else read_public(public)


@dataclass(frozen=True, slots=True)
class _Message:
    """A request as the library wants it."""

    method: str
    url: str
    headers: _Fields

    @classmethod
    def of(cls, head: RequestHead) -> _Message:
        return cls(head.method, head.target_uri, _Fields(head.headers))


@dataclass(frozen=True, slots=True)
class _Fields:
    """Header lines, repeated ones repeatedly."""

    lines: tuple[tuple[str, str], ...]

    def items(self) -> tuple[tuple[str, str], ...]:
        return self.lines


def _has_body(head: RequestHead) -> bool:
    lengths = head.values("content-length")
    return bool(head.values("transfer-encoding")) or any(text.strip() != "0" for text in lengths)


def _digests(field: str) -> dict[str, bytes]:
    """The digests of a field (RFC 9530) that we know; there must be one."""
    try:
        members: Any = http_sf.parse(
            field.encode(), tltype="dictionary", on_duplicate_key=_no_duplicate
        )
    except ValueError:
        raise _refused("Content-Digest cannot be read") from None
    found: dict[str, bytes] = {}
    for name, (digest, _) in members.items():
        if name not in HASHES:
            continue
        if not isinstance(digest, bytes) or len(digest) != HASHES[name]().digest_size:
            raise _refused(f"Content-Digest holds no digest by {name}")
        found[name] = digest
    if not found:
        raise _refused(f"Content-Digest names none of {', '.join(HASHES)}")
    return found


def _no_duplicate(name: str, context: str) -> None:
    del context
    raise ValueError(name)


_UNKNOWN = "it does not fit the request, or its key is not accepted"


def _reason(error: Exception) -> str:
    """In our words, or those of the library where they tell of the form alone."""
    cause = error.__cause__
    if cause is not None and not isinstance(cause, HTTPMessageSignaturesException):
        return _UNKNOWN
    return str(error)[:200] or _UNKNOWN


def _refused(reason: str) -> AccessError:
    return AccessError(f"the signature is not accepted: {reason}", code="signature_invalid")
