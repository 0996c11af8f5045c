"""Many pictures at once: the members of an archive, or a list of addresses."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studio_detector.errors import BusyError, FetchError, InputError, RequestError
from studio_detector.pipeline.report import Failure
from studio_detector.service.intake.pictures import check_picture
from studio_detector.sources.archives.archive import archive_photos
from studio_detector.sources.photo import Note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import BinaryIO

    from studio_detector.imaging.limits import Limits
    from studio_detector.service.intake.wishes import NamedAddress

# Where the signature lies, the signature, and the suffix that readers of archives go by.
_KINDS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"PK\x03\x04", ".zip"),
    (0, b"PK\x05\x06", ".zip"),
    (0, b"\x1f\x8b", ".tar.gz"),
    (0, b"\x28\xb5\x2f\xfd", ".tar.zst"),
    (257, b"ustar", ".tar"),
)
_HEAD_BYTES = 512
_CHUNK_BYTES = 1 << 20
# Archives have room for names of 64 KiB; nobody calls a picture so.
_MOST_NAME = 1024
# EFBIG: a limit on file sizes is a full disk as far as this file goes.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_RETRY_WHEN_FULL_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One picture of a batch, or why it is none.

    Attributes:
        name: What the sender calls it.
        image_hash: SHA-256 of its bytes, which are kept already.
        image_url: Where it is to be fetched from.
        error_code: Why it cannot be analysed.
        error_message: Likewise, in words.
    """

    name: str | None = None
    image_hash: str | None = None
    image_url: str | None = None
    error_code: str | None = None
    error_message: str | None = None


def from_addresses(items: Sequence[NamedAddress], check: Callable[[str], None]) -> Iterator[Found]:
    """Addresses in their order; those that would never be fetched with the reason.

    Args:
        items: The addresses.
        check: Raises `FetchError` for such.
    """
    for item in items:
        name = item.url if item.name is None else item.name
        try:
            check(item.url)
        except FetchError as error:
            yield Found(name=name, error_code=error.code, error_message=error.message)
        else:
            yield Found(name=name, image_url=item.url)


def from_archive(
    file: BinaryIO,
    scratch: Path,
    limits: Limits,
    *,
    keep: Callable[[str, bytes], None],
    most: int,
) -> Iterator[Found]:
    """Pictures of an archive in stored order, each kept before it is given.

    Args:
        file: The archive.
        scratch: Private folder to which it is copied, since its readers go by names.
        limits: Of pictures, which bound each member.
        keep: Keeps a picture under its SHA-256.
        most: Pictures at most.

    Raises:
        RequestError: ``body_unsupported`` if it is no archive that is read;
            ``request_invalid`` for one without pictures, one that is damaged before the first
            of them, and beyond ``most``.
        BusyError: ``storage_full`` or ``storage_unavailable`` for the copy; what ``keep``
            raises.
    """
    with _copied(file, scratch, kind_of(file)) as copy:
        count = 0
        for item in archive_photos(copy, limits):
            if isinstance(item, Note):
                continue
            count += 1
            if count > most:
                raise RequestError(
                    f"the archive holds more than {most} photos; split it into several",
                    code="request_invalid",
                )
            name = _name_in(item.path or "", copy)
            if isinstance(item, Failure):
                message = _without_path(item.message, copy)
                if item.path == copy and count == 1:
                    raise RequestError(message, code="request_invalid")
                yield Found(name=name, error_code=item.code, error_message=message)
                continue
            data = bytes(item.source)  # type: ignore[arg-type]  # members come as bytes
            try:
                check_picture(data, limits)
            except InputError as error:
                yield Found(name=name, error_code=error.code, error_message=error.message)
                continue
            image_hash = hashlib.sha256(data).hexdigest()
            keep(image_hash, data)
            yield Found(name=name, image_hash=image_hash)


def kind_of(file: BinaryIO) -> str:
    """The suffix of an archive by its first bytes.

    Raises:
        RequestError: ``body_unsupported``.
    """
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    for at, signature, suffix in _KINDS:
        if head.startswith(signature, at):
            return suffix
    raise RequestError(
        "the body is no archive that is read; send a zip, or a tar, also with gzip or zstd",
        code="body_unsupported",
    )


def digest_of(file: BinaryIO) -> str:
    """SHA-256 of a file, hex."""
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


@contextlib.contextmanager
def _copied(file: BinaryIO, scratch: Path, suffix: str) -> Iterator[str]:
    with contextlib.ExitStack() as stack:
        try:
            folder = stack.enter_context(tempfile.TemporaryDirectory(dir=scratch))
            path = Path(folder) / f"archive{suffix}"
            file.seek(0)
            with path.open("wb") as copy:
                shutil.copyfileobj(file, copy, _CHUNK_BYTES)
        except OSError as error:
            raise _busy(error) from error
        yield str(path)


def _busy(error: OSError) -> BusyError:
    reason = error.strerror or type(error).__name__
    if error.errno in _FULL:
        return BusyError(
            f"there is no room for the archive ({reason}); make room in the folder of the "
            "service, or send a smaller one",
            code="storage_full",
            retry_after_s=_RETRY_WHEN_FULL_S,
        )
    return BusyError(
        f"the archive cannot be put aside ({reason}); check the folder of the service",
        code="storage_unavailable",
    )


def _name_in(path: str, archive: str) -> str:
    return path.removeprefix(archive).lstrip("/")[:_MOST_NAME] or "archive"


def _without_path(message: str, archive: str) -> str:
    """The message without the name of the copy, which says nothing to the sender."""
    for written in (archive, repr(archive)[1:-1]):
        message = message.replace(f"{written}/", "").replace(written, "archive")
    return message
