"""What every cache of results can do."""

from __future__ import annotations

from typing import Protocol


class ResultCache(Protocol):
    """Texts by key for a while; may be used by several threads at once.

    A cache is a convenience: no method raises. A cache that is away has nothing and takes
    nothing, and costs next to no time.
    """

    @property
    def is_away(self) -> bool:
        """Whether it failed when it was asked last, or is left alone since it did."""

    @property
    def is_left_alone(self) -> bool:
        """Whether it is not asked for a while, since it failed again and again."""

    def get(self, key: str) -> str | None:
        """Give what was put under a key; None if nothing was, or too long ago."""

    def put(self, key: str, value: str, ttl_s: float) -> None:
        """Remember a text.

        Args:
            key: Any text without line ends; who makes it includes tenant and pipeline version.
            value: JSON text.
            ttl_s: Seconds to remember it; nothing is remembered for 0 or less.
        """

    def delete(self, key: str) -> None:
        """Forget what was put under a key."""

    def ping(self) -> bool:
        """Say whether it is there; never later than after a second."""

    def close(self) -> None:
        """Let go of connections; nothing may be asked afterwards."""
