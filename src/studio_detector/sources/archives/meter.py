"""What reading an archive may cost, whatever its headers say."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_detector.errors import LimitError

if TYPE_CHECKING:
    from typing import BinaryIO

#: Bytes an archive may expand to for each byte of its file, beyond the free ones. Photos
#: hardly shrink in archives; plain bitmaps of white backdrops may, bombs are ten times over.
MOST_EXPANSION_RATIO = 100

_CHUNK_BYTES = 1 << 20


@dataclass(slots=True)
class Expansion:
    """Counts what was unpacked, so that a small file does not keep the processor for hours.

    Attributes:
        free_bytes: Bytes that may be unpacked in any case.
        unpacked_bytes: Bytes unpacked so far.
    """

    free_bytes: int
    unpacked_bytes: int = 0

    def add(self, unpacked_bytes: int, *, packed_bytes: int) -> None:
        """Count bytes just unpacked.

        Args:
            unpacked_bytes: How many.
            packed_bytes: Bytes of the file they and all before them came from.

        Raises:
            LimitError: ``limit_file_size`` if it is too much for a file of this size.
        """
        self.unpacked_bytes += unpacked_bytes
        if self.unpacked_bytes > self.free_bytes + MOST_EXPANSION_RATIO * packed_bytes:
            raise LimitError(
                f"the archive expands to more than {MOST_EXPANSION_RATIO} times its size; "
                "unpack it yourself if you trust it",
                code="limit_file_size",
            )


class Tape:
    """A stream that runs forwards and hands out no more at once than its reader may hold.

    `tarfile` believes what headers say: a size in one makes it read that many bytes into
    memory, or go backwards for ever.

    Args:
        stream: Where bytes come from.
        may_seek: Whether skipping may jump; a compressed stream has to read on.
        file: The file behind the stream.
        expansion: Counts what a compressed stream gives; None for one that is not.
    """

    def __init__(
        self, stream: BinaryIO, *, may_seek: bool, file: BinaryIO, expansion: Expansion | None
    ) -> None:
        self._stream = stream
        self._may_seek = may_seek
        self._file = file
        self._expansion = expansion
        self._position = 0
        self._left_bytes = 0
        #: What the last call of `read` gave.
        self.last = b""

    def allow(self, left_bytes: int) -> None:
        """Let `read` give this many bytes from now on."""
        self._left_bytes = left_bytes

    def tell(self) -> int:
        """Position in bytes from the start."""
        return self._position

    def read(self, size: int) -> bytes:
        """Read up to ``size`` bytes; fewer only at the end.

        Raises:
            LimitError: ``limit_memory`` if more is asked for than was allowed.
        """
        if not 0 <= size <= self._left_bytes:
            raise LimitError(
                "a header in the archive is larger than allowed; pack the photos again",
                code="limit_memory",
            )
        self._left_bytes -= size
        self.last = self._advance(size)
        return self.last

    def seek(self, position: int) -> None:
        """Skip forwards to a position, or to the end if that comes before.

        Raises:
            ValueError: If it lies behind.
        """
        if position < self._position:
            raise ValueError("a header in the archive points backwards")
        if self._may_seek:
            self._position = min(position, self._stream.seek(0, io.SEEK_END))
            self._stream.seek(self._position)
            return
        while self._position < position:
            if not self._advance(min(_CHUNK_BYTES, position - self._position)):
                return

    def _advance(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._position += len(data)
        if self._expansion is not None:
            self._expansion.add(len(data), packed_bytes=self._file.tell())
        return data


class Bounded(io.RawIOBase):
    """A file whose single reads are bounded, because `zipfile` reads a directory in one."""

    def __init__(self, file: BinaryIO, *, most_bytes: int) -> None:
        super().__init__()
        self._file = file
        self._most_bytes = most_bytes
        self._end = file.seek(0, io.SEEK_END)

    def read(self, size: int | None = -1) -> bytes:
        """Read up to ``size`` bytes.

        Raises:
            LimitError: ``limit_memory`` if that is too much at once.
        """
        there_bytes = max(0, self._end - self._file.tell())
        # A header may ask for more than there is; memory for it would be set aside at once.
        size = there_bytes if size is None or size < 0 else min(size, there_bytes)
        if size > self._most_bytes:
            raise LimitError(
                "the directory of the archive is larger than "
                f"{self._most_bytes} bytes; split the archive, or make it a tar",
                code="limit_memory",
            )
        return self._file.read(size)

    def seek(self, position: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a position.

        Raises:
            ValueError: If it lies before the start.
        """
        if whence == io.SEEK_SET and position < 0:
            raise ValueError("a header in the archive points before its start")
        return self._file.seek(position, whence)

    def tell(self) -> int:
        """Position in bytes from the start."""
        return self._file.tell()

    def seekable(self) -> bool:
        """Tell that it is."""
        return True

    def readable(self) -> bool:
        """Tell that it is."""
        return True
