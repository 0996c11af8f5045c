"""A cache in the memory of this process."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(slots=True)
class MemoryCache:
    """`ResultCache` of bounded size; what was asked for longest ago goes first.

    Attributes:
        max_entries: Most texts it holds.
        clock: Seconds that never go back.
    """

    max_entries: int
    clock: Callable[[], float] = time.monotonic
    _entries: OrderedDict[str, tuple[str, float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_away(self) -> bool:
        """See `ResultCache.is_away`."""
        return False

    @property
    def is_left_alone(self) -> bool:
        """See `ResultCache.is_left_alone`."""
        return False

    def get(self, key: str) -> str | None:
        """See `ResultCache.get`."""
        now = self.clock()
        with self._lock:
            found = self._entries.get(key)
            if found is None:
                return None
            value, until = found
            if until <= now:
                del self._entries[key]
                return None
            self._entries.move_to_end(key)
            return value

    def put(self, key: str, value: str, ttl_s: float) -> None:
        """See `ResultCache.put`."""
        if ttl_s <= 0:
            return
        until = self.clock() + ttl_s
        with self._lock:
            self._entries[key] = (value, until)
            self._entries.move_to_end(key)
            while len(self._entries) > self.max_entries:
                self._entries.popitem(last=False)

    def delete(self, key: str) -> None:
        """See `ResultCache.delete`."""
        with self._lock:
            self._entries.pop(key, None)

    def ping(self) -> bool:
        """See `ResultCache.ping`."""
        return True

    def close(self) -> None:
        """See `ResultCache.close`."""
        with self._lock:
            self._entries.clear()
