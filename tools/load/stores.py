"""What a picture leaves in PostgreSQL and Redis, and what it makes them do."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from tools.faults.servers import Postgres

_TABLES = (
    "SELECT relname, n_live_tup, pg_total_relation_size(relid) "
    # What a run notes for its own audit is no part of the service.
    "FROM pg_stat_user_tables WHERE relname NOT LIKE 'faults%' ORDER BY relname"
)
_COMMITS = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
# Only who writes takes a number; others leave no commit on the disk. It may be a little more than
# the commits that were reported by then.
_WRITES = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
_WAL = "SELECT pg_current_wal_lsn() - '0/0'::pg_lsn"
# In PostgreSQL 18 and later `pg_stat_io` tells it, by kind of process.
_FLUSHES = "SELECT wal_sync FROM pg_stat_wal"
_FLUSHES_18 = "SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal'"
_SQLITE = {
    "jobs": "SELECT count(*) FROM jobs",
    "results": "SELECT count(*) FROM results",
    "pages": "PRAGMA page_count",
    "free pages": "PRAGMA freelist_count",
    "page bytes": "PRAGMA page_size",
}


def plain(url: str) -> str:
    """The address of a database as psycopg takes it."""
    return url.replace("+psycopg", "")


def look_at_postgres(url: str) -> dict[str, int]:
    """Counters that only grow.

    Returns:
        ``commits`` (also of transactions that only read; each connection reports its own some
        seconds late), ``writes`` (numbers given to transactions that write, also to those that
        were rolled back or lie within others), ``wal_bytes``, and ``flushes``: how often the log
        was brought to the disk.
    """
    import psycopg  # noqa: PLC0415 - an embedded run does without

    with psycopg.connect(plain(url), autocommit=True) as connection:
        is_18 = connection.info.server_version >= 180_000
        statements = {
            "commits": _COMMITS,
            "writes": _WRITES,
            "wal_bytes": _WAL,
            "flushes": _FLUSHES_18 if is_18 else _FLUSHES,
        }
        found = {}
        for name, statement in statements.items():
            row = connection.execute(statement).fetchone()
            found[name] = int(row[0]) if row else 0
    return found


def postgres_tables(url: str) -> dict[str, dict[str, int]]:
    """Table -> rows, and bytes with indexes and what is stored aside."""
    import psycopg  # noqa: PLC0415

    with psycopg.connect(plain(url), autocommit=True) as connection:
        # Without it, the numbers of rows are estimates of a while ago.
        connection.execute("VACUUM ANALYZE")
        return {
            name: {"rows": int(rows), "bytes": int(size)}
            for name, rows, size in connection.execute(_TABLES)
        }


def sqlite_bytes(folder: Path) -> dict[str, int]:
    """Of the embedded service: bytes of all pages in use, wherever they lie, and rows."""
    with closing(sqlite3.connect(f"file:{folder / 'studio.db'}?mode=ro", uri=True)) as connection:
        found = {name: int(connection.execute(sql).fetchone()[0]) for name, sql in _SQLITE.items()}
    pages = found.pop("pages") - found.pop("free pages")
    return {"bytes": pages * found.pop("page bytes"), **found}


def look_at_redis(url: str) -> dict[str, int]:
    """``bytes`` of all keys with what they are found by, and ``commands`` so far."""
    import redis  # noqa: PLC0415

    with closing(redis.Redis.from_url(url)) as client:
        memory: dict[str, Any] = client.memory_stats()
        told: dict[str, Any] = client.info("stats")
    tables = [one for name, one in memory.items() if name.startswith("db.")]
    return {
        "bytes": int(memory["dataset.bytes"])
        + sum(int(size) for one in tables for size in one.values()),
        "commands": int(told["total_commands_processed"]),
    }


def commit_rates(server: Postgres, seconds: float = 2.0) -> dict[str, float]:
    """Commits of one row a second that this disk takes, from one client and from eight at once.

    Args:
        server: As safe as its defaults make it.
        seconds: Of each turn.
    """
    url = plain(server.new_database())
    import psycopg  # noqa: PLC0415

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE commits (at timestamptz)")
    return {str(clients): round(_commits(url, clients, seconds), 1) for clients in (1, 8)}


def _commits(url: str, clients: int, seconds: float) -> float:
    import psycopg  # noqa: PLC0415

    counts = [0] * clients
    until = time.monotonic() + seconds

    def commit(number: int) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while time.monotonic() < until:
                connection.execute("INSERT INTO commits VALUES (now())")
                counts[number] += 1

    begun = time.monotonic()
    threads = [threading.Thread(target=commit, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.monotonic() - begun)
