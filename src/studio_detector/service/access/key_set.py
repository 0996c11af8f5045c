"""The public keys of an identity provider (JWKS), as far as they may verify tokens."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from studio_detector.service.access.strict_json import read_object

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from joserfc.jwk import Key

#: Most keys of a set.
MOST_KEYS = 100
_RSA_BITS = range(2048, 4096 + 1)
_RSA = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
# Curve -> algorithms of its keys. Curves for agreeing on keys, and Ed448, are not among them.
_CURVES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "P-256": frozenset({"ES256"}),
        "P-384": frozenset({"ES384"}),
        "P-521": frozenset({"ES512"}),
        "Ed25519": frozenset({"EdDSA", "Ed25519"}),
    }
)
_TYPES: Mapping[str, type[RSAKey | ECKey | OKPKey]] = MappingProxyType(
    {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
)


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """A public key.

    Attributes:
        kid: What tokens call it; None if it has no name.
        algorithms: What it may verify.
        key: The key.
    """

    kid: str | None
    algorithms: frozenset[str]
    key: Key


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys of an issuer that may verify tokens.

    Attributes:
        keys: In the order of the issuer.
        left_out: Keys that may not, or that nobody here understands.
    """

    keys: tuple[IssuerKey, ...]
    left_out: int

    def find(self, kid: str | None, algorithm: str) -> Key | None:
        """The key that a token means, if there is exactly one.

        Args:
            kid: What the token calls it; None if it names none.
            algorithm: Of the token.
        """
        found = [
            known.key
            for known in self.keys
            if algorithm in known.algorithms and (kid is None or kid == known.kid)
        ]
        return found[0] if len(found) == 1 else None


def read_key_set(data: bytes, algorithms: Collection[str]) -> KeySet:
    """Read a JWKS (RFC 7517).

    Left out are symmetric and private keys, since nothing secret belongs into a public set;
    keys for encryption; keys whose own ``alg`` is not taken; RSA keys below 2048 or above 4096
    bits; and whatever is not understood.

    Args:
        data: The JSON.
        algorithms: Those that are taken.

    Raises:
        ValueError: If it is no JWKS, has more than `MOST_KEYS` keys, or none that is of use.
    """
    listed = read_object(data).get("keys")
    if not isinstance(listed, list) or len(listed) > MOST_KEYS:
        raise ValueError(f"it has no list of keys, or more than {MOST_KEYS}")
    keys = tuple(key for item in listed if (key := _key(item, frozenset(algorithms))) is not None)
    if not keys:
        raise ValueError(f"none of its {len(listed)} keys verifies {', '.join(sorted(algorithms))}")
    return KeySet(keys, len(listed) - len(keys))


def _key(item: Any, taken: frozenset[str]) -> IssuerKey | None:  # noqa: ANN401 - whatever was sent
    if not isinstance(item, dict) or not isinstance(item.get("kid"), str | None):
        return None
    kind = _TYPES.get(str(item.get("kty")))
    if kind is None or item.get("use", "sig") != "sig":
        return None
    try:
        key = kind.import_key(item)
        if key.is_private or not _may_verify(item):
            return None
        possible = _algorithms(key)
    except (JoseError, ValueError, TypeError, KeyError, OverflowError):
        return None
    if "alg" in item:
        possible &= {str(item["alg"])}
    possible &= taken
    return IssuerKey(item.get("kid"), possible, key) if possible else None


def _may_verify(item: dict[str, Any]) -> bool:
    return "key_ops" not in item or "verify" in item["key_ops"]


def _algorithms(key: RSAKey | ECKey | OKPKey) -> frozenset[str]:
    if isinstance(key, RSAKey):
        return _RSA if key.raw_value.key_size in _RSA_BITS else frozenset()
    return _CURVES.get(key.curve_name, frozenset())
