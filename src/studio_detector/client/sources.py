"""From what a picture is given as to what is sent."""

from __future__ import annotations

import contextlib
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from studio_detector.client.steps import Upload
from studio_detector.errors import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A picture: an address (``http://`` or ``https://``) or a path as text, a path, bytes, or a
#: file that was opened in binary mode.
Source: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO

# The names of people's files are nobody's business.
_NAME = "picture"


def is_address(source: object) -> bool:
    """Whether a source is to be fetched by the service."""
    return isinstance(source, str) and source.lower().startswith(("http://", "https://"))


def upload_of(source: Source) -> Upload:
    """What to send of a source that is no address.

    Raises:
        UnreadableError: ``read_failed`` if a file cannot be read.
    """
    if isinstance(source, str | os.PathLike):
        return Upload(content=Path(source), name=_NAME)
    if isinstance(source, bytes | bytearray | memoryview):
        return Upload(content=bytes(source), name=_NAME)
    try:
        # Read now: for a second try it would have to be wound back.
        return Upload(content=source.read(), name=_NAME)
    except (OSError, ValueError) as error:
        raise UnreadableError(
            f"the file cannot be read ({error}); give it opened in binary mode",
            code="read_failed",
        ) from error


@contextlib.contextmanager
def opened_upload(upload: Upload) -> Iterator[BinaryIO]:
    """Open an upload for one try.

    Raises:
        UnreadableError: ``not_found``, ``not_a_file``, ``no_permission`` or ``read_failed``.
    """
    if isinstance(upload.content, bytes):
        yield io.BytesIO(upload.content)
        return
    path = upload.content
    try:
        file = path.open("rb")
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    with file:
        yield file


def _unreadable(path: Path, error: Exception) -> UnreadableError:
    name = repr(str(path))
    if isinstance(error, FileNotFoundError):
        return UnreadableError(f"there is no file {name}; check the path", code="not_found")
    if isinstance(error, IsADirectoryError):
        return UnreadableError(f"{name} is a folder; give a file", code="not_a_file")
    if isinstance(error, PermissionError):
        return UnreadableError(f"{name} may not be read; change its rights", code="no_permission")
    reason = getattr(error, "strerror", None) or str(error)
    return UnreadableError(f"{name} cannot be read: {reason}; check the disk", code="read_failed")
