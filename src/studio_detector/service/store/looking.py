"""A look at a database from outside: nothing in it is made, changed or locked."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError

from studio_detector.errors import ConfigError
from studio_detector.service.store.data_keys import wrapped_counts
from studio_detector.service.store.engine import Database
from studio_detector.service.store.keys import Keys
from studio_detector.service.store.open import tables_version
from studio_detector.service.store.tables import master_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection

    from studio_detector.service.store.keys import ApiKey

T = TypeVar("T")

_NOW = select(func.clock_timestamp())
#: Whether it is SQLite -> its name, and what gives its version. SQLite reads no byte of the file
#: before it is asked for something in it.
_SERVERS = {
    True: ("SQLite", "SELECT sqlite_version() FROM (SELECT count(*) FROM sqlite_master)"),
    False: ("PostgreSQL", "SHOW server_version"),
}


class Looking:
    """What can be seen of a store without opening it.

    Every method raises ``BusyError`` (``store_unavailable``) if the database gives no answer, and
    ``ConfigError`` (``config_invalid_value``) if it is none of ours.

    Args:
        url: ``sqlite:///path`` or ``postgresql+psycopg://user:password@host/name``.

    Raises:
        ConfigError: ``config_invalid_value`` for any other database.
    """

    def __init__(self, url: str) -> None:
        self._db = Database(url, is_read_only=True)
        self._file = Path(make_url(url).database or "") if self._db.is_sqlite else None
        self._keys = Keys(self._db)

    @property
    def has_clock(self) -> bool:
        """Whether it tells a time of its own."""
        return not self._db.is_sqlite

    @property
    def is_missing(self) -> bool:
        """Whether it is a file that is not there."""
        return self._file is not None and not self._file.exists()

    def server(self) -> str:
        """What answers, with its version."""
        name, query = _SERVERS[self._db.is_sqlite]
        return f"{name} {self._read(lambda tx: tx.execute(text(query)).scalar_one())}"

    def tables_version(self) -> str | None:
        """Version of the tables; None if there are none."""
        return self._read(tables_version)

    def clock_lead_s(self) -> float:
        """Seconds by which the database's clock is ahead of this machine's; for `has_clock`."""
        self._read(lambda tx: tx.execute(_NOW).scalar_one())  # which may open the connection
        started = time.time()
        moment: datetime = self._read(lambda tx: tx.execute(_NOW).scalar_one())
        halfway = (started + time.time()) / 2
        return (moment - datetime.fromtimestamp(halfway, UTC)).total_seconds()

    def api_keys(self) -> list[ApiKey]:
        """The keys of all tenants, the newest first."""
        return self._read_from(self._keys.find_all)

    def wrapped_counts(self) -> dict[str, int]:
        """Master key -> keys of pictures that it has wrapped."""
        return self._read(wrapped_counts)

    def master_first_used_at(self, master_id: str) -> datetime | None:
        """Since when a master key wraps, UTC; None if it has wrapped nothing yet."""
        query = select(master_keys.c.first_used_at).where(master_keys.c.master_id == master_id)
        return self._read(lambda tx: tx.execute(query).scalar())

    def close(self) -> None:
        """Give back the connections."""
        self._db.close()

    def _read(self, work: Callable[[Connection], T]) -> T:
        return self._read_from(lambda: self._db.read(work))

    def _read_from(self, question: Callable[[], T]) -> T:
        try:
            return question()
        except DatabaseError as error:
            raise ConfigError(
                "database_url names something that is no database of ours "
                f"({type(error.orig).__name__}: {error.orig}); take another one",
                code="config_invalid_value",
            ) from error
