"""When keys were used last, written now and then and never while somebody waits."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

from studio_detector.errors import BusyError

if TYPE_CHECKING:
    from datetime import datetime

    from studio_detector.service.store.keys import ApiKey, Keys

#: A key's last use is written at most once in so many seconds.
WRITTEN_EVERY_S = 60.0

_log = logging.getLogger(__name__)


class LastUses:
    """Notes the uses of keys in a thread of its own; safe to use from many threads.

    Args:
        keys: Where they are noted.
    """

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._every = timedelta(seconds=WRITTEN_EVERY_S)
        self._writer = ThreadPoolExecutor(1, "key-uses")
        self._lock = threading.Lock()
        self._waiting: set[str] = set()
        self._is_closed = False

    def note(self, key: ApiKey, now: datetime) -> None:
        """Take a use; it is written soon, unless one of the last minute is known.

        Args:
            key: The key, as it was just read.
            now: When.
        """
        if key.last_used_at is not None and now - key.last_used_at < self._every:
            return
        with self._lock:
            if self._is_closed or key.id in self._waiting:
                return
            self._waiting.add(key.id)
            self._writer.submit(self._write, key.id, now)

    def close(self) -> None:
        """Write what waits, and take nothing more."""
        with self._lock:
            self._is_closed = True
        self._writer.shutdown()

    def _write(self, key_id: str, now: datetime) -> None:
        try:
            self._keys.used(key_id, now, unless_since=now - self._every)
        except BusyError as error:
            _log.info("the last use of a key was not noted: %s", error.message)
        finally:
            with self._lock:
                self._waiting.discard(key_id)
