"""The photos in flight: in order at one end, by whoever is free at the other, copies once."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from studio_detector.batch.supervisor import error_code

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_detector.batch.seen import Seen

#: Codes that tell of the run and not of the bytes; copies of such a photo get their own try.
OF_THE_RUN = frozenset(
    {"crashed", "timeout", "memory", "not_found", "not_a_file", "no_permission", "read_failed"}
)

# Bytes of photos that wait in memory, such as members of archives; one may be larger.
_MOST_WAITING_BYTES = 256 * 1024 * 1024
# An endless wait cannot be interrupted on Windows.
_TICK_S = 1.0


@dataclass(slots=True, eq=False)
class Ticket:
    """One photo in flight.

    Attributes:
        path: Its name in the row.
        source: Path or bytes; None once they are not needed any more.
        sha256: Digest, once a worker read it.
        file_bytes: Length, likewise.
        row: What became of it, once known, with the path of no one in particular.
    """

    path: str | None
    source: str | bytes | None
    sha256: str | None = None
    file_bytes: int | None = None
    row: Mapping[str, Any] | None = None


@dataclass(slots=True, eq=False)
class _Copies:
    """Photos in flight with the same bytes: one is analysed, the others wait."""

    leader: Ticket
    waiting: list[Ticket] = field(default_factory=list)
    row: Mapping[str, Any] | None = None


class Window:
    """A bounded number of photos between one consumer and several workers.

    Rows leave in the order in which photos came, whoever finished first, and which of several
    copies counts as the first is decided there too: nothing in a row depends on the number
    of workers.

    Args:
        size: Photos in flight at most.
        seen: Rows of earlier photos; None analyses every copy.
    """

    def __init__(self, size: int, seen: Seen | None) -> None:
        self._size = size
        self._seen = seen
        self._condition = threading.Condition()
        self._tickets: deque[Ticket] = deque()
        self._waiting_bytes = 0
        self._tasks: SimpleQueue[Ticket | None] = SimpleQueue()
        self._copies: dict[str, _Copies] = {}
        self._failure: BaseException | None = None

    # The consumer's end.

    @property
    def has_room(self) -> bool:
        """Whether another photo may be admitted."""
        return len(self._tickets) < self._size and self._waiting_bytes < _MOST_WAITING_BYTES

    @property
    def is_empty(self) -> bool:
        """Whether no photo is in flight."""
        return not self._tickets

    def admit(self, ticket: Ticket) -> None:
        """Take in one photo; one that has a row already only keeps its place."""
        self._tickets.append(ticket)
        if ticket.row is None:
            with self._condition:
                self._waiting_bytes += _held_bytes(ticket)
            self._tasks.put(ticket)

    def next_row(self) -> dict[str, Any]:
        """Wait for the photo that came first, and let it go.

        Raises:
            BaseException: What `fail` was told, where the photo has no row.
        """
        head = self._tickets[0]
        with self._condition:
            while head.row is None and self._failure is None:
                self._condition.wait(_TICK_S)
        if head.row is None:
            raise self._failure or RuntimeError
        self._tickets.popleft()
        row = {
            **head.row,
            "path": head.path,
            "sha256": head.sha256,
            "file_bytes": head.file_bytes,
        }
        row.pop("duplicate_of", None)
        if self._seen is not None and head.sha256 is not None and is_of_the_photo(row):
            first = self._seen.get(head.sha256)
            if first is None:
                self._seen.put(head.sha256, row)
            else:
                row["duplicate_of"] = first.get("path")
            with self._condition:
                # Not before it was put: a worker that finds no copy here looks there.
                # Only an entry that is settled: a later copy may lead others by now.
                copies = self._copies.get(head.sha256)
                if copies is not None and copies.row is not None:
                    del self._copies[head.sha256]
        return row

    def end(self, workers: int) -> None:
        """Send that many workers home."""
        for _ in range(workers):
            self._tasks.put(None)

    # The workers' end.

    def take(self) -> Ticket | None:
        """Wait for a photo to analyse; None means to go home."""
        return self._tasks.get()

    def claim(self, ticket: Ticket, sha256: str, file_bytes: int) -> bool:
        """Ask whether to analyse a photo that was read; if not, its row comes by itself."""
        with self._condition:
            if ticket.sha256 != sha256:
                self._give_up(ticket)  # the file changed between two tries
            ticket.sha256, ticket.file_bytes = sha256, file_bytes
            if self._seen is None:
                return True
            copies = self._copies.setdefault(sha256, _Copies(ticket))
            if copies.row is not None:
                self._finish(ticket, copies.row)
                return False
            if copies.leader is not ticket:
                copies.waiting.append(ticket)
                return False
        row = self._seen.get(sha256)
        if row is None:
            return True
        self.settle(ticket, row)
        return False

    def settle(self, ticket: Ticket, row: Mapping[str, Any]) -> None:
        """Say what became of a photo, and so of the copies that wait for it."""
        with self._condition:
            copies = self._copies.get(ticket.sha256 or "")
            if copies is not None and copies.leader is ticket and is_of_the_photo(row):
                copies.row = row
                for copy in copies.waiting:
                    self._finish(copy, row)
                copies.waiting.clear()
            else:
                self._give_up(ticket)
            self._finish(ticket, row)

    def fail(self, error: BaseException) -> None:
        """End the run with an error, behind the rows that are finished."""
        with self._condition:
            self._failure = self._failure or error
            self._condition.notify()

    def _give_up(self, leader: Ticket) -> None:
        """Let copies of a photo find another leader."""
        copies = self._copies.get(leader.sha256 or "")
        if copies is not None and copies.leader is leader:
            del self._copies[leader.sha256 or ""]
            for copy in copies.waiting:
                self._tasks.put(copy)

    def _finish(self, ticket: Ticket, row: Mapping[str, Any]) -> None:
        self._waiting_bytes -= _held_bytes(ticket)
        ticket.source = None
        ticket.row = row
        self._condition.notify()


def is_of_the_photo(row: Mapping[str, Any]) -> bool:
    """Whether equal bytes would give an equal row."""
    return error_code(row) not in OF_THE_RUN


def _held_bytes(ticket: Ticket) -> int:
    return len(ticket.source) if isinstance(ticket.source, bytes) else 0
