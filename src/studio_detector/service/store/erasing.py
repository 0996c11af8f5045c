"""Erasing: everything about a picture goes in one transaction, and the act is noted in it.

The pieces of work of a picture are held meanwhile, as whoever works on it or asks for it holds
them (see `placing`): a try that ends at this moment comes before, and what it stored goes too,
or after, and finds its job gone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from studio_detector.service.records import Work
from studio_detector.service.store import dropping, placing
from studio_detector.service.store.pictures import NEVER
from studio_detector.service.store.placing import chunks
from studio_detector.service.store.rows import JOB_COLUMNS, job_of
from studio_detector.service.store.tables import in_flight, jobs, pictures, results, subjects

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.engine import Connection, Row

    from studio_detector.service.records import Job
    from studio_detector.service.store.terms import Terms

#: Later than anything was created.
EVER = datetime(9999, 1, 1, tzinfo=UTC)

_RESULTS = (
    select(
        results.c.id,
        results.c.image_hash,
        results.c.created_at,
        results.c.variant,
        results.c.pipeline_version,
        results.c.phases,
    )
    .order_by(results.c.seq)
    .with_for_update()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """What one transaction erased, for the places outside of the database that know of it.

    Attributes:
        tenant: Whose.
        pictures: Hashes of those of which nothing but the bytes may be left.
        seen: Number of pictures of which there was anything.
        works: Hash and work of what a cache may answer.
        results: Results.
        jobs: Jobs as they were.
        notes: Number of notes of feedback.
        callbacks: Number of callbacks.
        batches: Number of batches, all of whose jobs went.
    """

    tenant: str
    pictures: tuple[str, ...] = ()
    seen: int = 0
    works: frozenset[tuple[str, Work]] = field(default_factory=frozenset)
    results: tuple[UUID, ...] = ()
    jobs: tuple[Job, ...] = ()
    notes: int = 0
    callbacks: int = 0
    batches: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reach:
    """What an erasure reaches.

    Attributes:
        tenant: Whose.
        hashes: Pictures that are looked at.
        others: Jobs of no picture, which go.
        before: Only what was created until then.
        own: The jobs of these pictures that go; None for all.
    """

    tenant: str
    hashes: Sequence[str]
    others: Sequence[Job] = ()
    before: datetime
    own: frozenset[UUID] | None = None

    def has_job(self, job: Job) -> bool:
        """Whether a job goes."""
        return job.created_at <= self.before if self.own is None else job.id in self.own

    def has_result(self, row: Row[Any], *, is_wanted: bool) -> bool:
        """Whether a result goes that no job refers to.

        Args:
            row: The result.
            is_wanted: Whether a job of its picture stays.
        """
        return (not is_wanted or self.own is None) and row.created_at <= self.before


def erase_pictures(
    tx: Connection,
    terms: Terms,
    tenant: str,
    hashes: Sequence[str],
    *,
    before: datetime = EVER,
    others: Sequence[Job] = (),
) -> Gone:
    """Erase everything about pictures.

    Args:
        tx: A transaction that writes.
        terms: The clock, and the words of callbacks.
        tenant: Whose.
        hashes: The pictures.
        before: Only what was created until then; a picture that was sent anew since stays,
            with what came of it since.
        others: Jobs that go too, of no picture.
    """
    reach = _Reach(tenant=tenant, hashes=hashes, others=others, before=before)
    return _erase(tx, terms, reach)


def erase_job(tx: Connection, terms: Terms, job: Job, *, before: datetime = EVER) -> Gone:
    """Erase a job with those that score its picture for comparison alone.

    Where no other job of the tenant is of the picture, everything about the picture goes.
    Otherwise its result goes, unless one of them refers to it.

    Args:
        tx: A transaction that writes.
        terms: See `erase_pictures`.
        job: The job.
        before: See `erase_pictures`.
    """
    # Accepted in the same moment, which is what there is an index for.
    shadows = select(*JOB_COLUMNS).where(
        jobs.c.tenant == job.tenant,
        jobs.c.created_at == job.created_at,
        jobs.c.shadow_of == job.id,
    )
    own = [job, *map(job_of, tx.execute(shadows))]
    reach = _Reach(
        tenant=job.tenant,
        hashes=sorted(_hashes(own)),
        others=[one for one in own if one.image_hash is None],
        before=before,
        own=frozenset(one.id for one in own),
    )
    return _erase(tx, terms, reach)


def _erase(tx: Connection, terms: Terms, reach: _Reach) -> Gone:
    now = terms.clock()
    tenant = reach.tenant
    held = _hold(tx, tenant, reach.hashes)
    found = _results(tx, tenant, reach.hashes)
    there = _jobs(tx, tenant, reach.hashes)
    gone = [*filter(reach.has_job, there), *reach.others]
    kept = [job for job in there if not reach.has_job(job)]
    wanted, answers = _hashes(kept), {job.result_id for job in kept}
    # Also those that a job came to after the erasure that is repeated.
    of_gone = {job.result_id for job in gone}
    verdicts = [
        row
        for row in found
        if row.id not in answers
        and (row.id in of_gone or reach.has_result(row, is_wanted=row.image_hash in wanted))
    ]
    lonely = sorted(set(reach.hashes) - wanted)
    _hand_over(tx, gone, kept)
    calls, emptied = dropping.drop_jobs(tx, terms, tenant, gone, now)
    notes, more_calls = dropping.drop_results(tx, [row.id for row in verdicts])
    for part in chunks(lonely):
        tx.execute(
            delete(subjects).where(subjects.c.tenant == tenant, subjects.c.image_hash.in_(part))
        )
    seen = _leave_bytes(tx, tenant, lonely, reach.before)
    at_it = {*held.values(), *(job.id for job in gone)} - {job.id for job in kept}
    for part in chunks(sorted(at_it)):
        tx.execute(delete(in_flight).where(in_flight.c.job_id.in_(part)))
    return Gone(
        tenant=tenant,
        pictures=tuple(lonely),
        seen=len(seen | _hashes(gone) | {row.image_hash for row in verdicts}),
        works=_works(gone, verdicts),
        results=tuple(row.id for row in verdicts),
        jobs=tuple(gone),
        notes=notes,
        callbacks=calls + more_calls,
        batches=emptied,
    )


def _hold(tx: Connection, tenant: str, hashes: Sequence[str]) -> Mapping[str, UUID]:
    """Hold every piece of work that there is of pictures; who does which."""
    keys: set[str] = set()
    for part in chunks(hashes):
        for table in (jobs, results):
            query = select(table.c.image_hash, table.c.variant, table.c.pipeline_version)
            rows = tx.execute(
                query.where(table.c.tenant == tenant, table.c.image_hash.in_(part)).distinct()
            )
            keys.update(placing.work_key(tenant, *row) for row in rows)
    return placing.take(tx, {key: uuid4() for key in keys})


def _results(tx: Connection, tenant: str, hashes: Sequence[str]) -> list[Row[Any]]:
    """The results of pictures; whoever would refer to one at this moment waits, and finds it gone.

    Asked until nothing is new: who held one of them may have stored another from it.
    """
    found: list[Row[Any]] = []
    while True:
        rows: list[Row[Any]] = []
        for part in chunks(hashes):
            query = _RESULTS.where(results.c.tenant == tenant, results.c.image_hash.in_(part))
            rows += tx.execute(query)
        if len(rows) == len(found):
            return rows
        found = rows


def _jobs(tx: Connection, tenant: str, hashes: Sequence[str]) -> list[Job]:
    found: list[Job] = []
    for part in chunks(hashes):
        query = select(*JOB_COLUMNS).where(jobs.c.tenant == tenant, jobs.c.image_hash.in_(part))
        found += map(job_of, tx.execute(query))
    return found


def _hand_over(tx: Connection, gone: Sequence[Job], kept: Sequence[Job]) -> None:
    """Let jobs that stay do the work of leaders that go."""
    led = {job.leader_id for job in kept} - {None}
    for leader in gone:
        if leader.id in led:
            # Those that follow it and go themselves must not inherit.
            for part in chunks([job.id for job in gone if job.leader_id == leader.id]):
                tx.execute(update(jobs).where(jobs.c.id.in_(part)).values(leader_id=None))
            placing.pass_on(tx, leader.id)


def _leave_bytes(tx: Connection, tenant: str, hashes: Sequence[str], before: datetime) -> set[str]:
    """Note that of pictures only the bytes are left, which are to be deleted.

    They are not deleted here: the place where they lie may be away, and the note is what is
    not lost then. Whoever sends one of them at this very moment has to send it again.

    Returns:
        Those that there was a note of before.
    """
    if not hashes:
        return set()
    known = select(pictures.c.image_hash).where(
        pictures.c.tenant == tenant, pictures.c.image_hash.in_(hashes)
    )
    seen = set(tx.execute(known).scalars())
    note = insert(pictures)
    note = note.on_conflict_do_update(
        index_elements=["tenant", "image_hash"],
        set_={"needed_at": note.excluded.needed_at},
        where=pictures.c.needed_at <= before,
    )
    tx.execute(
        note,
        [
            {"tenant": tenant, "image_hash": image_hash, "needed_at": NEVER, "arriving": 0}
            for image_hash in sorted(hashes)
        ],
    )
    return seen


def _hashes(of: Iterable[Job]) -> set[str]:
    return {job.image_hash for job in of if job.image_hash is not None}


def _works(gone: Sequence[Job], found: Sequence[Row[Any]]) -> frozenset[tuple[str, Work]]:
    of_jobs = {(job.image_hash, job.work) for job in gone if job.image_hash is not None}
    of_results = {
        (
            row.image_hash,
            Work(variant=row.variant, pipeline_version=row.pipeline_version, phases=row.phases),
        )
        for row in found
    }
    return frozenset(of_jobs | of_results)
