"""From the claims of a token, once its signature fits, to who sent it."""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING, Any

from studio_detector.errors import AccessError
from studio_detector.service.access.principal import Principal
from studio_detector.service.access.roles import SCOPES, Role
from studio_detector.service.blobs.base import is_tenant

if TYPE_CHECKING:
    from collections.abc import Mapping

_DIGEST_LETTERS = 16
# From the least to the most that may be done.
_RANKS = (Role.VIEWER, Role.ANALYST, Role.OPERATOR, Role.ADMIN)


class ClaimReader:
    """Reads tenant, role and name.

    Args:
        tenant_claim: Claim that names the tenant; dots lead into objects.
        role_claim: Claim that names the role, or lists names among which there is one.
        actor_key: Hashes who is meant, so that no log names people.
    """

    def __init__(self, *, tenant_claim: str, role_claim: str, actor_key: bytes) -> None:
        self._tenant_claim = tenant_claim
        self._role_claim = role_claim
        self._actor_key = actor_key

    def principal(self, claims: Mapping[str, Any]) -> Principal:
        """Who sent a token.

        Args:
            claims: Of the token; ``iss`` and ``sub`` are texts.

        Raises:
            AccessError: ``unauthenticated`` without a tenant or a role that can be one.
        """
        tenant = _found(claims, self._tenant_claim)
        if not isinstance(tenant, str) or not is_tenant(tenant):
            raise _refused(f"its claim {self._tenant_claim!r} names no tenant")
        role = _highest(_found(claims, self._role_claim))
        if role is None:
            raise _refused(f"its claim {self._role_claim!r} names none of {', '.join(_RANKS)}")
        who = json.dumps([claims["iss"], claims["sub"]]).encode()
        digest = hmac.digest(self._actor_key, who, "sha256").hex()[:_DIGEST_LETTERS]
        return Principal(tenant=tenant, actor=f"jwt:{digest}", scopes=SCOPES[role])


def _found(claims: Mapping[str, Any], path: str) -> object:
    """A claim by its whole name, which may hold dots, else by the way that they lead."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        if not isinstance(found, dict):
            return None
        found = found.get(name)
    return found


def _highest(said: object) -> Role | None:
    names = said if isinstance(said, list) else [said]
    return next((role for role in reversed(_RANKS) if role.value in names), None)


def _refused(reason: str) -> AccessError:
    return AccessError(
        f"the token is not accepted: {reason}; see to what the issuer puts into tokens for this "
        "service",
        code="unauthenticated",
    )
