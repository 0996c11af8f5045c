"""Batches: many jobs under one name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select

from studio_detector.errors import RequestError
from studio_detector.service.store import dropping, ending
from studio_detector.service.store.conditions import IS_UNFINISHED
from studio_detector.service.store.rows import JOB_COLUMNS, RESULT_COLUMNS, job_of, result_of
from studio_detector.service.store.tables import batches, jobs, results

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sqlalchemy.engine import Connection

    from studio_detector.service.records import Batch, Job, Result
    from studio_detector.service.store.engine import Database
    from studio_detector.service.store.terms import Terms

#: Rows read at once, so that no transaction lasts as long as a slow reader.
_PART = 500


class Batches:
    """The batches of all tenants; `Jobs.accept` makes them.

    Args:
        db: Where they are.
        terms: The clock, and the words of callbacks.
    """

    def __init__(self, db: Database, terms: Terms) -> None:
        self._db = db
        self._terms = terms

    def get(self, tenant: str, batch_id: UUID) -> Batch:
        """One batch with its progress.

        Raises:
            RequestError: ``batch_unknown``.
        """
        return self._db.read(lambda tx: _get(tx, tenant, batch_id))

    def results(self, tenant: str, batch_id: UUID) -> Iterator[tuple[Job, Result | None]]:
        """Its jobs by position, each with its result once it has one.

        Read a few hundred at a time: what comes late is as it is when it comes.

        Raises:
            RequestError: ``batch_unknown``, before the first one.
        """
        self.get(tenant, batch_id)
        return self._results(batch_id)

    def delete(self, tenant: str, batch_id: UUID) -> int:
        """Throw away a batch and its jobs, not their results; the number of jobs.

        Callbacks of theirs that were not told yet are told no more. It stays known whom the
        pictures show.

        Raises:
            RequestError: ``batch_unknown``; ``state_conflict`` while jobs wait or run.
        """
        terms = self._terms
        return self._db.write(lambda tx: _delete(tx, terms, tenant, batch_id))

    def _results(self, batch_id: UUID) -> Iterator[tuple[Job, Result | None]]:
        width = len(JOB_COLUMNS)
        position = -1
        while True:
            query = (
                select(*JOB_COLUMNS, *RESULT_COLUMNS)
                .outerjoin_from(jobs, results, results.c.id == jobs.c.result_id)
                .where(jobs.c.batch_id == batch_id, jobs.c.position > position)
                .order_by(jobs.c.position)
                .limit(_PART)
            )
            rows = self._db.read(lambda tx, query=query: tx.execute(query).all())  # type: ignore[misc]
            for row in rows:
                job = job_of(row[:width])
                yield job, None if row[width] is None else result_of(row[width:])
            if len(rows) < _PART:
                return
            position = row.position


def _get(tx: Connection, tenant: str, batch_id: UUID) -> Batch:
    row = tx.execute(
        select(*batches.c).where(batches.c.id == batch_id, batches.c.tenant == tenant)
    ).first()
    if row is None:
        raise RequestError(
            f"there is no batch {batch_id}; it may have been deleted, or belong to somebody else",
            code="batch_unknown",
        )
    return ending.batch_of(tx, row)


def _delete(tx: Connection, terms: Terms, tenant: str, batch_id: UUID) -> int:
    batch = _get(tx, tenant, batch_id)
    unfinished = tx.execute(
        select(func.count()).select_from(jobs).where(jobs.c.batch_id == batch_id, IS_UNFINISHED)
    ).scalar_one()
    gone: list[Job] = []
    if not unfinished:
        # Locked, since one may be tried again at this moment; only now, since a batch that is at
        # work is not to wait for whoever asks.
        query = select(*JOB_COLUMNS).where(jobs.c.batch_id == batch_id).with_for_update()
        gone = [job_of(row) for row in tx.execute(query)]
        unfinished = sum(not job.is_over for job in gone)
    if unfinished:
        raise RequestError(
            f"{unfinished} of {batch.total} jobs of the batch {batch_id} wait or run; cancel them "
            "first",
            code="state_conflict",
        )
    dropping.drop_jobs(tx, terms, tenant, gone, terms.clock())
    # An earlier release left batches without jobs behind.
    tx.execute(delete(batches).where(batches.c.id == batch_id))
    return len(gone)
