"""A SQLite database with tables and no rows; making the tables takes longer than most tests."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from studio_detector.service.store import open_store


@functools.cache
def _tables():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        open_store(f"sqlite:///{path}").close()
        return path.read_bytes()


def laid(path):
    """Lay a copy there, unless something is there already; returns its address."""
    if not path.exists():
        path.write_bytes(_tables())
    return f"sqlite:///{path}"
