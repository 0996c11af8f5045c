"""Who asks, once that is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_detector.service.access.roles import SCOPES, Role, Scope
from studio_detector.service.records import DEFAULT_TENANT

if TYPE_CHECKING:
    from studio_detector.service.store.keys import ApiKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Somebody who was recognised.

    Attributes:
        tenant: Whose objects they see.
        actor: Their name in the audit log, which is no secret: "key:ID", "jwt:DIGEST", "open".
        scopes: What they may do: those of the role, unless the key has fewer.
    """

    tenant: str
    actor: str
    scopes: frozenset[Scope]

    def may(self, scope: Scope) -> bool:
        """Say whether they may do something."""
        return scope in self.scopes


#: Everybody, where nobody is asked for a key.
OPEN = Principal(tenant=DEFAULT_TENANT, actor="open", scopes=SCOPES[Role.ADMIN])


def principal_of(key: ApiKey) -> Principal:
    """Who has a key.

    What a later release wrote and this one does not know, a role or a scope, permits nothing.

    Args:
        key: A live one.
    """
    scopes = SCOPES[Role(key.role)] if key.role in list(Role) else frozenset[Scope]()
    if key.scopes is not None:
        scopes = frozenset(scope for scope in scopes if scope in key.scopes)
    return Principal(tenant=key.tenant, actor=f"key:{key.id}", scopes=scopes)
