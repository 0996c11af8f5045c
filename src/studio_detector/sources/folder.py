"""The pictures of a folder and of its sub-folders."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from studio_detector.errors import InputError, UnreadableError
from studio_detector.pipeline.report import Failure
from studio_detector.reporting.words import counted
from studio_detector.sources.names import promises_picture
from studio_detector.sources.photo import Note, Photo

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD_BYTES = 1024


def folder_photos(folder: str) -> Iterator[Photo | Failure | Note]:
    """Find the pictures of a folder, those of its sub-folders after its own.

    Entries go in the order of their names; hidden ones, links to folders, and what is neither
    a picture by its first bytes nor by its name are left out. A file or a dead link called
    ``.jpg`` that holds no picture is therefore given, a text file is not. One folder's
    entries are held at a time.

    Args:
        folder: Its path.

    Yields:
        Photos, a failure for each folder that cannot be listed, and at last a note of what
        was left out, or the failure that there is no picture at all.
    """
    found = left_out = 0
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        try:
            with os.scandir(current) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            found += 1
            yield Failure.of(current, _unlistable(current, error))
            continue
        visible = [entry for entry in entries if not entry.name.startswith(".")]
        for entry in visible:
            if not (_leads_to(entry, "file") or _leads_nowhere(entry)):
                continue
            if _is_picture(entry):
                found += 1
                yield Photo(source=entry.path, path=entry.path)
            else:
                left_out += 1
        # The last one is taken next: reversed, so that names go upwards.
        waiting += [e.path for e in reversed(visible) if e.is_dir(follow_symlinks=False)]
    others = counted(left_out, "other file")
    if not found:
        yield Failure.of(
            folder,
            UnreadableError(
                f"there is no picture in the folder {folder!r} ({others}); "
                "give a folder with photos",
                code="not_found",
            ),
        )
    elif left_out:
        yield Note(text=f"{folder}: left out {others} without a picture")


def _unlistable(folder: str, error: OSError) -> UnreadableError:
    return UnreadableError(
        f"the folder {folder!r} cannot be listed: {error.strerror}; check its permissions",
        code="no_permission" if isinstance(error, PermissionError) else "read_failed",
    )


def _leads_to(entry: os.DirEntry[str], kind: Literal["file", "folder"]) -> bool:
    try:
        return entry.is_file() if kind == "file" else entry.is_dir()
    except OSError:  # a link in a circle, or behind a closed folder
        return False


def _leads_nowhere(entry: os.DirEntry[str]) -> bool:
    return entry.is_symlink() and not _leads_to(entry, "folder")


def _is_picture(entry: os.DirEntry[str]) -> bool:
    from studio_detector.imaging.sniff import sniff  # noqa: PLC0415 - keeps --help fast

    if promises_picture(entry.name):
        return True
    if not _leads_to(entry, "file"):
        return False
    try:
        with Path(entry.path).open("rb") as file:
            sniff(file.read(_HEAD_BYTES))
    except InputError:
        return False
    except OSError:
        return True  # reported when it is analysed
    return True
