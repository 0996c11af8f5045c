"""What was analysed already, by the digest of its bytes, on disk so that memory does not grow."""

from __future__ import annotations

import contextlib
import marshal
import os
import sqlite3
import tempfile
import threading
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

_CACHE_KIB = 8 * 1024
# Rows repeat their keys; the fastest level already makes them three times smaller.
_COMPRESSION = 1


class Seen(Protocol):
    """The first row of each content; asked by several threads, told by one."""

    def get(self, sha256: str) -> dict[str, Any] | None:
        """The row of that digest; None if there is none."""

    def put(self, sha256: str, row: Mapping[str, Any]) -> None:
        """Remember a row; a later one of the same digest is ignored."""


class SeenOnDisk:
    """`Seen` in a temporary SQLite file that ends with this object.

    It only saves work, so it never stops a run: where the disk is full or fails, it forgets
    what it held, says so in `trouble`, and later copies are analysed like any photo.

    Args:
        folder: Where the file lies, best on the disk of the output; None takes the system's
            folder for temporary files.

    Raises:
        OSError: If no file can be made there.
    """

    def __init__(self, folder: Path | None = None) -> None:
        handle, name = tempfile.mkstemp(prefix=".studio-detector-seen-", dir=folder)
        os.close(handle)
        self._path = Path(name)
        self._lock = threading.Lock()
        self._trouble: str | None = None
        self._database: sqlite3.Connection | None = sqlite3.connect(
            self._path, check_same_thread=False, isolation_level=None
        )
        # One transaction that is never committed: the file need not outlive the process.
        self._database.executescript(
            f"""
            PRAGMA journal_mode = OFF;
            PRAGMA synchronous = OFF;
            PRAGMA locking_mode = EXCLUSIVE;
            PRAGMA cache_size = -{_CACHE_KIB};
            CREATE TABLE seen (sha256 BLOB PRIMARY KEY, row BLOB NOT NULL) WITHOUT ROWID;
            BEGIN;
            """
        )
        if os.name == "posix":
            # The open file lives on without its name, and no end of the process leaves it.
            self._path.unlink()

    @property
    def trouble(self) -> str | None:
        """Why it forgot everything; None if it did not."""
        return self._trouble

    def get(self, sha256: str) -> dict[str, Any] | None:
        """The row of that digest; None if there is none."""
        found = self._execute("SELECT row FROM seen WHERE sha256 = ?", bytes.fromhex(sha256))
        if found is None:
            return None
        row: dict[str, Any] = marshal.loads(zlib.decompress(found[0]))  # noqa: S302 - our own bytes
        return row

    def put(self, sha256: str, row: Mapping[str, Any]) -> None:
        """Remember a row; a later one of the same digest is ignored."""
        # Nobody else can write to the file and no other version reads it, and marshal takes a
        # tenth of the time of JSON.
        packed = zlib.compress(marshal.dumps(dict(row)), _COMPRESSION)
        self._execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", bytes.fromhex(sha256), packed)

    def _execute(self, statement: str, *values: bytes) -> Any:  # noqa: ANN401 - a row of SQLite
        with self._lock:
            if self._database is None:
                return None
            try:
                return self._database.execute(statement, values).fetchone()
            except sqlite3.Error as error:
                self._trouble = str(error)
                self._end()
                return None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Forget everything and remove the file."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        database, self._database = self._database, None
        if database is not None:
            # Rolling back fails without a journal.
            with contextlib.suppress(sqlite3.Error):
                database.close()
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
