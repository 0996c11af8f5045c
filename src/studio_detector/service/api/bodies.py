"""Reading the bodies of requests: once, within bounds, and never waiting for ever."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import tempfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartParser

from studio_detector.errors import BusyError, LimitError, RequestError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator
    from pathlib import Path
    from tempfile import SpooledTemporaryFile
    from typing import BinaryIO

    from starlette.requests import Request

#: Of a body that is JSON, where nothing else is said.
MOST_JSON_BYTES = 64 * 1024

_MIB = 1024 * 1024
# Beyond it, an upload lies in a file: few photos are larger, and archives are.
_IN_MEMORY_BYTES = 8 * _MIB
# What the form around a file, and the fields beside it, may take.
_FORM_BYTES = 256 * 1024
_FIELD = "file"
_MOST_FIELDS = 32
_MOST_FIELD_BYTES = 16 * 1024
# Of an announced length; a number with more is too large whatever it says.
_MOST_DIGITS = 15
# A sender that is silent for so long has gone away.
_SILENCE_S = 60.0
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


async def read_body(request: Request, most_bytes: int) -> bytes:
    """The whole body.

    Args:
        request: The request.
        most_bytes: Bytes that it may have.

    Raises:
        LimitError: ``limit_file_size``, by the length announced or once it has come to more.
        RequestError: ``request_invalid`` if the sender stops sending.
    """
    pieces = [piece async for piece in _pieces(request, most_bytes)]
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def read_form(request: Request, most_bytes: int, folder: Path) -> Form:
    """A multipart form with one upload, in the field ``file``.

    Args:
        request: The request.
        most_bytes: Bytes that the upload may have.
        folder: Where it lies once it is large.

    Returns:
        The form; whoever takes it closes its file.

    Raises:
        LimitError: ``limit_file_size``.
        RequestError: ``request_invalid`` if the upload is missing.
        BusyError: ``storage_full`` or ``storage_unavailable``.
        MultiPartException: If it is no form, or one with too many fields.
    """
    parser = _Parser(request, _pieces(request, most_bytes + _FORM_BYTES), folder)
    with on_disk():
        form = await parser.parse()
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
        raise _too_large(most_bytes)
    return Form(file=upload.file, size=size, fields=fields)


async def spool_body(request: Request, most_bytes: int, folder: Path) -> BinaryIO:
    """The whole body as a file; whoever asked closes it.

    Args:
        request: The request.
        most_bytes: Bytes that it may have.
        folder: Where it lies once it is large.

    Raises:
        LimitError: ``limit_file_size``.
        RequestError: ``request_invalid`` if the sender stops sending.
        BusyError: ``storage_full`` or ``storage_unavailable``.
    """
    file = _spooled_file(folder)
    try:
        with on_disk():
            await _spool(_pieces(request, most_bytes), file)
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
        max_size=_IN_MEMORY_BYTES, dir=str(folder)
    )
    return cast("BinaryIO", file)


async def _spool(pieces: AsyncGenerator[bytes, None], file: BinaryIO) -> None:
    held: list[bytes] = []
    count = 0
    async for piece in pieces:
        held.append(piece)
        count += len(piece)
        if count >= _MIB:
            await asyncio.to_thread(file.write, b"".join(held))
            held, count = [], 0
    await asyncio.to_thread(file.write, b"".join(held))
    file.seek(0)


def is_small(request: Request) -> bool:
    """Whether the body is announced to be one that may be held in memory."""
    announced = request.headers.get("content-length", "")
    return 0 < len(announced) <= _MOST_DIGITS and int(announced) <= _IN_MEMORY_BYTES


async def _pieces(request: Request, most_bytes: int) -> AsyncGenerator[bytes, None]:
    announced = request.headers.get("content-length", "0")
    if len(announced) > _MOST_DIGITS or int(announced) > most_bytes:
        raise _too_large(most_bytes)
    total = 0
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(_SILENCE_S):
                piece = await anext(stream, None)
        except TimeoutError as error:
            raise RequestError(
                f"nothing of the body came for {_SILENCE_S:g} s; send it again",
                code="request_invalid",
            ) from error
        if piece is None:
            return
        total += len(piece)
        if total > most_bytes:
            raise _too_large(most_bytes)
        if piece:
            yield piece


def _too_large(most_bytes: int) -> LimitError:
    return LimitError(
        f"the body has more than {most_bytes:,} bytes; send a smaller one (files are bounded by "
        "max_upload_bytes and max_batch_upload_bytes of the service)",
        code="limit_file_size",
    )
