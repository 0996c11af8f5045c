"""What may be done, and which role may do it."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Scope(StrEnum):
    """One kind of act; every address of the API asks for exactly one."""

    #: See jobs, batches, results, reports, overlays and models.
    READ = "read"
    #: Have pictures analysed.
    ANALYSE = "analyse"
    #: Say that a verdict is wrong, or right.
    FEEDBACK = "feedback"
    #: Retry and call off jobs.
    OPERATE = "operate"
    #: Read the metrics of the service, which are of all tenants together.
    OBSERVE = "observe"
    #: Erase pictures, subjects and what came of them; see all that is stored of a subject.
    ERASE = "erase"
    #: Erase the whole tenant, read its audit log.
    ADMINISTER = "administer"


class Role(StrEnum):
    """Who somebody is to a tenant."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    OPERATOR = "operator"
    ADMIN = "admin"


_VIEWER = frozenset({Scope.READ})
_ANALYST = _VIEWER | {Scope.ANALYSE, Scope.FEEDBACK}
_OPERATOR = _ANALYST | {Scope.OPERATE, Scope.OBSERVE, Scope.ERASE}

#: Role -> what it may do.
SCOPES: Mapping[Role, frozenset[Scope]] = MappingProxyType(
    {
        Role.VIEWER: _VIEWER,
        Role.ANALYST: _ANALYST,
        Role.OPERATOR: _OPERATOR,
        Role.ADMIN: frozenset(Scope),
    }
)
