"""Writing on: accesses in parts by a thread, administrative acts before they return."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from studio_detector.errors import ServiceError, StudioDetectorError
from studio_detector.service.audit.base import Entry
from studio_detector.service.audit.seals import BEGINNING, Sealer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_detector.service.secret import ServiceSecret
    from studio_detector.service.store.audit import Audit, AuditEnd, AuditHead, AuditRow

#: Action of a row that says that the log was found changed by who wanted to write on.
BROKEN = "audit.broken"
#: Action of a row that says how many entries could not be kept.
LOST = "audit.lost"

# An access is written at the latest so long after it, unless the database is away.
_REST_S = 0.2
_PART = 200
_MOST_AT_ONCE = 2000
# Some megabytes; a minute of a busy service whose database is away.
_MOST_WAITING = 20_000
_AGAIN_S = 1.0
_CLOSING_S = 5.0
_CLOSING_PAUSE_S = 0.1

_log = logging.getLogger(__name__)


class AuditWriter(Protocol):
    """What the rooms of the service see of the log."""

    def check(self) -> None:
        """Make sure that this process can write on.

        Raises:
            ServiceError: ``audit_broken``.
            BusyError: ``store_unavailable``.
        """

    def note(self, entry: Entry) -> None:
        """Take an access, to be written in a moment; never waits."""

    def act(self, entry: Entry) -> None:
        """Write an administrative act before returning.

        Raises:
            BusyError: ``store_unavailable``.
        """

    def start(self) -> None:
        """Begin to write what is noted."""

    def close(self) -> None:
        """Write what still waits."""


class NoAudit:
    """Keeps no log."""

    def check(self) -> None:
        """There is nothing to write on."""

    def note(self, entry: Entry) -> None:
        """Forget it."""

    def act(self, entry: Entry) -> None:
        """Forget it."""

    def start(self) -> None:
        """There is nothing to begin."""

    def close(self) -> None:
        """There is nothing to write."""


class AuditLog:
    """The log of one process; others write the same one.

    Args:
        audit: Its rows.
        secret: Of the service; the log is sealed with a key derived from it.
        most_waiting: Entries that are kept while the database is away. Those beyond are lost,
            and a row says how many, once one can be written again.
        rest_s: Seconds that an access waits for others at most.
        closing_s: Seconds that `close` tries.
    """

    def __init__(
        self,
        audit: Audit,
        secret: ServiceSecret,
        *,
        most_waiting: int = _MOST_WAITING,
        rest_s: float = _REST_S,
        closing_s: float = _CLOSING_S,
    ) -> None:
        self._audit = audit
        self._sealer = Sealer(secret.key("audit"))
        self._most_waiting = most_waiting
        self._rest_s = rest_s
        self._closing_s = closing_s
        self._waiting: deque[Entry] = deque()
        self._lost = 0
        self._losing = threading.Lock()
        self._some, self._many, self._end = (threading.Event() for _ in range(3))
        # The highest row that this process knows to be written.
        self._seen = 0
        self._thread = threading.Thread(target=self._run, name="audit", daemon=True)

    def note(self, entry: Entry) -> None:
        """Take an access, to be written in a moment; never waits, raises nothing."""
        if len(self._waiting) >= self._most_waiting:
            self._lose()
            return
        self._waiting.append(entry)
        # Asking costs less than setting, and after the first most calls need no more.
        if not self._some.is_set():
            self._some.set()
        if len(self._waiting) >= _PART and not self._many.is_set():
            self._many.set()

    def check(self) -> None:
        """Make sure that this process can write on, before it does what it will have to write.

        Raises:
            ServiceError: ``audit_broken`` if the end was changed, or is another secret's.
            BusyError: ``store_unavailable``.
        """
        end = self._audit.end()
        if not self._is_sound(end):
            raise ServiceError(
                f"row {end.seq}, the end of the audit log, was not sealed with this secret; set "
                "service_secret to that of the service, and see: studio-detector audit verify",
                code="audit_broken",
            )

    def act(self, entry: Entry) -> None:
        """Write an administrative act before returning.

        Raises:
            BusyError: ``store_unavailable``.
        """
        self._append([entry])

    def start(self) -> None:
        """Begin to write what is noted."""
        self._thread.start()

    def close(self) -> None:
        """Write what still waits; what cannot be written in a few seconds is lost, and said."""
        self._end.set()
        self._some.set()
        self._many.set()
        if self._thread.ident is not None:
            self._thread.join()
        until = time.monotonic() + self._closing_s
        while self._waiting or self._lost:
            if self._flush():
                continue
            if time.monotonic() > until:
                _log.error(
                    "%d entries of the audit log were lost: it could not be written on",
                    len(self._waiting) + self._lost,
                )
                return
            time.sleep(_CLOSING_PAUSE_S)

    def _run(self) -> None:
        while not self._end.is_set():
            self._some.wait()
            self._many.wait(self._rest_s)
            self._some.clear()
            self._many.clear()
            if not self._flush():
                self._some.set()
                self._end.wait(_AGAIN_S)

    def _flush(self) -> bool:
        """Write all that waits at this moment; False if some of it waits still."""
        left = len(self._waiting)
        while left or self._lost:
            # One thread at a time takes entries out, and only once they are written.
            part = list(itertools.islice(self._waiting.copy(), min(left, _MOST_AT_ONCE)))
            lost = self._lost
            try:
                self._append([*part, _own(LOST, str(lost))] if lost else part)
            except StudioDetectorError:
                return False  # said already, by the store
            except Exception:  # noqa: BLE001 - nothing may end the thread
                _log.exception("the audit log cannot be written on; entries wait")
                return False
            for _ in part:
                self._waiting.popleft()
            left -= len(part)
            with self._losing:
                self._lost -= lost
        return True

    def _lose(self) -> None:
        with self._losing:
            self._lost += 1
            is_first = self._lost == 1
        if is_first:
            _log.error(
                "the audit log cannot be written on and %d entries wait; what comes now is lost, "
                "and counted",
                self._most_waiting,
            )

    def _append(self, entries: Sequence[Entry]) -> None:
        self._audit.append(lambda end: self._written(end, entries), self._saw)

    def _saw(self, head: AuditHead) -> None:
        self._seen = max(self._seen, head.seq)

    def _written(self, end: AuditEnd, entries: Sequence[Entry]) -> tuple[list[AuditRow], AuditHead]:
        if not self._is_sound(end):
            _log.error(
                "the audit log was changed near its end, row %d, or written with another "
                "service_secret; see: studio-detector audit verify",
                end.seq,
            )
            entries = [_own(BROKEN, str(end.seq)), *entries]
        rows = list(self._sealer.rows(end.seq, end.seal or BEGINNING, entries))
        return rows, self._sealer.head(rows[-1].seq, rows[-1].seal)

    def _is_sound(self, end: AuditEnd) -> bool:
        """Whether the log ends as somebody with the key has left it.

        Otherwise a new head would hide that rows were cut off.
        """
        if end.head is None:
            return not end.seq and not self._seen
        return end.head == self._sealer.head(end.seq, end.seal) and end.seq >= self._seen


def _own(action: str, on: str) -> Entry:
    return Entry(
        at=datetime.now(UTC),
        tenant="",
        actor="audit",
        action=action,
        object=on,
        outcome="failed",
    )
