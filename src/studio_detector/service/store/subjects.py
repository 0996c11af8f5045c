"""Subjects: all that is stored of whoever pictures show, for them to see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import func, literal, select

from studio_detector.service.store.placing import chunks
from studio_detector.service.store.rows import (
    DELIVERY_COLUMNS,
    JOB_COLUMNS,
    RESULT_COLUMNS,
    delivery_of,
    job_of,
    result_of,
)
from studio_detector.service.store.tables import deliveries, jobs, pictures, results, subjects

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection

    from studio_detector.service.records import Delivery, Job, Result
    from studio_detector.service.store.engine import Database

_PART = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """All that is stored of one picture, or of a job that has none (yet).

    Attributes:
        image_hash: The picture; None for an address that was never fetched.
        is_kept: Whether its bytes may still be kept.
        jobs: Its jobs, also those that name no subject.
        callbacks: Callbacks of these jobs.
        results: Its results.
    """

    image_hash: str | None
    is_kept: bool
    jobs: Sequence[Job]
    callbacks: Sequence[Delivery]
    results: Sequence[Result]


class Subjects:
    """Whom pictures show, by keyed hashes of tags; `Jobs.accept` notes it.

    Args:
        db: Where it is noted.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def is_known(self, tenant: str, subject: str) -> bool:
        """Whether anything is stored under a subject."""
        query = select(literal(1)).where(*_is(tenant, subject)).limit(1)
        return self._db.read(lambda tx: tx.execute(query).first() is not None)

    def shown(self, tenant: str, subject: str) -> Iterator[Shown]:
        """All that is stored of a subject, a picture at a time, each once.

        Args:
            tenant: Whose pictures.
            subject: Keyed hash of the tag.

        Raises:
            BusyError: ``store_unavailable``.
        """
        after = UUID(int=0)
        told: set[str] = set()
        while rows := self._db.read(lambda tx, after=after: _rows(tx, tenant, subject, after)):  # type: ignore[misc]
            for job_id, image_hash in rows:
                if image_hash is None:
                    yield self._db.read(lambda tx, job_id=job_id: _of_job(tx, tenant, job_id))  # type: ignore[misc]
                elif image_hash not in told:
                    told.add(image_hash)
                    yield self._db.read(
                        lambda tx, image_hash=image_hash: _of_picture(tx, tenant, image_hash)  # type: ignore[misc]
                    )
            after = rows[-1][0]


def _rows(
    tx: Connection, tenant: str, subject: str, after: UUID
) -> Sequence[tuple[UUID, str | None]]:
    query = (
        select(subjects.c.job_id, func.coalesce(jobs.c.image_hash, subjects.c.image_hash))
        .outerjoin_from(subjects, jobs, jobs.c.id == subjects.c.job_id)
        .where(*_is(tenant, subject), subjects.c.job_id > after)
        .order_by(subjects.c.job_id)
        .limit(_PART)
    )
    return [(row[0], row[1]) for row in tx.execute(query)]


def _of_job(tx: Connection, tenant: str, job_id: UUID) -> Shown:
    its_jobs, calls = _jobs(tx, tenant, jobs.c.id == job_id)
    return Shown(image_hash=None, is_kept=False, jobs=its_jobs, callbacks=calls, results=())


def _of_picture(tx: Connection, tenant: str, image_hash: str) -> Shown:
    its_jobs, calls = _jobs(tx, tenant, jobs.c.image_hash == image_hash)
    of_picture = (results.c.tenant == tenant, results.c.image_hash == image_hash)
    found = tx.execute(select(*RESULT_COLUMNS).where(*of_picture).order_by(results.c.seq))
    note = select(literal(1)).where(
        pictures.c.tenant == tenant, pictures.c.image_hash == image_hash
    )
    return Shown(
        image_hash=image_hash,
        is_kept=tx.execute(note).first() is not None,
        jobs=its_jobs,
        callbacks=calls,
        results=[result_of(row) for row in found],
    )


def _jobs(
    tx: Connection, tenant: str, is_it: ColumnElement[bool]
) -> tuple[list[Job], list[Delivery]]:
    query = select(*JOB_COLUMNS).where(jobs.c.tenant == tenant, is_it)
    found = [job_of(row) for row in tx.execute(query.order_by(jobs.c.created_at))]
    calls: list[Delivery] = []
    for part in chunks([job.id for job in found]):
        calls += map(
            delivery_of,
            tx.execute(
                select(*DELIVERY_COLUMNS)
                .where(deliveries.c.job_id.in_(part))
                .order_by(deliveries.c.created_at)
            ),
        )
    return found, calls


def _is(tenant: str, subject: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return subjects.c.tenant == tenant, subjects.c.subject == subject
