"""A file for readers that take nothing but a path."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="studio-fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def written(name: str, data: bytes) -> str:
    """Path of a file of that name that holds the bytes; the next one takes its place."""
    path = _folder() / name
    path.write_bytes(data)
    return str(path)
