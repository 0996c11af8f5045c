"""The journal of erasures: what a database that was restored from a backup does not know."""

from __future__ import annotations

import errno
import json
import logging
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, get_args
from uuid import UUID

from studio_detector.errors import OutputError
from studio_detector.service.blobs.base import is_key
from studio_detector.service.records import Erasure, ErasureKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: The journal in the data folder.
JOURNAL_FILE = "erasures.jsonl"

_ONLY_US = 0o600
_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND
_KINDS = frozenset(get_args(ErasureKind))

_log = logging.getLogger(__name__)


class Journal:
    """A file to which lines are added, each an `Erasure`, and from which nothing is taken.

    Several processes may add to it: each line is one write, and reaches the disk before
    `add` returns.

    Args:
        path: The file; made with its first line. Its folder exists.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, erasure: Erasure) -> None:
        """Add an erasure, before anything is erased.

        Raises:
            OutputError: ``output_failed`` if it cannot be written.
        """
        line = json.dumps(_as_data(erasure), separators=(",", ":")) + "\n"
        try:
            is_new = not self._path.exists()
            handle = os.open(self._path, _APPEND, _ONLY_US)
            try:
                # A line that a power failure cut is ended first, so that it spoils no other.
                data = (_end_of_torn(self._path) + line).encode("ascii")
                if os.write(handle, data) < len(data):  # what a disk that is filling up does
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(handle)
            finally:
                os.close(handle)
            if is_new:
                _sync_folder(self._path.parent)
        except OSError as error:
            raise OutputError(
                f"the journal of erasures, {self._path.name} in the data folder, cannot be written "
                f"({error.strerror or type(error).__name__}), and nothing was erased; make room "
                "or the folder writable, and erase again",
                code="output_failed",
            ) from error

    def read(self) -> Iterator[Erasure]:
        """Every erasure, the oldest first; what is no line of ours is left out, and said.

        Raises:
            OutputError: ``output_failed`` if there is a file that cannot be read.
        """
        try:
            with self._path.open("rb") as file:
                for number, line in enumerate(file, 1):
                    erasure = _of_line(line)
                    if erasure is not None:
                        yield erasure
                    elif line.strip():
                        _log.warning("line %d of %s is no erasure", number, self._path)
        except FileNotFoundError:
            return
        except OSError as error:
            raise OutputError(
                f"the journal of erasures {self._path} cannot be read "
                f"({error.strerror or error}); what a restored database should forget is not "
                "known without it",
                code="output_failed",
            ) from error


def _as_data(erasure: Erasure) -> dict[str, str]:
    return {
        "id": str(erasure.id),
        "tenant": erasure.tenant,
        "kind": erasure.kind,
        "object": erasure.object,
        "erased_at": erasure.erased_at.astimezone(UTC).isoformat(),
    }


def _of_line(line: bytes) -> Erasure | None:
    try:
        data = json.loads(line)
        texts = {name: data[name] for name in ("id", "tenant", "kind", "object", "erased_at")}
        if not all(isinstance(text, str) for text in texts.values()) or data["kind"] not in _KINDS:
            return None
        if data["kind"] == "job":
            UUID(data["object"])
        image_hash = data["object"] if data["kind"] == "picture" else "0" * 64
        if not is_key(f"{data['tenant']}/{image_hash}"):
            return None
        moment = datetime.fromisoformat(texts["erased_at"])
        return Erasure(
            id=UUID(texts["id"]),
            tenant=texts["tenant"],
            kind=data["kind"],
            object=texts["object"],
            erased_at=moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC),
        )
    # OverflowError: a moment that is none in UTC.
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return None


def _end_of_torn(path: Path) -> str:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return ""
        file.seek(-1, os.SEEK_END)
        return "" if file.read(1) == b"\n" else "\n"


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
