"""Locks on folders, which the system takes off when their process ends, however it ends."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def folder_lock(folder: Path, *, waits: bool = False) -> Iterator[bool]:
    """Hold a folder while the block runs, so that nobody else who asks can.

    Args:
        folder: The folder; no link is followed.
        waits: Whether to wait until nobody else holds it.

    Yields:
        Whether it is held: not on Windows, and not on file systems without locks.

    Raises:
        BlockingIOError: If somebody else holds it, maybe in this process.
        OSError: If it is no folder, or may not be opened.
    """
    if sys.platform == "win32":
        yield False
        return
    import fcntl  # noqa: PLC0415 - only where there is one

    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
            is_held = True
        except BlockingIOError:
            raise
        except OSError:
            is_held = False
        yield is_held
    finally:
        os.close(descriptor)
