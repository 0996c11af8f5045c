"""Having a database overwrite what its deleted rows leave behind.

SQLite zeroes what is deleted (``secure_delete``, set with each connection). Two things are left:
its write-ahead log, which holds pages as they were until it is written back and cut; and copies
of rows that it moved from page to page before they were deleted, which only writing the whole
database anew is sure to get rid of. (Of 4,063 rows that were erased in random order between
others, four left such a copy.)

PostgreSQL keeps old versions of rows until they are vacuumed, and what they held until their
room is used again; its own log and its backups are beyond us.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    import sqlite3
    from typing import Any

    from sqlalchemy.engine import Engine

# Readers are brief; who reads for longer delays the next cut, and nothing else.
_WAIT_MS = 2000
# Written anew in memory up to here, and beyond it in a temporary file.
_IN_MEMORY_BYTES = 256 * 1024 * 1024
_TABLES = (
    "jobs",
    "in_flight",
    "results",
    "feedback",
    "deliveries",
    "idempotency",
    "batches",
    "subjects",
    "pictures",
    "data_keys",
)


def scrub_sqlite(engine: Engine, most_bytes: float) -> bool:
    """Write a database anew unless it is too large, and cut its log to nothing.

    Args:
        engine: Of the database.
        most_bytes: Largest database that is written anew; others wait while it is.

    Returns:
        Whether it was written anew; somebody who reads or writes may hinder it.
    """
    connection = engine.raw_connection()
    try:
        driver: Any = connection.driver_connection
        (wait_ms,) = driver.execute("PRAGMA busy_timeout").fetchone()
        # Not for as long as a write would wait: somebody may read a long list.
        driver.execute(f"PRAGMA busy_timeout = {_WAIT_MS}")
        try:
            is_new = _written_anew(driver, most_bytes)
            (is_busy, *_) = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            driver.execute(f"PRAGMA busy_timeout = {wait_ms}")
    finally:
        connection.close()
    return is_new and not is_busy


def scrub_postgres(engine: Engine, *, is_whole: bool) -> bool:
    """Vacuum what an erasure touches.

    Args:
        engine: Of the database.
        is_whole: Write the tables anew, for which they are locked; otherwise a table that is
            being vacuumed already is left to who does it.

    Returns:
        True.
    """
    how = "FULL" if is_whole else "SKIP_LOCKED"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if is_whole:
            connection.execute(text("SET statement_timeout = 0"))
        try:
            connection.execute(text(f"VACUUM ({how}) {', '.join(_TABLES)}"))
        finally:
            if is_whole:
                connection.execute(text("RESET statement_timeout"))
    return True


def _written_anew(driver: sqlite3.Connection, most_bytes: float) -> bool:
    (pages,) = driver.execute("PRAGMA page_count").fetchone()
    (page_bytes,) = driver.execute("PRAGMA page_size").fetchone()
    size = pages * page_bytes
    if size > most_bytes:
        return False
    store = "MEMORY" if size <= _IN_MEMORY_BYTES else "FILE"
    driver.execute(f"PRAGMA temp_store = {store}")
    try:
        driver.execute("VACUUM")
    finally:
        driver.execute("PRAGMA temp_store = MEMORY")
    return True
