"""What every counter of requests can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What is counted: requests of a key, a tenant, an address and all together, requests of an
#: address that were not recognised, and megapixels of a tenant.
Kind = Literal["key", "tenant", "address", "global", "failed", "megapixels"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a request may pass.

    Attributes:
        is_allowed: Whether.
        kind: The limit that refuses, or else the one of which least is left.
        limit: Most in its window.
        window_s: Seconds of its window.
        remaining: What is left of it.
        reset_s: Seconds until what was refused would be allowed, or else until this window ends.
    """

    is_allowed: bool
    kind: Kind
    limit: int
    window_s: int
    remaining: int
    reset_s: float


class Rates(Protocol):
    """Counts by name; may be used by several threads at once.

    Attributes:
        is_far: Whether `hit` asks another machine, and is to be called in a thread.
    """

    is_far: bool

    def hit(
        self, names: Mapping[Kind, str], *, cost: int = 1, is_trial: bool = False
    ) -> Verdict | None:
        """Count a request under every limit, or under none if one of them is used up.

        Where the counts cannot be reached, each process counts for itself meanwhile.

        Args:
            names: What is counted -> who.
            cost: What the request counts for, at least 1.
            is_trial: Whether to say only what would be said, and to count nothing.

        Returns:
            The verdict; None if none of the names has a limit.
        """
        ...

    def ping(self) -> bool:
        """Say whether the counts can be reached."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
