"""What the log is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

#: "allowed" was done, "refused" was not permitted or asked too often, "failed" is all else.
Outcome = Literal["allowed", "refused", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One act. It holds no content of pictures, no name of a file, no address of a picture.

    Attributes:
        at: When, UTC.
        tenant: Whose objects; "" where nobody was recognised.
        actor: Who: `Principal.actor`, "command-line", "service", "audit", or "unknown".
        action: What, in a word with dots: "api.get", "key.created", "erased.picture".
        object: On what: a route's template with identifiers ("/api/v1/jobs/UUID"), or a key's id.
        outcome: How it ended.
        address: Network address of who asked; None for acts on this machine.
    """

    at: datetime
    tenant: str
    actor: str
    action: str
    object: str
    outcome: Outcome
    address: str | None = None
