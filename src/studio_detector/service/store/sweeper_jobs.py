"""Jobs as the sweeper sees them: what was left lying is found and put right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.service.store import sweeping

if TYPE_CHECKING:
    from uuid import UUID

    from studio_detector.service.records import Job, Queue
    from studio_detector.service.store.engine import Database
    from studio_detector.service.store.terms import Terms


class SweeperJobs:
    """What the sweeper does with jobs.

    Args:
        db: Where they are.
        terms: Clock, leases and pauses.
    """

    def __init__(self, db: Database, terms: Terms) -> None:
        self._db = db
        self._terms = terms

    def unsent(self, limit: int) -> list[tuple[UUID, Queue]]:
        """Jobs that wait without a message and are due, those in a hurry first."""
        now = self._terms.clock()
        return self._db.read(lambda tx: sweeping.unsent(tx, now, limit))

    def stale(self, queue: Queue, older_than_s: float, limit: int) -> list[UUID]:
        """Jobs that wait though a message was sent so many seconds ago: it may be lost."""
        now = self._terms.clock()
        return self._db.read(lambda tx: sweeping.stale(tx, now, queue, older_than_s, limit))

    def expire(self) -> list[Job]:
        """Take back jobs whose worker gave no sign, and put right what a clock spoiled.

        Jobs whose lease ended are queued again, or dead after their last try; followers
        without a leader find another or lead; leases and pauses that end later than they can
        are shortened, since the clock was set back.

        Returns:
            The jobs that were changed, except for those only shortened.
        """
        return sweeping.expire(self._db, self._terms)

    def reset_running(self) -> int:
        """Take back every running job, where nobody else can be running; their number.

        Messages are forgotten too: they died with the process that held them.
        """
        return sweeping.reset_running(self._db, self._terms)
