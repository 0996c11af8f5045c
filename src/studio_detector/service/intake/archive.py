"""Many pictures at once: the members of an archive, or a list of addresses."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from studio_detector.errors import FetchError, InputError, RequestError
from studio_detector.pipeline.report import Failure
from studio_detector.service.intake.arriving import Arriving
from studio_detector.service.intake.pictures import check_picture
from studio_detector.sources.archives.archive import photos_in
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
#: How much of an archive tells what kind it is.
HEAD_BYTES = 512
_CHUNK_BYTES = 1 << 20
# Beside each photo there may be a text or two, and folders of folders; headers alone, which pack
# to next to nothing, would keep a processor for hours.
_MEMBERS_OF_A_PHOTO = 4
_OTHER_MEMBERS = 1_000
# Archives have room for names of 64 KiB; nobody calls a picture so.
_MOST_NAME = 1024
# What the archive itself is called, in messages and before the names of its members.
_NAME = "archive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One picture of a batch, or why it is none.

    Attributes:
        name: What the sender calls it.
        image_hash: SHA-256 of its bytes, which were handed over for keeping.
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
    file: BinaryIO | Arriving, limits: Limits, *, keep: Callable[[str, bytes], None], most: int
) -> Iterator[Found]:
    """Pictures of an archive in stored order, each handed over for keeping before it is given.

    Args:
        file: The archive, in which can be sought; or one that arrives, see `runs_forwards`.
        limits: Of pictures, which bound each member.
        keep: Keeps a picture under its SHA-256.
        most: Pictures at most.

    Raises:
        RequestError: ``body_unsupported`` if it is no archive that is read;
            ``request_invalid`` for one without pictures, one that is damaged before the first
            of them, and beyond ``most``.
        BusyError: What ``keep`` raises.
        BrokenOffError: If the rest of one that arrives never comes, wherever its pictures end.
    """
    suffix = _kind_of(file)
    count = 0
    most_members = most * _MEMBERS_OF_A_PHOTO + _OTHER_MEMBERS
    photos = photos_in(cast("BinaryIO", file), _NAME, suffix, limits, most_members=most_members)
    for item in photos:
        if isinstance(item, Note):
            continue
        count += 1
        if count > most:
            raise RequestError(
                f"the archive holds more than {most} photos; split it into several",
                code="request_invalid",
            )
        name = (item.path or "").removeprefix(_NAME).lstrip("/")[:_MOST_NAME] or _NAME
        if isinstance(item, Failure):
            if item.path == _NAME and count == 1:
                raise RequestError(item.message, code="request_invalid")
            yield Found(name=name, error_code=item.code, error_message=item.message)
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
    if isinstance(file, Arriving):
        file.finish()


def runs_forwards(head: bytes) -> bool:
    """Whether an archive is read from its beginning to its end, and so can be while it comes.

    Args:
        head: Its first `HEAD_BYTES`, or all of it.
    """
    return _suffix_of(head) not in {None, ".zip"}


def _kind_of(file: BinaryIO | Arriving) -> str:
    """The suffix of an archive by its first bytes, before which it then stands.

    Raises:
        RequestError: ``body_unsupported``.
    """
    if isinstance(file, Arriving):
        head = file.peek(HEAD_BYTES)
    else:
        file.seek(0)
        head = file.read(HEAD_BYTES)
        file.seek(0)
    suffix = _suffix_of(head)
    if suffix is not None:
        return suffix
    raise RequestError(
        "the body is no archive that is read; send a zip, or a tar, also with gzip or zstd",
        code="body_unsupported",
    )


def _suffix_of(head: bytes) -> str | None:
    return next((suffix for at, known, suffix in _KINDS if head.startswith(known, at)), None)


def digest_of(file: BinaryIO | Arriving) -> str:
    """SHA-256 of a file, hex; of one that arrives, once all has come.

    Raises:
        BrokenOffError: If it never does.
    """
    if isinstance(file, Arriving):
        return file.digest()
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()
