"""What tar and zip have in common: which members are photos, and what to say of the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_detector.errors import (
    DecodeError,
    LimitError,
    StudioDetectorError,
    UnreadableError,
    UnsupportedError,
)
from studio_detector.imaging.limits import check_file_size
from studio_detector.pipeline.report import Failure
from studio_detector.reporting.words import counted
from studio_detector.sources.names import is_hidden, promises_picture
from studio_detector.sources.photo import Note, Photo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from studio_detector.imaging.limits import Limits

#: What WebDataset keeps beside each picture; not worth a word.
SIDECAR_SUFFIXES = (".json", ".txt", ".cls")

# Fragments of messages of tarfile, gzip, zipfile and Arrow, in lower case.
_TRUNCATED = ("unexpected end", "truncated", "ended before", "eof", "end-of-stream")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A regular file in an archive.

    Attributes:
        name: Its name with forward slashes, which may say anything.
        size_bytes: Its declared size.
        read: Gives its bytes, no more than declared.
        is_apart: Whether damage to it leaves the members after it readable.
        obstacle: Why it cannot be read; None where it can.
    """

    name: str
    size_bytes: int
    read: Callable[[], bytes]
    is_apart: bool
    obstacle: UnsupportedError | None = None


def check_members(count: int, most: int | None) -> None:
    """Refuse an archive whose members nobody could want to have looked through.

    Args:
        count: Members so far, of any kind.
        most: As many as may be; None for no bound.

    Raises:
        LimitError: ``limit_file_size``.
    """
    if most is not None and count > most:
        raise LimitError(
            f"the archive has more than {most} members; split it, or leave out what is no photo",
            code="limit_file_size",
        )


def member_photos(
    archive: str, members: Iterator[Member | Note], limits: Limits
) -> Iterator[Photo | Failure | Note]:
    """Read the photos among the members of an archive, one at a time, in stored order.

    Args:
        archive: Its name.
        members: Its regular files. May raise anything: nobody knows what readers of archives
            raise on hostile bytes.
        limits: ``max_file_bytes`` bounds each member.

    Yields:
        Photos and failures under ``archive/name``; a failure under the name of the archive
        where it breaks off or holds no picture, else a note of what was left out.
    """
    found = left_out = 0
    while True:
        try:
            member = next(members, None)
        except Exception as error:  # noqa: BLE001 - see the docstring
            yield Failure.of(archive, _as_ours(error, "archive"))
            return
        if member is None:
            break
        if isinstance(member, Note):
            yield member
        elif promises_picture(member.name) and not is_hidden(member.name):
            found += 1
            item = _photo(archive, member, limits)
            yield item
            if isinstance(item, Failure) and item.path == archive:
                return
            del item  # so that the next one is read into free memory
        else:
            left_out += not (is_hidden(member.name) or _is_sidecar(member.name))
    others = counted(left_out, "other member")
    if not found:
        yield Failure.of(
            archive,
            UnreadableError(
                f"there is no picture in the archive {archive!r} ({others}); "
                "give an archive of photos",
                code="not_found",
            ),
        )
    elif left_out:
        yield Note(text=f"{archive}: left out {others} without a picture")


def _photo(archive: str, member: Member, limits: Limits) -> Photo | Failure:
    """Read a member; where that fails for all that follow, the failure is the archive's."""
    path = f"{archive}/{member.name}"
    try:
        check_file_size(member.size_bytes, limits)
        if member.obstacle is not None:
            return Failure.of(path, member.obstacle)
    except LimitError as error:
        return Failure.of(path, error)
    try:
        return Photo(source=member.read(), path=path)
    except Exception as error:  # noqa: BLE001 - see `member_photos`
        if member.is_apart:
            return Failure.of(path, _as_ours(error, "member"))
        return Failure.of(archive, _as_ours(error, f"archive (at {member.name!r})"))


def _is_sidecar(name: str) -> bool:
    return name.lower().endswith(SIDECAR_SUFFIXES)


def _as_ours(error: Exception, what: str) -> StudioDetectorError:
    """Turn whatever a reader of archives raised into one of our errors."""
    if isinstance(error, StudioDetectorError):
        return error
    said = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, MemoryError):
        return LimitError(f"there was no memory for the {what}; unpack it first", code="memory")
    if isinstance(error, NotImplementedError):
        return UnsupportedError(
            f"this form of {what} is not read ({said}); unpack it first", code="unsupported_variant"
        )
    if isinstance(error, EOFError) or any(words in said.lower() for words in _TRUNCATED):
        return DecodeError(f"the {what} is cut short ({said}); fetch it again", code="truncated")
    if isinstance(error, OSError) and error.errno is not None:
        return UnreadableError(
            f"the {what} could not be read: {error.strerror}; check the disk", code="read_failed"
        )
    return DecodeError(f"the {what} is damaged ({said}); fetch it again", code="corrupt")
