"""How many connections are open, all together and from one address."""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING

from studio_detector.service.api.callers import NOWHERE, Caller

if TYPE_CHECKING:
    from collections.abc import Callable

try:
    import resource
except ImportError:  # Windows, which has no such bound
    resource = None  # type: ignore[assignment]

_log = logging.getLogger(__name__)

# Files that the service opens beside connections: database, pictures, pipes to children.
_OWN_FILES = 256


class Connections:
    """Counts connections; belongs to one event loop.

    Args:
        most: Connections at most; one address has half of them.
        is_trusted: Says of an address whether it is a proxy, which has many callers behind it.
    """

    def __init__(self, most: int, is_trusted: Callable[[str], bool]) -> None:
        self._most = most
        self._most_of_one = max(1, most // 2)
        self._is_trusted = is_trusted
        self._count = 0
        self._of: Counter[str] = Counter()

    def enter(self, address: str | None) -> str | None:
        """Count a connection, unless there are too many.

        Args:
            address: Where it comes from; None if that is not known.

        Returns:
            Under what it was counted, for `leave`; None if it was not.
        """
        who = NOWHERE if address is None or self._is_trusted(address) else _counted_as(address)
        if self._count >= self._most:
            return None
        if who != NOWHERE and self._of[who] >= self._most_of_one:
            return None
        self._count += 1
        self._of[who] += 1
        return who

    def leave(self, who: str) -> None:
        """Forget a connection that was counted.

        Args:
            who: What `enter` gave.
        """
        self._count -= 1
        self._of[who] -= 1
        if not self._of[who]:
            del self._of[who]


def possible_connections(wanted: int) -> int:
    """As many as are wanted, or as this process may open files for.

    The bound of the process is raised to what it may be raised to, where more are wanted.

    Args:
        wanted: ``max_connections``.
    """
    if resource is None:
        return wanted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + _OWN_FILES
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    possible = wanted if soft == resource.RLIM_INFINITY else max(1, min(wanted, soft - _OWN_FILES))
    if possible < wanted:
        _log.warning(
            "%d connections are taken instead of %d: this process may open no more files",
            possible,
            wanted,
        )
    return possible


def _counted_as(address: str) -> str:
    return Caller(address=address, scheme="", host=None).counted_as
