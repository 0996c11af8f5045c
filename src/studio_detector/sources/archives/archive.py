"""From an archive of any kind to photos."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from studio_detector.errors import StudioDetectorError, UnreadableError
from studio_detector.imaging.source import open_regular
from studio_detector.pipeline.report import Failure
from studio_detector.sources.archives.members import member_photos
from studio_detector.sources.archives.tar import TAR_SUFFIXES, check_compression, tar_members
from studio_detector.sources.archives.zip import zip_members

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from studio_detector.imaging.limits import Limits
    from studio_detector.sources.photo import Note, Photo

#: Suffixes of archives, in lower case.
ARCHIVE_SUFFIXES = (*TAR_SUFFIXES, ".zip")


def is_archive(name: str) -> bool:
    """Tell by its suffix whether a file is an archive that is read."""
    return name.lower().endswith(ARCHIVE_SUFFIXES)


def check_archive(name: str) -> None:
    """Make sure, before a long run, that archives of this kind can be read.

    Raises:
        MissingExtraError: ``missing_extra`` if that needs pyarrow, which is not installed.
    """
    check_compression(_tar_compression(name))


def archive_photos(path: str, limits: Limits) -> Iterator[Photo | Failure | Note]:
    """Read the photos of an archive, one at a time, in stored order; nothing goes to the disk.

    Args:
        path: A file for which `is_archive` holds.
        limits: ``max_file_bytes`` bounds each member.

    Yields:
        Photos with their bytes, under ``path/name of the member``; failures of members, and of
        the archive where it breaks off; notes.
    """
    try:
        with open_regular(path) as raw, io.BufferedReader(raw) as file:  # type: ignore[type-var]
            if not file.peek(1):
                raise UnreadableError(
                    f"there are no bytes in the archive {path!r}; fetch it again", code="empty"
                )
            yield from photos_in(file, path, path, limits)
    except StudioDetectorError as error:
        yield Failure.of(path, error)


def photos_in(
    file: BinaryIO, name: str, suffix: str, limits: Limits, *, most_members: int | None = None
) -> Iterator[Photo | Failure | Note]:
    """Read the photos of an archive that is open; see `archive_photos`.

    Args:
        file: The archive, from its beginning; a zip can be sought in.
        name: What it is called.
        suffix: One of `ARCHIVE_SUFFIXES`, or a name that ends so: what kind it is.
        limits: ``max_file_bytes`` bounds each member.
        most_members: Members of any kind, at which it breaks off; None for no bound.

    Yields:
        As `archive_photos`.
    """
    members = (
        zip_members(file, limits, most_members=most_members)
        if suffix.lower().endswith(".zip")
        else tar_members(file, name, _tar_compression(suffix), limits, most_members=most_members)
    )
    yield from member_photos(name, members, limits)


def _tar_compression(name: str) -> str | None:
    lower = name.lower()
    return next((how for suffix, how in TAR_SUFFIXES.items() if lower.endswith(suffix)), None)
