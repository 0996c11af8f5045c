"""From whatever the caller holds to bytes, bounded, without hanging on pipes or devices."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from studio_detector.errors import UnreadableError
from studio_detector.imaging.limits import Limits, check_file_size

if TYPE_CHECKING:
    from typing import Any

    import numpy.typing as npt

    #: What holds the bytes of a file.
    Readable: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO
    #: What `studio_detector.imaging.load` accepts.
    Source: TypeAlias = Readable | npt.NDArray[Any]

_CHUNK_BYTES = 1 << 20
# A name that cannot exist is not found, whatever the operating system calls it.
_ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM})


def read_source(source: Readable, limits: Limits) -> bytes:
    """Return the bytes of a picture.

    Args:
        source: A path, the bytes themselves, or a file object opened in binary mode, which
            is read from where it stands and left open.
        limits: Bounds; at most ``max_file_bytes`` + 1 bytes are read.

    Returns:
        At least one byte.

    Raises:
        UnreadableError: ``not_found``, ``not_a_file``, ``no_permission``, ``read_failed`` or
            ``empty``.
        LimitError: ``limit_file_size``.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        # Measured before the copy: a view may be larger than the limit.
        check_file_size(memoryview(source).nbytes, limits)
        data = bytes(source)
    elif isinstance(source, str | os.PathLike):
        data = _read_path(os.fsdecode(source), limits)
    elif callable(getattr(source, "read", None)):
        data = _read_stream(source, limits)
    else:
        raise UnreadableError(
            f"expected a path, bytes, a binary file object or a NumPy array, "
            f"got {type(source).__name__}",
            code="read_failed",
        )
    if not data:
        raise UnreadableError("there are no bytes; give a file with a picture", code="empty")
    return data


def _read_path(name: str, limits: Limits) -> bytes:
    with open_regular(name) as file:
        size_bytes = os.fstat(file.fileno()).st_size
        check_file_size(size_bytes, limits)
        # One byte more than there should be, so that the end shows without joining pieces.
        return _read_stream(file, limits, piece_bytes=max(_CHUNK_BYTES, size_bytes + 1))


def open_regular(name: str) -> BinaryIO:
    """Open a file for reading, without a buffer and without ever waiting for it.

    Args:
        name: Path of a regular file.

    Returns:
        The file; the caller closes it.

    Raises:
        UnreadableError: ``not_found``, ``not_a_file``, ``no_permission`` or ``read_failed``.
    """
    # Escapes line breaks, control characters and right-to-left overrides.
    shown = repr(name)
    if not name:
        raise UnreadableError("the path is empty; give the name of a file", code="not_found")
    try:
        path = Path(name)
        # Asked before opening, because opening a device can already have effects ...
        _require_regular(path.stat(), shown)
        # ... and without blocking, because the file may have become a pipe since.
        # `Path.open` takes no opener; the caller closes what is returned.
        file = open(path, "rb", buffering=0, opener=_open_without_waiting)  # noqa: SIM115
    except OSError as error:
        raise _unreadable(error, shown) from error
    except ValueError as error:  # a NUL in the name
        raise UnreadableError(f"no file can be named {shown}", code="not_found") from error
    try:
        _require_regular(os.fstat(file.fileno()), shown)
    except BaseException:
        file.close()
        raise
    return file


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _require_regular(status: os.stat_result, shown: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe, socket or device"
        raise UnreadableError(f"{shown} is {kind}; give a file", code="not_a_file")


def _unreadable(error: OSError, shown: str) -> UnreadableError:
    if error.errno in _ABSENT:
        return UnreadableError(f"there is no file {shown}; check the path", code="not_found")
    if error.errno in _FORBIDDEN:
        return UnreadableError(
            f"{shown} may not be read; check its permissions", code="no_permission"
        )
    return UnreadableError(
        f"{shown} could not be read: {error.strerror or error}; check the disk or the path",
        code="read_failed",
    )


def _read_stream(stream: BinaryIO, limits: Limits, *, piece_bytes: int = _CHUNK_BYTES) -> bytes:
    """Read to the end or to one byte beyond the limit, whichever comes first."""
    chunks: list[bytes] = []
    total = 0
    while total <= limits.max_file_bytes:
        try:
            chunk = stream.read(min(piece_bytes, limits.max_file_bytes + 1 - total))
        except OSError as error:
            raise _unreadable(error, "the stream") from error
        except ValueError as error:  # closed, or text that is not text
            raise UnreadableError(
                f"the stream could not be read: {error}", code="read_failed"
            ) from error
        if not isinstance(chunk, bytes | bytearray):
            raise UnreadableError(
                f"the stream gave {type(chunk).__name__} instead of bytes; "
                "open it in binary, blocking mode",
                code="read_failed",
            )
        if not chunk:
            break
        chunks.append(bytes(chunk))
        total += len(chunk)
    check_file_size(total, limits)
    return b"".join(chunks)
