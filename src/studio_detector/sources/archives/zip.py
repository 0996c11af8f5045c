"""Photos in zip archives."""

from __future__ import annotations

import stat
import zipfile
from typing import TYPE_CHECKING, Any, cast

from studio_detector.errors import UnsupportedError
from studio_detector.sources.archives.members import Member, check_members
from studio_detector.sources.archives.meter import Bounded, Expansion

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from studio_detector.imaging.limits import Limits
    from studio_detector.sources.photo import Note

#: Bytes of the largest directory that is read, about 160,000 photos; `zipfile` holds all of it,
#: at many times its size.
DIRECTORY_BYTES = 16 << 20

_CHUNK_BYTES = 1 << 20
_ENCRYPTED = 0x1
_UTF_8 = 0x800
# The others unpack without a bound on what one step gives, or on the memory they need.
_READABLE = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


def zip_members(
    file: BinaryIO, limits: Limits, *, most_members: int | None = None
) -> Iterator[Member | Note]:
    """Give the regular files of a zip in the order of its directory.

    Links and folders are passed over.

    Args:
        file: Opened in binary, seekable.
        limits: ``max_file_bytes`` is what may be unpacked whatever the size of the file.
        most_members: Members of any kind; None for no bound.

    Raises:
        Exception: Whatever `zipfile` raises on damaged archives.
        LimitError: ``limit_memory`` if the directory is too large, ``limit_file_size`` for more
            members.
    """
    file_bytes = file.seek(0, 2)
    expansion = Expansion(free_bytes=limits.max_file_bytes)
    bounded = cast("Any", Bounded(file, most_bytes=DIRECTORY_BYTES))
    with zipfile.ZipFile(bounded) as archive:
        check_members(len(archive.infolist()), most_members)
        for info in archive.infolist():
            if _is_regular(info):
                yield _member(archive, info, expansion, file_bytes)


def _is_regular(info: zipfile.ZipInfo) -> bool:
    # Zero where the archive comes from a system without such modes.
    mode = stat.S_IFMT(info.external_attr >> 16)
    return not info.is_dir() and mode in {0, stat.S_IFREG}


def _member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, expansion: Expansion, file_bytes: int
) -> Member:
    def read() -> bytes:
        # Nothing more is tried once an earlier member was too much.
        expansion.add(0, packed_bytes=file_bytes)
        chunks = []
        with archive.open(info) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                # Members may share their bytes in the file, so that only the sum counts.
                expansion.add(len(chunk), packed_bytes=file_bytes)
                chunks.append(chunk)
        if sum(map(len, chunks)) < info.file_size:
            raise EOFError("unexpected end of the member")
        return b"".join(chunks)

    return Member(
        name=_name(info),
        size_bytes=info.file_size,
        read=read,
        obstacle=_obstacle(info),
        is_apart=True,
    )


def _obstacle(info: zipfile.ZipInfo) -> UnsupportedError | None:
    if info.flag_bits & _ENCRYPTED:
        return UnsupportedError(
            "it is encrypted; unpack the archive with its password first",
            code="unsupported_variant",
        )
    if info.compress_type not in _READABLE:
        return UnsupportedError(
            f"it is packed by the method {info.compress_type}, which is not read; unpack the "
            "archive first",
            code="unsupported_variant",
        )
    return None


def _name(info: zipfile.ZipInfo) -> str:
    """The name; macOS writes UTF-8 without saying so, which `zipfile` takes for code page 437."""
    if info.flag_bits & _UTF_8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename
