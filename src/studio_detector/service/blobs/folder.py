"""Pictures in a folder of this machine."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import secrets
import threading
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from studio_detector.errors import BusyError
from studio_detector.service.blobs.base import is_key, picture_gone, split_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from io import FileIO

_ONLY_US = 0o700
_TO_WRITE = os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
_NEW_FILE = _TO_WRITE | os.O_CREAT | os.O_EXCL
# As many pictures as a large archive has; and not so much of the disk that anybody would miss it.
_MOST_SPARE = 2_048
_MOST_SPARE_BYTES = 256 * 1024 * 1024
# Whoever sends in bursts finds them again.
_SPARE_S = 60.0
_ZEROS = bytes(1024 * 1024)
# No tenant's name begins with a dot.
_INCOMING = ".incoming"
# Longer than any picture takes to be written.
_ABANDONED_AFTER_S = 3600.0
# EFBIG: a limit on file sizes is a full disk as far as this file goes.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_RETRY_WHEN_FULL_S = 60.0


class FolderBlobs:
    """`Blobs` in ``root/tenant/ab/abcdef...``, for this user alone.

    A picture is written beside its place and then renamed into it, so nobody sees half of one.
    Nothing is forced to the disk: a picture that a power failure takes has its job fail with a
    code, and can be sent again.

    The file of a deleted picture is overwritten with zeros and holds another one later, if one
    comes soon. ext4 gives no number of a file that was deleted in the last minutes to a new one,
    and where pictures come and go it searches long for one that it may give. A file that is
    shortened or deleted while the system writes it to the disk waits for that; one that is
    overwritten does not, and its memory need not be found anew either.

    Args:
        root: The folder; made where it is not there.
        noise: How files begin that nobody can read once their key is gone, as it is before they
            are deleted. They hold the next picture as they are: zeros would cost as much as that
            picture does. None where there are no such files.

    Raises:
        BusyError: ``storage_unavailable`` or ``storage_full`` if it cannot be made.
    """

    def __init__(self, root: Path, *, noise: bytes | None = None) -> None:
        self._root = root
        self._noise = noise
        self._incoming = root / _INCOMING
        self._spare = _SpareFiles()
        try:
            root.mkdir(mode=_ONLY_US, parents=True, exist_ok=True)
            self._incoming.mkdir(mode=_ONLY_US, exist_ok=True)
        except OSError as error:
            raise _busy(error) from error
        self._remove_abandoned()

    def put(self, key: str, data: bytes | bytearray) -> None:
        """See `Blobs.put`."""
        path = self._path(key)
        try:
            if self._refreshed(path, len(data)):
                return
            path.parent.parent.mkdir(mode=_ONLY_US, exist_ok=True)
            path.parent.mkdir(mode=_ONLY_US, exist_ok=True)
            self._write(path, data)
        except OSError as error:
            raise _busy(error) from error

    def get(self, key: str) -> bytes:
        """See `Blobs.get`."""
        try:
            return _read(self._path(key))
        except FileNotFoundError as error:
            self.ping()  # the folder may be what is gone
            raise picture_gone(key) from error
        except OSError as error:
            raise _busy(error) from error

    def exists(self, key: str) -> bool:
        """See `Blobs.exists`."""
        path = self._path(key)
        try:
            path.stat()
        except FileNotFoundError:
            self.ping()
            return False
        except OSError as error:
            raise _busy(error) from error
        return True

    def delete(self, key: str) -> None:
        """See `Blobs.delete`."""
        path = self._path(key)
        try:
            self._remove(path)
        except OSError as error:
            raise _busy(error) from error

    def older_than(self, moment: datetime) -> Iterator[str]:
        """See `Blobs.older_than`."""
        before = moment.timestamp()
        try:
            for tenant in _entries(self._root):
                if tenant.name == _INCOMING or not tenant.is_dir():
                    continue
                for part in _entries(Path(tenant)):
                    for file in _entries(Path(part)):
                        key = f"{tenant.name}/{file.name}"
                        if is_key(key) and _modified(file) < before:
                            yield key
        except OSError as error:
            raise _busy(error) from error

    def ping(self) -> None:
        """See `Blobs.ping`."""
        try:
            self._incoming.stat()
        except OSError as error:
            raise _busy(error) from error

    def tidy(self) -> None:
        """See `Blobs.tidy`: spare files are deleted that no picture has come for in a minute."""
        self._delete(self._spare.older_than(time.monotonic() - _SPARE_S))
        self._remove_abandoned()

    def close(self) -> None:
        """See `Blobs.close`: spare files are deleted."""
        self._delete(self._spare.older_than(math.inf))

    def _delete(self, paths: Iterable[Path]) -> None:
        for path in paths:
            with contextlib.suppress(OSError):
                path.unlink()

    def _path(self, key: str) -> Path:
        tenant, image_hash = split_key(key)
        return self._root / tenant / image_hash[:2] / image_hash

    def _refreshed(self, path: Path, size: int) -> bool:
        """Begin the keeping of a picture anew, if it is there and whole."""
        try:
            # A power failure may leave a shorter file under the name.
            if path.stat().st_size != size:
                return False
            os.utime(path)
        except FileNotFoundError:
            return False
        return True

    def _remove(self, path: Path) -> None:
        """Set the file of a picture that goes aside, so that it cannot be read, or delete it."""
        try:
            size = path.stat().st_size
            if not self._spare.has_room(size):
                path.unlink()
                return
            aside = self._aside()
            path.replace(aside)
        except FileNotFoundError:
            return
        try:
            with os.fdopen(os.open(aside, _TO_WRITE), "r+b", buffering=0) as file:
                # Somebody's copy by a link is not to become another picture.
                is_ours = os.fstat(file.fileno()).st_nlink == 1
                if is_ours and self._is_noise(file):
                    os.utime(file.fileno())  # or it would look abandoned
                elif is_ours:
                    _blank_out(file, size)
        except OSError:
            is_ours = False
        if is_ours:
            self._spare.add(aside, size)
        else:
            aside.unlink(missing_ok=True)

    def _is_noise(self, file: FileIO) -> bool:
        return self._noise is not None and file.read(len(self._noise)) == self._noise

    def _aside(self) -> Path:
        return self._incoming / secrets.token_hex(16)

    def _opened_aside(self) -> tuple[Path, int]:
        """A file of nobody's, spare or new."""
        with contextlib.suppress(IndexError, FileNotFoundError):
            aside = self._spare.take()
            return aside, os.open(aside, _TO_WRITE)
        aside = self._aside()
        return aside, os.open(aside, _NEW_FILE, 0o600)

    def _write(self, path: Path, data: bytes | bytearray) -> None:
        aside, opened = self._opened_aside()
        try:
            with os.fdopen(opened, "wb", buffering=0) as file:
                _write_all(file, data)
                if os.fstat(opened).st_size > len(data):  # a spare one was longer
                    file.truncate()
            aside.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                aside.unlink()
            raise

    def _remove_abandoned(self) -> None:
        """Remove what processes that were killed had begun to write, or had spare."""
        before = time.time() - _ABANDONED_AFTER_S
        with contextlib.suppress(OSError):
            for file in _entries(self._incoming):
                if _modified(file) < before:
                    with contextlib.suppress(OSError):
                        Path(file).unlink()


class _SpareFiles:
    """Files of deleted pictures that can be read no more; for any number of threads."""

    def __init__(self) -> None:
        self._files: deque[tuple[Path, int, float]] = deque()
        self._bytes = 0
        self._lock = threading.Lock()

    def has_room(self, size: int) -> bool:
        """Whether a file of so many bytes may be kept."""
        with self._lock:
            return len(self._files) < _MOST_SPARE and self._bytes + size <= _MOST_SPARE_BYTES

    def add(self, path: Path, size: int) -> None:
        """Keep a file."""
        with self._lock:
            self._files.append((path, size, time.monotonic()))
            self._bytes += size

    def take(self) -> Path:
        """The file that was added last.

        Raises:
            IndexError: If there is none.
        """
        with self._lock:
            path, size, _ = self._files.pop()
            self._bytes -= size
            return path

    def older_than(self, moment_s: float) -> Iterator[Path]:
        """Take the files that were added before a moment, the oldest first."""
        while True:
            with self._lock:
                if not self._files or self._files[0][2] >= moment_s:
                    return
                path, size, _ = self._files.popleft()
                self._bytes -= size
            yield path


def _write_all(file: FileIO, data: bytes | bytearray | memoryview) -> None:
    rest = memoryview(data)
    while rest:  # one call may write a part
        rest = rest[file.write(rest) :]


def _blank_out(file: FileIO, size: int) -> None:
    file.seek(0)
    with memoryview(_ZEROS) as zeros:
        for at in range(0, size, len(zeros)):
            _write_all(file, zeros[: size - at])


def _read(path: Path) -> bytes:
    """What the file of a picture holds, whoever deletes or puts it meanwhile."""
    while True:
        with path.open("rb", buffering=0) as file:
            data = file.read()
            # One that is not under the name any more may be empty, or hold another picture.
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return data


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            yield from found
    except NotADirectoryError:  # not ours
        return


def _modified(file: os.DirEntry[str]) -> float:
    try:
        return file.stat(follow_symlinks=False).st_mtime
    except FileNotFoundError:  # removed meanwhile: never old
        return float("inf")


def _busy(error: OSError) -> BusyError:
    reason = error.strerror or type(error).__name__
    if error.errno in _FULL:
        return BusyError(
            f"there is no room for the picture ({reason}); make room in the folder of pictures, "
            "or keep them for a shorter time (keep_pictures_s)",
            code="storage_full",
            retry_after_s=_RETRY_WHEN_FULL_S,
        )
    return BusyError(
        f"the folder of pictures cannot be used ({reason}); check its disk and its owner",
        code="storage_unavailable",
    )
