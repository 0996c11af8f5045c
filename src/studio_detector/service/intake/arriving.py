"""An upload that is read while it comes: one thread sends, another reads."""

from __future__ import annotations

import hashlib
import threading
from collections import deque

# What may lie between the two. The sender waits for the reader beyond it.
_MOST_BYTES = 4 * 1024 * 1024


class BrokenOffError(Exception):
    """The rest of the upload never comes."""


class Arriving:
    """A file that runs forwards, for readers of archives; they wait for what has not come yet.

    Args:
        is_hashed: Whether `digest` will be asked for.
    """

    def __init__(self, *, is_hashed: bool = False) -> None:
        self._pieces: deque[bytes | memoryview] = deque()
        self._held_bytes = 0
        self._position = 0
        self._is_whole = False
        self._is_broken = False
        self._is_unwanted = False
        self._digest = hashlib.sha256() if is_hashed else None
        self._changed = threading.Condition()

    def feed(self, piece: bytes) -> bool:
        """Hand over what has come, without waiting; nobody may want it any more.

        Args:
            piece: The next bytes. Many small ones take more memory than they have bytes.

        Returns:
            Whether there is room for more; otherwise `wait_for_room`.
        """
        with self._changed:
            if piece and not self._is_unwanted:
                self._pieces.append(piece)
                self._held_bytes += len(piece)
                self._changed.notify_all()
            return self._held_bytes < _MOST_BYTES

    def wait_for_room(self) -> None:
        """Wait until there is room for more. Blocks."""
        with self._changed:
            self._changed.wait_for(lambda: self._held_bytes < _MOST_BYTES)

    def end(self) -> None:
        """Say that all of it has come."""
        with self._changed:
            self._is_whole = True
            self._changed.notify_all()

    def break_off(self) -> None:
        """Say that the rest never comes."""
        with self._changed:
            self._is_broken = True
            self._changed.notify_all()

    def leave(self) -> None:
        """Read no more: what still comes is thrown away, and the sender waits for nobody."""
        with self._changed:
            self._is_unwanted = True
            self._pieces.clear()
            self._held_bytes = 0
            self._changed.notify_all()

    def peek(self, size: int) -> bytes:
        """The first bytes of those that come next, which `read` gives again.

        Args:
            size: How many at most; fewer only at the end.

        Raises:
            BrokenOffError: If they never come.
        """
        with self._changed:
            self._wait(size)
            found = bytearray()
            for piece in self._pieces:
                found += piece[: size - len(found)]
                if len(found) >= size:
                    break
            return bytes(found)

    def read(self, size: int = -1) -> bytes:
        """Read; fewer bytes than asked for only at the end.

        Args:
            size: How many; all of them if it is negative.

        Raises:
            BrokenOffError: If they never come.
        """
        parts: list[bytes | memoryview] = []
        left = size
        while left:
            with self._changed:
                self._wait(1)
                if not self._pieces:
                    break
                piece = self._pieces.popleft()
                if 0 < left < len(piece):
                    rest = memoryview(piece)
                    piece = rest[:left]
                    self._pieces.appendleft(rest[left:])
                had_room = self._held_bytes < _MOST_BYTES
                self._held_bytes -= len(piece)
                if not had_room:
                    self._changed.notify_all()
            self._position += len(piece)
            left -= len(piece) if size > 0 else 0
            if self._digest is not None:
                self._digest.update(piece)
            parts.append(piece)
        if len(parts) == 1 and isinstance(parts[0], bytes):
            return parts[0]
        return b"".join(parts)

    def digest(self) -> str:
        """SHA-256 of all of it, hex; it is read to its end.

        Raises:
            BrokenOffError: If that never comes.
        """
        self.finish()
        if self._digest is None:
            raise ValueError("it was not hashed")
        return self._digest.hexdigest()

    def finish(self) -> None:
        """Pass over what is left, until all has come.

        Raises:
            BrokenOffError: If it never does.
        """
        while self.read(_MOST_BYTES):
            pass

    def tell(self) -> int:
        """How many bytes were read."""
        return self._position

    def seekable(self) -> bool:
        """Tell that it is not."""
        return False

    @property
    def closed(self) -> bool:
        """Never: see `close`."""
        return False

    def close(self) -> None:
        """Nothing: readers of archives close what they read, and the upload may go on."""

    def _wait(self, size: int) -> None:
        self._changed.wait_for(
            lambda: self._held_bytes >= size or self._is_whole or self._is_broken
        )
        if self._is_broken:
            raise BrokenOffError("the upload broke off")
