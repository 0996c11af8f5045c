"""Pictures that came a moment ago, in memory until they are asked for."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from studio_detector.service.blobs import Vault

#: Of all pictures together: some twenty of 12 megapixels, or two thousand small ones.
MOST_BYTES = 64 * 1024 * 1024
#: Whoever asks later finds a picture only where it is kept.
HELD_S = 60.0


class AtHand:
    """`Vault` around another, for a process that analyses what it takes in itself.

    A picture put by `put` is also held in memory, and given from there once: most are analysed
    within a second, and need be neither looked up, read nor decrypted for it. Many that are put
    at once are not held, since they wait for each other. Nothing hangs on this memory: what is
    not kept is not held either, and what is not held is given from where it is kept.

    Args:
        inner: Where pictures are kept.
        most_bytes: Held at a time; then those that came first are let go of.
        monotonic: Seconds that only go forward.
    """

    def __init__(
        self,
        inner: Vault,
        *,
        most_bytes: int = MOST_BYTES,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inner = inner
        self._most_bytes = most_bytes
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._held: OrderedDict[str, tuple[bytes, float]] = OrderedDict()
        self._bytes = 0

    def put(self, key: str, data: bytes | bytearray) -> None:
        """See `Blobs.put`."""
        # Before it is kept: whoever deletes it meanwhile lets go of it, too.
        self._hold(key, bytes(data))
        try:
            self._inner.put(key, data)
        except BaseException:
            self._let_go(key)
            raise

    def put_all(self, pictures: Mapping[str, bytes | bytearray]) -> None:
        """See `Vault.put_all`."""
        self._inner.put_all(pictures)

    def get(self, key: str) -> bytes:
        """See `Vault.get`."""
        held = self._let_go(key)
        return self._inner.get(key) if held is None else held

    def find(self, keys: Sequence[str]) -> dict[str, Callable[[], bytes]]:
        """See `Vault.find`."""
        with self._lock:
            held = [key for key in keys if self._is_fresh(key)]
        others = [key for key in keys if key not in held]
        found = self._inner.find(others) if others else {}
        return {**found, **{key: partial(self.get, key) for key in held}}

    def exists(self, key: str) -> bool:
        """See `Blobs.exists`."""
        return self._inner.exists(key)

    def delete(self, key: str) -> None:
        """See `Blobs.delete`."""
        try:
            self._inner.delete(key)
        finally:
            self._let_go(key)

    def older_than(self, moment: datetime) -> Iterator[str]:
        """See `Blobs.older_than`."""
        return self._inner.older_than(moment)

    def ping(self) -> None:
        """See `Blobs.ping`."""
        self._inner.ping()

    def tidy(self) -> None:
        """See `Blobs.tidy`: pictures that nobody has asked for in a minute are let go of."""
        with self._lock:
            self._drop_old()
        self._inner.tidy()

    def close(self) -> None:
        """See `Blobs.close`."""
        with self._lock:
            self._held.clear()
            self._bytes = 0
        self._inner.close()

    def _hold(self, key: str, data: bytes) -> None:
        with self._lock:
            self._drop(key)
            self._drop_old()
            if len(data) > self._most_bytes:
                return
            while self._bytes + len(data) > self._most_bytes:
                self._drop(next(iter(self._held)))
            self._held[key] = (data, self._monotonic())
            self._bytes += len(data)

    def _let_go(self, key: str) -> bytes | None:
        """Hold a picture no longer; the picture, if it may still be given."""
        with self._lock:
            is_fresh = self._is_fresh(key)
            held = self._drop(key)
        return held if is_fresh else None

    def _is_fresh(self, key: str) -> bool:
        found = self._held.get(key)
        return found is not None and found[1] > self._monotonic() - HELD_S

    def _drop_old(self) -> None:
        """Those that came first are the oldest."""
        while self._held and not self._is_fresh(oldest := next(iter(self._held))):
            self._drop(oldest)

    def _drop(self, key: str) -> bytes | None:
        found = self._held.pop(key, None)
        if found is None:
            return None
        self._bytes -= len(found[0])
        return found[0]
