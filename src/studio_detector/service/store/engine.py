"""The way into the database: connections, transactions, and what their failures mean."""

from __future__ import annotations

import logging
import math
import sqlite3
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import quote

import orjson
from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from studio_detector.errors import BusyError, ConfigError
from studio_detector.service.store.scrubbing import scrub_postgres, scrub_sqlite
from studio_detector.service.store.types import to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy.engine import Connection, Engine

_LOG = logging.getLogger(__name__)
T = TypeVar("T")

#: How long one process waits for another one's write, in SQLite.
_SQLITE_WAIT_S = 30.0
#: Limits of each PostgreSQL session: a statement, a wait for a lock, an open transaction.
_POSTGRES_OPTIONS = (
    "-c timezone=UTC -c statement_timeout=30000 -c lock_timeout=10000 "
    "-c idle_in_transaction_session_timeout=60000"
)
#: Seconds and milliseconds until a server that fell silent counts as gone.
_POSTGRES_LIMITS = {
    "connect_timeout": 5,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
#: Two transactions that waited for one another (deadlock, serialisation): one may try again.
_TRY_AGAIN = frozenset({"40P01", "40001"})
_TRIES = 5
_FAILURES = (DBAPIError, PoolTimeoutError, sqlite3.Error)
_MOST_CHARACTERS = 200


class _OfThread(threading.local):
    """The transaction that a thread is in, and what it does once that is committed."""

    def __init__(self) -> None:
        self.connection: Connection | None = None
        self.afterwards: list[Callable[[], None]] = []


class Database:
    """A pool of connections with two kinds of transactions.

    Args:
        url: ``sqlite:///path`` or ``postgresql+psycopg://user:password@host/name``.
        is_read_only: Whether nothing can be made or changed, not even a file of SQLite.

    Raises:
        ConfigError: ``config_invalid_value`` for any other database.
    """

    def __init__(self, url: str, *, is_read_only: bool = False) -> None:
        self._url = _checked(url)
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
        make = _sqlite_engine if self.is_sqlite else _postgres_engine
        self._engine = make(self._url, is_read_only=is_read_only)
        # SQLite lets one write at a time and others poll: threads of one process queue here.
        self._turn = threading.Lock()
        self._writer: Connection | None = None
        self._mine = _OfThread()

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a transaction that may write; it is all done or not at all.

        ``work`` is called again if the database asks for it or its connection had died, so it
        must do nothing but talk to the database, or what may be done twice. Where this thread is
        in a transaction that writes already, ``work`` becomes a part of that.

        Raises:
            BusyError: ``store_unavailable`` if the database cannot be reached or is too busy.
        """
        mine = self._mine
        if mine.connection is not None:
            return work(mine.connection)

        def attempt() -> T:
            mine.afterwards = []
            with self._sqlite_turn() if self.is_sqlite else self._engine.begin() as connection:
                mine.connection = connection
                try:
                    return work(connection)
                finally:
                    mine.connection = None

        done = self._patiently(attempt)
        _do_all(mine.afterwards)
        return done

    def once_written(self, do: Callable[[], None]) -> None:
        """Do something when the transaction of this thread is committed, or at once without one.

        What it raises, whoever began the transaction gets, once all else was done; the
        transaction is committed then.
        """
        if self._mine.connection is None:
            do()
        else:
            self._mine.afterwards.append(do)

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a transaction that only reads.

        Where this thread is in a transaction that writes, ``work`` becomes a part of that.

        Raises:
            BusyError: ``store_unavailable`` if the database cannot be reached or is too busy.
        """
        if self._mine.connection is not None:
            return work(self._mine.connection)

        def attempt() -> T:
            with self._engine.connect() as connection:
                if self.is_sqlite:
                    _begin_sqlite(connection, "BEGIN")
                return work(connection)

        return self._patiently(attempt)

    def scrub(self, most_bytes: float = math.inf) -> bool:
        """Overwrite what deleted rows leave behind; see `scrubbing`.

        Args:
            most_bytes: Largest database that is written anew; others wait while it is.

        Returns:
            Whether nothing is left; somebody who reads or writes at this moment may hinder it.

        Raises:
            BusyError: ``store_unavailable`` if the database cannot be reached or is too busy.
        """

        def attempt() -> bool:
            if not self.is_sqlite:
                return scrub_postgres(self._engine, is_whole=most_bytes == math.inf)
            with self._turn:
                return scrub_sqlite(self._engine, most_bytes)

        return self._patiently(attempt)

    def close(self) -> None:
        """Give back the connections."""
        with self._turn:
            self._let_writer_go()
        self._engine.dispose()

    def busy(self, error: Exception) -> BusyError | None:
        """What to raise if an error says that the database is away or has no time."""
        is_away = isinstance(
            error, (OperationalError, PoolTimeoutError, sqlite3.OperationalError)
        ) or getattr(error, "connection_invalidated", False)
        if not is_away:
            return None
        reason = self._reason(error)
        _LOG.warning("the database gave no answer: %s", reason)
        return BusyError(
            f"the database gave no answer: {reason}; try again, and see to the database if this "
            "goes on",
            code="store_unavailable",
        )

    @contextmanager
    def _sqlite_turn(self) -> Iterator[Connection]:
        """A transaction of the one connection that writes.

        What it has read it need not read again, as it would where another had written between;
        and it is kept, since taking it from a pool costs more than to begin and to commit.
        """
        with self._turn:
            if self._writer is None:
                self._writer = self._engine.connect()
            try:
                with self._writer.begin():
                    # A deferred transaction that has read and wants to write may fail.
                    _begin_sqlite(self._writer, "BEGIN IMMEDIATE")
                    yield self._writer
            except BaseException:
                self._let_writer_go()
                raise

    def _let_writer_go(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _patiently(self, attempt: Callable[[], T]) -> T:
        for tries_left in reversed(range(_TRIES)):
            try:
                return attempt()
            except _FAILURES as error:
                if tries_left and _may_try_again(error):
                    time.sleep(0.01 * (_TRIES - tries_left))
                    continue
                busy = self.busy(error)
                if busy is None:
                    raise
                raise busy from error
        raise AssertionError("unreachable: the last try returns or raises")

    def _reason(self, error: Exception) -> str:
        """The driver's first line, without the password that it might repeat."""
        origin = getattr(error, "orig", None) or error
        text = (str(origin).splitlines() or [""])[0][:_MOST_CHARACTERS]
        if self._url.password:
            text = text.replace(str(self._url.password), "***")
        return f"{type(origin).__name__}: {text}"


def _do_all(things: Sequence[Callable[[], None]]) -> None:
    """Do each, whatever becomes of the others; then raise the first error."""
    failed: Exception | None = None
    for do in things:
        try:
            do()
        except Exception as error:  # noqa: BLE001 - raised once all are done
            failed = failed or error
    if failed is not None:
        raise failed


def _may_try_again(error: Exception) -> bool:
    if getattr(getattr(error, "orig", None), "sqlstate", None) in _TRY_AGAIN:
        return True
    # A pooled connection whose server was restarted meanwhile. Nothing was committed unless it
    # was the COMMIT that failed, which is no statement; then nobody knows, and nobody repeats.
    return (
        isinstance(error, DBAPIError)
        and error.connection_invalidated
        and error.statement is not None
    )


def _checked(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigError(
            "database_url is no address of a database; give sqlite:///path or "
            "postgresql+psycopg://user:password@host/name",
            code="config_invalid_value",
        ) from error
    if parsed.drivername in {"postgres", "postgresql"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    is_file = parsed.drivername == "sqlite" and parsed.database not in {None, "", ":memory:"}
    if is_file or parsed.drivername == "postgresql+psycopg":
        return parsed
    raise ConfigError(
        f"database_url begins {parsed.drivername!r} and names {parsed.database!r}; give "
        "sqlite:///path of a file or postgresql+psycopg://user:password@host/name",
        code="config_invalid_value",
    )


def _sqlite_engine(url: URL, *, is_read_only: bool) -> Engine:
    connect_args: dict[str, Any] = {"check_same_thread": False}
    if "timeout" not in url.query:
        connect_args["timeout"] = _SQLITE_WAIT_S
    engine = create_engine(
        _read_only(url) if is_read_only else url,
        json_serializer=to_json,
        # Names and addresses, which no message of an error is to repeat.
        hide_parameters=True,
        json_deserializer=orjson.loads,
        pool_size=8,
        max_overflow=56,
        pool_timeout=_SQLITE_WAIT_S,
        connect_args=connect_args,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        # The driver begins nothing by itself.
        connection.isolation_level = None
        if is_read_only:
            return
        _set_wal(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA temp_store = MEMORY")
        # What is deleted is to be gone from the file, too.
        connection.execute("PRAGMA secure_delete = ON")

    return engine


def _begin_sqlite(connection: Connection, how: str) -> None:
    # Of the driver itself, and not by an event of SQLAlchemy, which makes every statement slower.
    driver = cast("sqlite3.Connection", connection.connection.dbapi_connection)
    driver.execute(how)


def _read_only(url: URL) -> URL:
    path = Path(url.database or "")
    # Where nobody has the database open, there is no log beside it, and reading in the usual way
    # would make one and leave it there.
    log = path.with_name(f"{path.name}-wal")
    way = {} if log.exists() else {"immutable": "1"}
    return url.set(database=f"file:{quote(str(path))}").update_query_dict(
        {"uri": "true", "mode": "ro", **way}
    )


def _set_wal(connection: sqlite3.Connection) -> None:
    # Only this statement does not wait for others: two processes that begin at once collide.
    until = time.monotonic() + _SQLITE_WAIT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def _postgres_engine(url: URL, *, is_read_only: bool) -> Engine:
    connect_args: dict[str, Any] = {
        name: value for name, value in _POSTGRES_LIMITS.items() if name not in url.query
    }
    options = url.query.get("options", _POSTGRES_OPTIONS)
    read_only = " -c default_transaction_read_only=on" if is_read_only else ""
    connect_args["options"] = f"{options}{read_only}"
    return create_engine(
        url,
        json_serializer=to_json,
        # Names and addresses, which no message of an error is to repeat.
        hide_parameters=True,
        json_deserializer=orjson.loads,
        pool_size=10,
        max_overflow=20,
        pool_timeout=10.0,
        pool_recycle=1800,
        connect_args=connect_args,
    )
