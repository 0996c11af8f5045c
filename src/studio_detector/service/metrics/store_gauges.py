"""What is read from the store for a scrape: rarely, on a thread of its own, and never for long."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from studio_detector.errors import BusyError
from studio_detector.service.metrics.registry import read_gauge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from prometheus_client.core import Metric

    from studio_detector.service.store.observing import Observed

_log = logging.getLogger(__name__)

#: Seconds for which what was read is good, however often it is asked for.
KEPT_S = 5.0
#: Seconds that a scrape waits for the store.
PATIENCE_S = 1.0
_NAMES = (
    "studio_jobs",
    "studio_queue_oldest_seconds",
    "studio_deliveries",
    "studio_master_key_age_seconds",
    "studio_key_expiry_seconds",
)
_REACHABLE = "studio_store_reachable"


class StoreGauges:
    """A collector that asks the store; while that is away, it says so and nothing else.

    Args:
        look: Looks at the store.
        kept_s: Seconds for which a look is good.
        patience_s: Seconds that a scrape waits for one.
        monotonic: Seconds that only go forward.
    """

    def __init__(
        self,
        look: Callable[[], Observed],
        *,
        kept_s: float = KEPT_S,
        patience_s: float = PATIENCE_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look = look
        self._kept_s = kept_s
        self._patience_s = patience_s
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._looking: threading.Event | None = None
        self._seen: Observed | None = None
        self._seen_at = float("-inf")

    def describe(self) -> Iterable[Metric]:
        """The gauges, without asking the store."""
        return [read_gauge(name) for name in (*_NAMES, _REACHABLE)]

    def collect(self) -> Iterable[Metric]:
        """The gauges as the store has them, or had them up to five seconds ago."""
        seen = self._observed()
        reachable = read_gauge(_REACHABLE)
        reachable.add_metric((), float(seen is not None))
        return [reachable, *(() if seen is None else _gauges(seen))]

    def _observed(self) -> Observed | None:
        with self._lock:
            if self._monotonic() - self._seen_at < self._kept_s:
                return self._seen
            # A look that hangs is not taken again before it has come back.
            looking = self._looking
            if looking is None:
                looking = threading.Event()
                threading.Thread(
                    target=self._take, args=(looking,), name="metrics", daemon=True
                ).start()
                # Only now: a thread that the system refuses would be waited for for ever.
                self._looking = looking
        if not looking.wait(self._patience_s):
            return None
        return self._seen

    def _take(self, done: threading.Event) -> None:
        seen = None
        try:
            seen = self._look()
        except BusyError as error:
            _log.info("the metrics lack what the store tells: %s", error.message)
        except Exception:  # noqa: BLE001 - whatever it is, the scrape goes on
            _log.exception("a defect of ours: the store was not looked at for the metrics")
        with self._lock:
            self._seen, self._seen_at = seen, self._monotonic()
            self._looking = None
        done.set()


def _gauges(seen: Observed) -> Iterable[Metric]:
    jobs, oldest, deliveries, master_key, key_expiry = (read_gauge(name) for name in _NAMES)
    for (queue, state), count in seen.jobs.items():
        jobs.add_metric((queue, state), count)
    for queue, seconds in seen.oldest_s.items():
        oldest.add_metric((queue,), seconds)
    deliveries.add_metric(("owed",), seen.owed)
    deliveries.add_metric(("given_up",), seen.given_up)
    if seen.master_key_age_s is not None:
        master_key.add_metric((), seen.master_key_age_s)
    if seen.key_expires_in_s is not None:
        key_expiry.add_metric((), seen.key_expires_in_s)
    return jobs, oldest, deliveries, master_key, key_expiry
