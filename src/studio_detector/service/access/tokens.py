"""Tokens (JWT) of one identity provider, checked with its public keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from joserfc import jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64decode

from studio_detector.errors import AccessError
from studio_detector.service.access.strict_json import StrictDecoder, read_object

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from joserfc._rfc7515.model import JWSAlgModel
    from joserfc.jwk import Key

    from studio_detector.service.access.claims import ClaimReader
    from studio_detector.service.access.issuer_keys import IssuerKeys
    from studio_detector.service.access.principal import Principal

#: Longest token that is looked at, in characters.
MOST_LETTERS = 8 * 1024
#: So far the clocks of issuer and service may differ.
LEEWAY_S = 60

_TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})
# Unknown extensions may be ignored unless they are critical; these change what is signed, what
# is critical, or who may hold the token, and none of that is supported.
_UNSUPPORTED = ("crit", "b64", "zip", "enc")


class Tokens:
    """Recognises tokens; safe to use from many threads.

    Nothing within a token tells which key or algorithm to trust: the key is one of the
    issuer's, known beforehand, and must be made for the algorithm. What a header embeds or
    points to (``jwk``, ``jku``, ``x5c``, ``x5u``) is not looked at.

    Args:
        issuer: Who must have made them.
        audience: Whom they must be for.
        algorithms: Those that are taken; asymmetric ones alone.
        keys: Of the issuer.
        reader: From claims to who is meant.
        clock: Gives the moment, in UTC.
    """

    def __init__(
        self,
        *,
        issuer: str,
        audience: str,
        algorithms: Collection[str],
        keys: IssuerKeys,
        reader: ClaimReader,
        clock: Callable[[], datetime],
    ) -> None:
        self._keys = keys
        self._reader = reader
        self._registry = _Registry(algorithms=frozenset(algorithms), strict_check_header=False)
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(clock().timestamp()),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            sub={"essential": True},
            exp={"essential": True},
        )

    def recall(self, text: str) -> Principal | None:
        """Recognise a token with the keys at hand; None if they have to be loaded first.

        Raises:
            AccessError: ``unauthenticated``.
        """
        kid, algorithm = self._header(text)
        keys = self._keys.recall()
        key = None if keys is None else keys.find(kid, algorithm)
        return None if key is None else self._verified(text, key)

    def recognise(self, text: str) -> Principal:
        """Recognise a token; may load the keys of the issuer.

        Raises:
            AccessError: ``unauthenticated``; ``auth_unavailable`` if the keys cannot be had.
        """
        kid, algorithm = self._header(text)
        key = self._keys.current().find(kid, algorithm)
        if key is None:
            # The issuer may have begun to sign with a new one.
            key = self._keys.renewed().find(kid, algorithm)
        if key is None:
            raise _refused("it was signed with no key of its issuer that is known here")
        return self._verified(text, key)

    def _header(self, text: str) -> tuple[str | None, str]:
        """What the header says of key and algorithm, nothing of which is believed yet."""
        if len(text) > MOST_LETTERS:
            raise _refused("it is longer than 8 KiB")
        try:
            header = read_object(urlsafe_b64decode(text.partition(".")[0].encode()))
        except ValueError:
            raise _refused("its header cannot be read") from None
        kind = str(header.get("typ", "JWT")).lower()
        kid, algorithm = header.get("kid"), header.get("alg")
        if any(name in header for name in _UNSUPPORTED):
            raise _refused("its header asks for an extension that is not supported")
        if not isinstance(kid, str | None) or kind not in _TYPES:
            raise _refused("its header names another type of token, or a key without a name")
        if not isinstance(algorithm, str) or algorithm not in self._registry.taken:
            raise _refused("its algorithm is not taken (setting jwt_algorithms)")
        return kid, algorithm

    def _verified(self, text: str, key: Key) -> Principal:
        try:
            token = jwt.decode(text, key, registry=self._registry, decoder_cls=StrictDecoder)
        except (JoseError, ValueError, TypeError, RecursionError):
            raise _refused("its signature does not fit, or it cannot be read") from None
        try:
            self._claims.validate(token.claims)
        except JoseError as error:
            # The issuer made it, so that its bearer may learn what is wrong with it.
            raise _refused(error.description.rstrip(".")) from None
        if "cnf" in token.claims:
            raise _refused("it is bound to a key of its bearer, which is not checked here")
        return self._reader.principal(token.claims)


class _Registry(JWSRegistry):
    """Takes some algorithms and no others, by whatever name RFC 9864 calls one of them."""

    max_header_length = max_payload_length = MOST_LETTERS

    @property
    def taken(self) -> Collection[str]:
        return self.allowed or ()

    def get_alg(self, name: str) -> JWSAlgModel:
        # The base warns at each use of the name EdDSA, which most issuers still write.
        if name not in self.taken:
            raise UnsupportedAlgorithmError(f"Algorithm of '{name}' is not allowed")
        return self.algorithms[name]


def _refused(reason: str) -> AccessError:
    return AccessError(f"the token is not accepted: {reason}", code="unauthenticated")
