"""Photos in tar archives, plain or compressed, WebDataset shards among them."""

from __future__ import annotations

import contextlib
import gzip
import tarfile
from typing import TYPE_CHECKING, Any, cast

from studio_detector.errors import (
    DecodeError,
    MissingExtraError,
    UnsupportedError,
)
from studio_detector.sources.archives.members import Member, check_members
from studio_detector.sources.archives.meter import Expansion, Tape
from studio_detector.sources.photo import Note

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from studio_detector.imaging.limits import Limits

#: Suffix in lower case -> compression.
TAR_SUFFIXES = {".tar": None, ".tar.gz": "gzip", ".tgz": "gzip", ".tar.zst": "zstd"}

# Headers of one member. Long names and attributes fit; a larger one is no header of a photo,
# and older versions of Python search them in quadratic time.
_HEADER_BYTES = 65_536
_BLOCK_BYTES = 512
# After the end mark nothing but padding should follow; this much is looked at.
_PADDING_BYTES = 1 << 20


def tar_members(
    file: BinaryIO,
    name: str,
    compression: str | None,
    limits: Limits,
    *,
    most_members: int | None = None,
) -> Iterator[Member | Note]:
    """Give the regular files of a tar in stored order, each to be read before the next.

    Links, devices and folders are passed over.

    Args:
        file: Opened in binary at its start; it need not be seekable.
        name: Its name, for notes.
        compression: None, "gzip" or "zstd".
        limits: ``max_file_bytes`` is what may be unpacked whatever the size of the file.
        most_members: Members of any kind; None for no bound.

    Raises:
        LimitError: ``limit_file_size`` for more members.
        Exception: Whatever `tarfile` and the decompressors raise on damaged archives.
        MissingExtraError: ``missing_extra`` for "zstd" without pyarrow.
    """
    with contextlib.closing(_unpacked(file, compression)) as stream:
        tape = Tape(
            stream,
            may_seek=compression is None and file.seekable(),
            file=file,
            expansion=None if compression is None else Expansion(free_bytes=limits.max_file_bytes),
        )
        yield from _members(tape, most_members)
        yield from _ending(tape, name)


def check_compression(compression: str | None) -> None:
    """Make sure that a compression can be read.

    Raises:
        MissingExtraError: ``missing_extra`` for "zstd" without pyarrow.
    """
    if compression == "zstd":
        _pyarrow()


def _unpacked(file: BinaryIO, compression: str | None) -> BinaryIO:
    if compression is None:
        return file
    if compression == "gzip":
        return cast("BinaryIO", gzip.GzipFile(fileobj=file, mode="rb"))
    pyarrow = _pyarrow()
    return cast("BinaryIO", pyarrow.CompressedInputStream(pyarrow.PythonFile(file, "r"), "zstd"))


def _members(tape: Tape, most_members: int | None) -> Iterator[Member]:
    count = 0
    tape.allow(_HEADER_BYTES)
    with tarfile.open(
        fileobj=cast("Any", tape), mode="r:", encoding="utf-8", errors="surrogateescape"
    ) as archive:
        while (info := archive.next()) is not None:
            # Neither of these may grow with the number of members.
            cast("Any", archive).members.clear()
            cast("Any", archive).pax_headers.clear()
            count += 1
            check_members(count, most_members)
            if info.isreg():
                yield _member(tape, info)
            tape.allow(_HEADER_BYTES)


def _member(tape: Tape, info: tarfile.TarInfo) -> Member:
    def read() -> bytes:
        tape.seek(info.offset_data)
        tape.allow(info.size)
        data = tape.read(info.size)
        if len(data) < info.size:
            raise EOFError("unexpected end of the archive")
        return data

    obstacle = None
    if info.issparse():
        obstacle = UnsupportedError(
            "it is stored with holes, which are not filled; pack it without --sparse",
            code="unsupported_variant",
        )
    return Member(
        name=info.name.removeprefix("./"),
        size_bytes=info.size,
        read=read,
        obstacle=obstacle,
        is_apart=False,
    )


def _ending(tape: Tape, name: str) -> Iterator[Note]:
    """Tell the end from damage: to `tarfile` a header it cannot read is the end, too."""
    mark = tape.last
    if not mark:
        yield Note(text=f"{name}: there is no end mark; if it was cut short, photos are missing")
        return
    if len(mark) < _BLOCK_BYTES:
        raise EOFError("unexpected end in a header")
    if any(mark):
        raise DecodeError(
            "what should be the header of a member is none; fetch the archive again",
            code="corrupt",
        )
    # Reading on also lets the decompressor check its sums.
    tape.allow(_PADDING_BYTES)
    if any(tape.read(_PADDING_BYTES)):
        yield Note(text=f"{name}: more follows after its end mark; that is left out")


def _pyarrow() -> Any:  # noqa: ANN401 - pyarrow has no types
    try:
        import pyarrow as pa  # noqa: PLC0415 - an optional dependency
    except ImportError as error:
        raise MissingExtraError.for_package("pyarrow", "batch", "an archive in .tar.zst") from error
    return pa
