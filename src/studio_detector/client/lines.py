"""Lines and server-sent events out of pieces of bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from studio_detector.client.errors import misunderstood

if TYPE_CHECKING:
    from collections.abc import Iterator

# A row has some ten thousand bytes; what never ends is no row.
_LONGEST_LINE = 64 * 1024 * 1024


@dataclass(slots=True)
class Lines:
    """Cuts pieces at line feeds, and at nothing else: JSON may hold other line ends."""

    _rest: bytearray = field(default_factory=bytearray)

    def take(self, chunk: bytes) -> Iterator[bytes]:
        """Take a piece.

        Yields:
            The lines that are whole now, without their ends.

        Raises:
            RemoteError: ``service_unreachable`` if a line does not end.
        """
        first, *others = chunk.split(b"\n")
        self._rest += first
        if len(self._rest) > _LONGEST_LINE:
            raise misunderstood("has a line without an end")
        for other in others:
            yield bytes(self._rest).removesuffix(b"\r")
            self._rest[:] = other

    @property
    def rest(self) -> bytes:
        """What came after the last line feed."""
        return bytes(self._rest)


@dataclass(slots=True)
class Events:
    """Puts lines together to the data of server-sent events (HTML standard, 9.2.6)."""

    _lines: Lines = field(default_factory=Lines)
    _data: list[bytes] = field(default_factory=list)

    def take(self, chunk: bytes) -> Iterator[bytes]:
        """Take a piece.

        Yields:
            The data of the events that are whole now, whatever their type.
        """
        for line in self._lines.take(chunk):
            if not line:
                if self._data:
                    yield b"\n".join(self._data)
                    self._data.clear()
                continue
            name, _, value = line.partition(b":")
            if name == b"data":
                self._data.append(value.removeprefix(b" "))
