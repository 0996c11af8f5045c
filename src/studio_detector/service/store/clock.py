"""One clock for all machines: the database's."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from studio_detector.errors import BusyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio_detector.service.store.engine import Database

# While processes disagree, after that clock was set, a long job can lose a try at each sweep.
_ASK_EVERY_S = 1.0
_NOW = select(func.clock_timestamp())


class DatabaseClock:
    """Gives the time of PostgreSQL; thread-safe.

    Leases written by one machine are judged by another, whose clock may be an hour off. So the
    database is asked now and then, and in between time goes on by the monotonic clock, which
    nobody sets.

    Args:
        db: PostgreSQL.
        monotonic: Seconds that only go forward.

    Raises:
        BusyError: ``store_unavailable`` if the database gives no answer at the start; later
            ones are tried again while time goes on.
    """

    def __init__(self, db: Database, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._db = db
        self._monotonic = monotonic
        self._asking = threading.Lock()
        self._asked_at = monotonic()
        self._anchor = (self._asked(), self._asked_at)

    def __call__(self) -> datetime:
        """The moment, in UTC."""
        now_s = self._monotonic()
        # One thread asks, the others go on: asking takes a connection, and may take time.
        if now_s - self._asked_at > _ASK_EVERY_S and self._asking.acquire(blocking=False):
            try:
                self._asked_at = now_s
                self._anchor = (self._asked(), self._monotonic())
            except BusyError:
                pass  # said already; the old anchor is off by what quartz drifts
            finally:
                self._asking.release()
        moment, at_s = self._anchor
        return moment + timedelta(seconds=self._monotonic() - at_s)

    def _asked(self) -> datetime:
        moment: datetime = self._db.read(lambda tx: tx.execute(_NOW).scalar_one())
        return moment.astimezone(UTC)
