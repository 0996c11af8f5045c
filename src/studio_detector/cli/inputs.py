"""From the arguments of the command line to photos, in a fixed order.

========================  ==============================================================
``-``                     one picture from standard input
an existing file          itself, whatever it is
an existing folder        its pictures, those of its sub-folders after its own
a pattern (``*?[``)       what it matches, as if the shell had expanded it
anything else             a failure with its name
========================  ==============================================================

In a folder, entries go in the order of their names; hidden ones, links to folders, and what
is neither a picture by its first bytes nor by its name are left out. A file or a dead link
called ``.jpg`` that holds no picture is therefore reported, a text file is not.
"""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from studio_detector.errors import InputError, UnreadableError
from studio_detector.pipeline.report import Failure
from studio_detector.reporting.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

#: The argument that stands for standard input.
STANDARD_INPUT = "-"

#: Names that promise a picture; a file in a folder that has one is never left out.
PICTURE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif"}
    | {".heic", ".heif"}
)

_HEAD_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo to analyse.

    Attributes:
        source: Its path, or the stream to read it from.
        path: Its name in the report.
    """

    source: str | BinaryIO
    path: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something to tell people about the inputs.

    Attributes:
        text: One line.
    """

    text: str


def expand(arguments: Sequence[str], stdin: BinaryIO | None) -> Iterator[Photo | Failure | Note]:
    """Expand arguments, one after the other and no earlier than needed.

    Args:
        arguments: Files, folders, patterns and ``-``.
        stdin: Standard input; None where the process was started without one.

    Yields:
        Photos, failures of arguments that name none, and notes.
    """
    for argument in arguments:
        if argument == STANDARD_INPUT:
            yield _standard_input(stdin)
        elif os.path.lexists(argument):
            yield from _existing(argument)
        elif glob.has_magic(argument):
            yield from _matches(argument)
        else:
            yield Photo(argument, argument)  # decoding says best what is wrong with it


def _standard_input(stdin: BinaryIO | None) -> Photo | Failure:
    if stdin is None:
        return Failure.of(
            STANDARD_INPUT,
            UnreadableError("standard input is closed; give a file", code="read_failed"),
        )
    return Photo(stdin, STANDARD_INPUT)


def _existing(path: str) -> Iterator[Photo | Failure | Note]:
    if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises where a folder above is closed
        yield from _folder(path)
    else:
        yield Photo(path, path)


def _matches(pattern: str) -> Iterator[Photo | Failure | Note]:
    # Path.glob takes no absolute pattern and drops a leading ./
    matches = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207
    if not matches:
        yield Failure.of(
            pattern,
            UnreadableError(
                f"no file matches the pattern {pattern!r}; check its spelling and its folder",
                code="not_found",
            ),
        )
    for path in matches:
        yield from _existing(path)


def _folder(folder: str) -> Iterator[Photo | Failure | Note]:
    found = left_out = 0
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        try:
            with os.scandir(current) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            found += 1
            yield Failure.of(
                current,
                UnreadableError(
                    f"the folder {current!r} cannot be listed: {error.strerror}; "
                    "check its permissions",
                    code="no_permission" if isinstance(error, PermissionError) else "read_failed",
                ),
            )
            continue
        visible = [entry for entry in entries if not entry.name.startswith(".")]
        for entry in visible:
            if not (_leads_to(entry, "file") or _leads_nowhere(entry)):
                continue
            if _is_picture(entry):
                found += 1
                yield Photo(entry.path, entry.path)
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
        yield Note(f"{folder}: left out {others} without a picture")


def _leads_to(entry: os.DirEntry[str], kind: Literal["file", "folder"]) -> bool:
    try:
        return entry.is_file() if kind == "file" else entry.is_dir()
    except OSError:  # a link in a circle, or behind a closed folder
        return False


def _leads_nowhere(entry: os.DirEntry[str]) -> bool:
    return entry.is_symlink() and not _leads_to(entry, "folder")


def _is_picture(entry: os.DirEntry[str]) -> bool:
    from studio_detector.imaging.sniff import sniff

    if Path(entry.name).suffix.lower() in PICTURE_SUFFIXES:
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
