"""A cache whose answers are counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio_detector.service.cache.base import ResultCache


@dataclass(frozen=True, slots=True)
class CountedCache:
    """`ResultCache` around another one.

    Attributes:
        cache: What remembers.
        count: Told "hit", "miss", or "error" for a question that a cache which is away did not
            answer.
    """

    cache: ResultCache
    count: Callable[[str], None]

    @property
    def is_away(self) -> bool:
        """See `ResultCache.is_away`."""
        return self.cache.is_away

    @property
    def is_left_alone(self) -> bool:
        """See `ResultCache.is_left_alone`."""
        return self.cache.is_left_alone

    def get(self, key: str) -> str | None:
        """See `ResultCache.get`."""
        value = self.cache.get(key)
        if value is not None:
            self.count("hit")
        else:
            self.count("error" if self.cache.is_away else "miss")
        return value

    def put(self, key: str, value: str, ttl_s: float) -> None:
        """See `ResultCache.put`."""
        self.cache.put(key, value, ttl_s)

    def delete(self, key: str) -> None:
        """See `ResultCache.delete`."""
        self.cache.delete(key)

    def ping(self) -> bool:
        """See `ResultCache.ping`."""
        return self.cache.ping()

    def close(self) -> None:
        """See `ResultCache.close`."""
        self.cache.close()
