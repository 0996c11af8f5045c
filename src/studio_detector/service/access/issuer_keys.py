"""The keys of the identity provider: loaded now and then, and kept while it is away."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from studio_detector.errors import AccessError, StudioDetectorError
from studio_detector.service.access.key_set import read_key_set

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from studio_detector.service.access.key_set import KeySet

#: Keys are loaded anew when they are older.
FRESH_S = 300.0
#: While loading fails, keys are used up to this age.
STALE_S = 3600.0
#: Pause between two tries to load, also where a token names a key that is not there.
PAUSE_S = 30.0
#: Largest set that is taken.
MOST_BYTES = 256 * 1024

_log = logging.getLogger(__name__)


class IssuerKeys:
    """Keeps a key set; safe to use from many threads.

    Args:
        load: Gives the set's JSON, at most `MOST_BYTES`; raises errors of ours, or `OSError`.
        algorithms: Those that are taken.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        load: Callable[[], bytes],
        algorithms: Collection[str],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._algorithms = frozenset(algorithms)
        self._clock = clock
        self._loading = threading.Lock()
        self._kept: tuple[KeySet, float] | None = None
        self._tried_at: float | None = None

    def recall(self) -> KeySet | None:
        """The keys, without waiting; None if they must be loaded."""
        now = self._clock()
        if self._kept is None:
            return None
        keys, loaded_at = self._kept
        age_s = now - loaded_at
        if age_s < FRESH_S or (age_s < STALE_S and not self._may_try(now)):
            return keys
        return None

    def current(self) -> KeySet:
        """The keys, loaded if need be.

        Raises:
            AccessError: ``auth_unavailable`` if they cannot be loaded and are not kept.
        """
        return self.recall() or self._loaded()

    def renewed(self) -> KeySet:
        """The keys, loaded anew unless that was tried a moment ago: there may be a new one.

        Raises:
            AccessError: ``auth_unavailable`` likewise.
        """
        return self._loaded()

    def _may_try(self, now: float) -> bool:
        return self._tried_at is None or now - self._tried_at >= PAUSE_S

    def _loaded(self) -> KeySet:
        # Whoever comes meanwhile waits, and finds that it was tried a moment ago. Those who know
        # the key of their token do not come here.
        with self._loading:
            if self._may_try(self._clock()):
                self._tried_at = self._clock()
                self._try()
            if self._kept is not None and self._clock() - self._kept[1] < STALE_S:
                return self._kept[0]
        raise AccessError(
            "tokens cannot be checked now, because the keys of their issuer cannot be had; try "
            "again later, or use an API key",
            code="auth_unavailable",
            retry_after_s=PAUSE_S,
        )

    def _try(self) -> None:
        try:
            keys = read_key_set(self._load(), self._algorithms)
        except (StudioDetectorError, OSError, ValueError) as error:
            _log.warning("the keys of the issuer (jwt_keys) cannot be loaded: %s", error)
            return
        if keys.left_out:
            _log.info("%d keys of the issuer verify no tokens here", keys.left_out)
        self._kept = (keys, self._clock())
