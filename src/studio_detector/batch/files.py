"""Steps on the disk after which a kill, or a power cut, leaves either the old or the new."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from typing import TYPE_CHECKING

from studio_detector.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

#: End of the name of a file that is being written. Whatever carries it is torn or unfinished.
TEMPORARY = ".part"


def create(path: Path) -> BinaryIO:
    """Open a new file for writing, in place of whatever had its name."""
    path.unlink(missing_ok=True)
    return path.open("xb")


def sync(file: BinaryIO) -> None:
    """Bring everything written so far onto the disk."""
    file.flush()
    os.fsync(file.fileno())


def sync_path(path: Path) -> None:
    """Bring a closed file onto the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def rename(source: Path, target: Path) -> None:
    """Give a file, already on the disk, its final name, for good."""
    source.replace(target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder onto the disk."""
    if sys.platform == "win32":  # folders cannot be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Remove a file, if it is there."""
    path.unlink(missing_ok=True)


def remove_folder(folder: Path) -> None:
    """Remove a folder with everything in it."""
    shutil.rmtree(folder)


def write_whole(path: Path, data: bytes) -> None:
    """Write a small file so that nobody ever sees a part of it."""
    temporary = path.with_name(path.name + TEMPORARY)
    with create(temporary) as file:
        file.write(data)
        sync(file)
    rename(temporary, path)


@contextlib.contextmanager
def telling_what_failed(what: str, advice: str) -> Iterator[None]:
    """Turn a failure of the operating system into an `OutputError`.

    Args:
        what: What is written, for the message.
        advice: The next step, for the message.

    Raises:
        OutputError: ``output_failed``.
    """
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{what} cannot be written: {error.strerror or error}; {advice}", code="output_failed"
        ) from error
