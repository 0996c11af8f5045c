"""Reading the bodies of requests: once, within bounds, and never waiting for ever."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import tempfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from python_multipart.multipart import parse_options_header
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartParser

from studio_detector.errors import BusyError, RequestError
from studio_detector.service.api.pieces import announced_bytes, gathered, pieces_of, too_large
from studio_detector.service.api.uploads import IN_MEMORY_BYTES

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator
    from pathlib import Path
    from tempfile import SpooledTemporaryFile
    from typing import BinaryIO

    from starlette.requests import Request

    from studio_detector.service.api.pieces import Pace

#: Of a body that is JSON, where nothing else is said.
MOST_JSON_BYTES = 64 * 1024

_MIB = 1024 * 1024
# What the form around a file, and the fields beside it, may take.
_FORM_BYTES = 256 * 1024
_FIELD = "file"
_MOST_FIELDS = 32
# Of the text of a form. Starlette would take any codec of Python by its name, and some fail on
# every text or give halves of characters.
_CHARSETS = frozenset({b"utf-8", b"utf8"})
_MOST_FIELD_BYTES = 16 * 1024
# EFBIG: a limit on file sizes is a full disk as far as this file goes.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_RETRY_WHEN_FULL_S = 60.0


class _Parser(MultiPartParser):
    """Starlette's, with files where we want them: its own lie where memory may be all there is."""

    def __init__(self, request: Request, pieces: AsyncGenerator[bytes, None], folder: Path) -> None:
        super().__init__(
            request.headers,
            pieces,
            max_files=1,
            max_fields=_MOST_FIELDS,
            max_part_size=_MOST_FIELD_BYTES,
        )
        self._folder = folder

    def close(self) -> None:
        """Close the files, which Starlette does for errors of its own alone."""
        for file in self._files_to_close_on_error:
            # What is still to be written has no room either, and is not wanted.
            with contextlib.suppress(OSError):
                file.close()

    def on_headers_finished(self) -> None:
        super().on_headers_finished()
        upload = self._current_part.file
        if upload is not None:
            upload.file.close()
            file = _spooled_file(self._folder)
            self._files_to_close_on_error.append(cast("SpooledTemporaryFile[bytes]", file))
            self._current_part.file = UploadFile(
                file, size=0, filename=upload.filename, headers=upload.headers
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """An upload with the fields beside it.

    Attributes:
        file: The upload, from its beginning.
        size: Its bytes.
        fields: Name -> values in the order sent.
    """

    file: BinaryIO
    size: int
    fields: dict[str, list[str]] = field(default_factory=dict)


def media_type(request: Request) -> str:
    """What the body is said to be, in lower case and without parameters; "" if nothing is."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_body(request: Request, most_bytes: int, pace: Pace) -> bytes:
    """The whole body.

    Args:
        request: The request.
        most_bytes: Bytes that it may have.
        pace: How slowly it may come.

    Raises:
        LimitError: ``limit_file_size``, by the length announced or once it has come to more.
        AccessError: ``request_timeout``; ``signature_invalid`` if it is not the signed one.
    """
    pieces = [piece async for piece in pieces_of(request, most_bytes, pace)]
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def read_form(request: Request, most_bytes: int, pace: Pace, folder: Path) -> Form:
    """A multipart form with one upload, in the field ``file``.

    Args:
        request: The request.
        most_bytes: Bytes that the upload may have.
        pace: How slowly it may come.
        folder: Where it lies once it is large.

    Returns:
        The form; whoever takes it closes its file.

    Raises:
        LimitError: ``limit_file_size``.
        AccessError: See `read_body`.
        RequestError: ``request_invalid`` if the upload is missing, or the text is said to be
            other than UTF-8.
        BusyError: ``storage_full`` or ``storage_unavailable``.
        MultiPartException: If it is no form, or one with too many fields.
    """
    charset = parse_options_header(request.headers.get("content-type"))[1].get(b"charset", b"utf-8")
    if charset.lower() not in _CHARSETS:
        raise RequestError(
            f"the form is said to be {charset[:40].decode('latin-1')!r}; send its fields as UTF-8",
            code="request_invalid",
        )
    parser = _Parser(request, pieces_of(request, most_bytes + _FORM_BYTES, pace), folder)
    try:
        with on_disk():
            form = await parser.parse()
    except BaseException:
        parser.close()
        raise
    fields: dict[str, list[str]] = {}
    upload: UploadFile | None = None
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            if name == _FIELD:
                upload = value
            else:
                await value.close()
        else:
            fields.setdefault(name, []).append(value)
    if upload is None:
        raise RequestError(
            f"the form has no upload named {_FIELD!r}; send it with a file name, like "
            f"curl -F {_FIELD}=@photo.jpg",
            code="request_invalid",
        )
    size = upload.size or 0
    if size > most_bytes:
        await upload.close()
        raise too_large(most_bytes)
    return Form(file=upload.file, size=size, fields=fields)


async def spool_body(pieces: AsyncGenerator[bytes, None], folder: Path) -> BinaryIO:
    """The whole body as a file; whoever asked closes it.

    Args:
        pieces: The body; see `pieces_of`.
        folder: Where it lies once it is large.

    Raises:
        StudioDetectorError: As `pieces_of`.
        BusyError: ``storage_full`` or ``storage_unavailable``.
    """
    file = _spooled_file(folder)
    try:
        with on_disk():
            await _spool(pieces, file)
    except BaseException:
        # What is still to be written has no room either, and is not wanted.
        with contextlib.suppress(OSError):
            file.close()
        raise
    return file


def read_upload(file: BinaryIO) -> bytes:
    """All that an upload holds; it is closed. Blocks.

    Args:
        file: Of `read_form` or `spool_body`.

    Raises:
        BusyError: ``storage_unavailable`` if it cannot be read again.
    """
    with on_disk(), file:
        return file.read()


@contextlib.contextmanager
def on_disk() -> Iterator[None]:
    """What the disk refuses is no defect.

    Raises:
        BusyError: ``storage_full`` or ``storage_unavailable`` instead of an `OSError`.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        if error.errno in _FULL:
            raise BusyError(
                f"there is no room for the upload ({reason}); make room in data_dir of the "
                "service, or send a smaller one",
                code="storage_full",
                retry_after_s=_RETRY_WHEN_FULL_S,
            ) from error
        raise BusyError(
            f"the upload cannot be put aside ({reason}); check data_dir of the service",
            code="storage_unavailable",
        ) from error


def _spooled_file(folder: Path) -> BinaryIO:
    """A file that is in memory while it is small, and then in the folder."""
    file = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - whoever asked closes it
        max_size=IN_MEMORY_BYTES, dir=str(folder)
    )
    return cast("BinaryIO", file)


async def _spool(pieces: AsyncGenerator[bytes, None], file: BinaryIO) -> None:
    async for part in gathered(pieces, _MIB):
        await asyncio.to_thread(file.write, part)
    file.seek(0)


def expected_bytes(request: Request, most_bytes: int) -> int:
    """How many bytes of an upload are to be expected, form around it included.

    Args:
        request: The request.
        most_bytes: Bytes that the upload may have.

    Raises:
        LimitError: ``limit_file_size`` if more are announced.
    """
    announced = announced_bytes(request)
    if announced is None:
        return most_bytes
    if announced > most_bytes + _FORM_BYTES:
        raise too_large(most_bytes)
    return announced
