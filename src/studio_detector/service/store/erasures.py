"""Erasures: what is to be forgotten is, by picture, job, subject or tenant, and for its age."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from studio_detector.service.records import Erasure
from studio_detector.service.store import aging, erasing, reaching
from studio_detector.service.store.erasing import EVER
from studio_detector.service.store.placing import chunks
from studio_detector.service.store.tables import erasures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.engine import Connection

    from studio_detector.service.store.engine import Database
    from studio_detector.service.store.erasing import Gone
    from studio_detector.service.store.terms import Terms

# Written anew in 70 ms, so that it can be done for each erasure.
_AT_ONCE_BYTES = 8 * 1024 * 1024
# In 1.4 s, during which nobody else writes.
_LATER_BYTES = 256 * 1024 * 1024
_SCRUB_EVERY_S = 3600.0
# Of all that were ever noted, since their rows stay for ever.
_COUNT = select(func.count()).select_from(erasures)


def _nothing() -> None:
    pass


class Erasures:
    """What the store forgets, for all tenants.

    Args:
        db: Where it is.
        terms: The clock, and the words of callbacks.
    """

    def __init__(self, db: Database, terms: Terms) -> None:
        self._db = db
        self._terms = terms
        # It is not known what another process erased before.
        self._is_scrubbed, self._scrub_at = False, 0.0
        self._noted = 0

    def erase(
        self, erasure: Erasure, *, before: datetime = EVER, noted: Callable[[], None] = _nothing
    ) -> Iterator[Gone]:
        """Erase in parts, each in a transaction; the last one notes that it was done.

        What is not there is no error: it may be in a backup. Repeating it does no harm.

        Args:
            erasure: What.
            before: Only what was created until then, for an erasure that is repeated.
            noted: Called in the last transaction, to note it elsewhere in the database with it.

        Yields:
            What went with each part. Whoever takes them erases it in other places before
            asking for the next.

        Raises:
            BusyError: ``store_unavailable``; the act is not noted then.
        """
        after: str | None = ""
        while after is not None:
            gone, after = self._db.write(self._part(erasure, after, before, noted))
            yield gone

    def missing(self, ids: Sequence[UUID]) -> set[UUID]:
        """Those of some erasures that this database knows nothing of."""
        known: set[UUID] = set()
        for part in chunks(ids):
            query = select(erasures.c.id).where(erasures.c.id.in_(part))
            known.update(self._db.read(lambda tx, query=query: tx.execute(query).scalars().all()))  # type: ignore[misc]
        return set(ids) - known

    def find(self, tenant: str | None = None, limit: int = 50) -> list[Erasure]:
        """Erasures, the newest first.

        Args:
            tenant: Whose; None for everybody's.
            limit: Most of them.
        """
        query = select(erasures).order_by(erasures.c.erased_at.desc(), erasures.c.id).limit(limit)
        if tenant is not None:
            query = query.where(erasures.c.tenant == tenant)
        rows = self._db.read(lambda tx: tx.execute(query).all())
        return [Erasure(**row._mapping) for row in rows]  # noqa: SLF001

    def expire(self, before: datetime) -> Iterator[Gone]:
        """Erase jobs that were over before a moment, and results without a job since then.

        A result is kept as long as a job of its picture is, so that a picture that was sent
        again keeps its answer. Callbacks and batches that ended before go too.

        Args:
            before: The moment.

        Yields:
            What went with each part, as `erase` does.

        Raises:
            BusyError: ``store_unavailable``; the next run goes on.
        """
        terms = self._terms
        for step in (aging.drop_old_jobs, aging.erase_old_results):
            for tenant in self._db.read(aging.tenants):
                while (
                    gone := self._db.write(
                        lambda tx, step=step, tenant=tenant: step(tx, terms, tenant, before)  # type: ignore[misc]
                    )
                ) is not None:
                    self._is_scrubbed = False
                    yield gone
        self._db.write(lambda tx: aging.drop_leftovers(tx, before))

    def scrub(self, most_bytes: float = _AT_ONCE_BYTES) -> bool:
        """Have the database overwrite what deleted rows leave behind.

        Args:
            most_bytes: Largest SQLite that is written anew, which is the only way to be sure;
                infinity writes PostgreSQL's tables anew, too. Others wait while it is done.

        Returns:
            Whether nothing is left; somebody who reads or writes at this moment may hinder it.

        Raises:
            BusyError: ``store_unavailable``.
        """
        self._is_scrubbed = False
        # Counted before, so that what another process erases meanwhile is none of these.
        self._noted = self._db.read(_count)
        self._is_scrubbed = self._db.scrub(most_bytes)
        return self._is_scrubbed

    def scrub_again(self) -> None:
        """Scrub a larger database, if rows went since it was, and once an hour at most.

        What another process erased counts, too: the command line leaves a database that is too
        large for it to whoever does this.

        Raises:
            BusyError: ``store_unavailable``.
        """
        now = time.monotonic()
        if now < self._scrub_at or (self._is_scrubbed and self._db.read(_count) == self._noted):
            return
        self._scrub_at = now + _SCRUB_EVERY_S
        self.scrub(_LATER_BYTES)

    def _part(
        self, erasure: Erasure, after: str, before: datetime, noted: Callable[[], None]
    ) -> Callable[[Connection], tuple[Gone, str | None]]:
        def work(tx: Connection) -> tuple[Gone, str | None]:
            found = reaching.part_of(tx, erasure, after, before)
            if found.job is not None:
                gone = erasing.erase_job(tx, self._terms, found.job, before=before)
            else:
                gone = erasing.erase_pictures(
                    tx,
                    self._terms,
                    erasure.tenant,
                    found.hashes,
                    before=before,
                    others=found.others,
                )
            if found.next is None:
                if erasure.kind == "tenant":
                    gone = reaching.with_rest(tx, gone, before)
                _note(tx, erasure)
                noted()
            return gone, found.next

        return work


def _count(tx: Connection) -> int:
    return tx.execute(_COUNT).scalar_one()


def _note(tx: Connection, erasure: Erasure) -> None:
    values = {
        "id": erasure.id,
        "tenant": erasure.tenant,
        "kind": erasure.kind,
        "object": erasure.object,
        "erased_at": erasure.erased_at,
    }
    tx.execute(insert(erasures).values(values).on_conflict_do_nothing(index_elements=["id"]))
