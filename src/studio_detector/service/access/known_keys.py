"""Whose a key is: asked of the database, and remembered for a few seconds."""

from __future__ import annotations

import hmac
import logging
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_detector.errors import AccessError
from studio_detector.service.access.key_text import read_key
from studio_detector.service.access.principal import principal_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from studio_detector.service.access.key_hashes import KeyHashes
    from studio_detector.service.access.last_uses import LastUses
    from studio_detector.service.access.principal import Principal
    from studio_detector.service.store.keys import ApiKey, Keys

#: So long after a key was revoked, a process may still take it.
REMEMBERED_S = 5.0
_MOST_REMEMBERED = 10_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Remembered:
    key: ApiKey
    principal: Principal
    until: float


class KnownKeys:
    """Recognises keys; safe to use from many threads.

    Args:
        keys: Of all tenants.
        hashes: Of the service.
        uses: Notes when keys are used.
        clock: Gives the moment, in UTC.
        monotonic: Seconds that only go forward.
    """

    def __init__(
        self,
        keys: Keys,
        hashes: KeyHashes,
        uses: LastUses,
        *,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keys = keys
        self._hashes = hashes
        self._uses = uses
        self._clock = clock
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._remembered: OrderedDict[str, _Remembered] = OrderedDict()
        self._foreign: set[str] = set()

    def recall(self, text: str) -> Principal | None:
        """Recognise a key from memory; None if it is not remembered."""
        key = read_key(text)
        if key is None:
            return None
        # By the hash, so that neither a key lies in memory nor the search tells of one.
        found = self._remembered.get(self._hashes.of(key))
        if found is None or self._monotonic() >= found.until:
            return None
        return found.principal if found.key.is_live(self._clock()) else None

    def recognise(self, text: str) -> Principal:
        """Recognise a key by what the database says now.

        Raises:
            AccessError: ``unauthenticated`` for a key that is not accepted, whatever the reason.
            BusyError: ``store_unavailable``.
        """
        key = read_key(text)
        if key is None:
            raise _refused()
        # The same work whether there is such an id or not, so that time tells nothing of ids.
        hashed = self._hashes.of(key)
        found = self._keys.find(key.id)
        kept = (found.secret_hash if found else None) or self._hashes.nobodys
        fits = hmac.compare_digest(kept, hashed)
        now = self._clock()
        if found is None or not fits or not found.is_live(now):
            self._tell_of_another_secret(found)
            raise _refused()
        self._uses.note(found, now)
        return self._remember(hashed, found)

    def _remember(self, hashed: str, key: ApiKey) -> Principal:
        principal = principal_of(key)
        with self._lock:
            until = self._monotonic() + REMEMBERED_S
            self._remembered[hashed] = _Remembered(key, principal, until)
            self._remembered.move_to_end(hashed)
            while len(self._remembered) > _MOST_REMEMBERED:
                self._remembered.popitem(last=False)
        return principal

    def _tell_of_another_secret(self, found: ApiKey | None) -> None:
        if found is None or found.secret_hash is None or found.id in self._foreign:
            return
        if not self._hashes.is_ours(found.secret_hash):
            self._foreign.add(found.id)
            _log.warning(
                "the key %s was made with another service_secret and is not accepted; set the same "
                "secret for every process of the service, or make a new key",
                found.id,
            )


def _refused() -> AccessError:
    return AccessError(
        "the key is not accepted; check that it is whole, of this service, and neither expired "
        "nor revoked",
        code="unauthenticated",
    )
