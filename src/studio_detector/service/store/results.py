"""Results: one for each picture, variant and pipeline version."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Text, Uuid, bindparam, literal, select, tuple_

from studio_detector.errors import RequestError
from studio_detector.service.records import Page, ResultFilter
from studio_detector.service.store import comparing, cursors, storing
from studio_detector.service.store.rows import (
    RESULT_COLUMNS,
    VERDICT_COLUMNS,
    result_of,
    verdict_of,
)
from studio_detector.service.store.tables import results
from studio_detector.service.store.types import COUNTER, UtcTime, storable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any
    from uuid import UUID

    from sqlalchemy import Column, ColumnElement
    from sqlalchemy.engine import Connection

    from studio_detector.service.records import NewResult, Result, Verdict, Work
    from studio_detector.service.similar import HashRow
    from studio_detector.service.store.comparing import Disagreements
    from studio_detector.service.store.engine import Database
    from studio_detector.service.store.terms import Terms

_GET = select(*RESULT_COLUMNS).where(
    results.c.id == bindparam("result", type_=Uuid()),
    results.c.tenant == bindparam("of", type_=Text()),
)
# Asked for its tenant, too, SQLite would look through all results that this has.
_ARE_THERE = select(results.c.id, results.c.tenant).where(
    results.c.id.in_(bindparam("results", type_=Uuid(), expanding=True))
)
_BY_WORK = select(*RESULT_COLUMNS).where(
    results.c.tenant == bindparam("of", type_=Text()),
    results.c.image_hash == bindparam("hash", type_=Text()),
    results.c.variant == bindparam("variant", type_=Text()),
    results.c.pipeline_version == bindparam("version", type_=Text()),
    results.c.is_shadow.is_(False),
)
T = TypeVar("T")

# Results read at once by those that go through many.
_PART = 500


class Results:
    """The results of all tenants.

    Args:
        db: Where they are.
        terms: The clock.
    """

    def __init__(self, db: Database, terms: Terms) -> None:
        self._db = db
        self._terms = terms

    def add(self, new: NewResult, *, judged: UUID | None = None) -> Result | None:
        """Store a result; the one there was for the same work is kept and returned.

        Args:
            new: The result.
            judged: The result that it was judged from anew.

        Returns:
            The result; None if ``judged`` was erased meanwhile, and then nothing is stored.
        """
        now = self._terms.clock()

        def work(tx: Connection) -> Result | None:
            if judged is not None and not storing.holds(tx, new.tenant, judged):
                return None
            return storing.store(tx, new, now)

        return self._db.write(work)

    def get(self, tenant: str, result_id: UUID) -> Result:
        """One result, a shadow's too.

        Raises:
            RequestError: ``result_unknown``.
        """
        row = self._db.read(
            lambda tx: tx.execute(_GET, {"result": result_id, "of": tenant}).first()
        )
        if row is None:
            raise _unknown(result_id)
        return result_of(row)

    def are_there(self, tenant: str, result_ids: Iterable[UUID]) -> list[UUID]:
        """Those of some results that there are, each once, in the order given."""
        asked = list(dict.fromkeys(result_ids))
        found: set[UUID] = set()
        for part in _parts(asked):
            values = {"results": part}
            rows = self._db.read(lambda tx, values=values: tx.execute(_ARE_THERE, values).all())  # type: ignore[misc]
            found.update(row[0] for row in rows if row[1] == tenant)
        return [one for one in asked if one in found]

    def chosen(self, tenant: str, result_ids: Sequence[UUID]) -> Iterator[Result]:
        """Results by their names, a few at a time, in the order given.

        Args:
            tenant: Whose.
            result_ids: Of shadows, too; what there is no more is passed over.
        """
        for part in _parts(result_ids):
            query = select(*RESULT_COLUMNS).where(
                results.c.id.in_(part), results.c.tenant == tenant
            )
            rows = self._db.read(lambda tx, query=query: tx.execute(query).all())  # type: ignore[misc]
            found = {result.id: result for result in map(result_of, rows)}
            yield from (found[one] for one in part if one in found)

    def by_work(self, tenant: str, image_hash: str, work: Work) -> Result | None:
        """The result of a piece of work; None if there is none but a shadow's."""
        values = {
            "of": tenant,
            "hash": image_hash,
            "variant": work.variant,
            "version": work.pipeline_version,
        }
        row = self._db.read(lambda tx: tx.execute(_BY_WORK, values).first())
        return None if row is None else result_of(row)

    def find(
        self,
        tenant: str,
        wanted: ResultFilter | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Result]:
        """Results, the newest first, without those of shadows.

        Args:
            tenant: Whose.
            wanted: Which; None for all.
            cursor: Where the page begins; from the page before.
            limit: Most results of a page.

        Raises:
            RequestError: ``request_invalid`` for a cursor that is none.
        """
        return self._page(RESULT_COLUMNS, result_of, (tenant, wanted, cursor, limit))

    def verdicts(
        self,
        tenant: str,
        wanted: ResultFilter | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Verdict]:
        """Like `find`, without what verdicts rest on, which is not read either."""
        return self._page(VERDICT_COLUMNS, verdict_of, (tenant, wanted, cursor, limit))

    def _page(
        self,
        columns: Sequence[Column[Any]],
        record_of: Callable[[Sequence[Any]], T],
        asked: tuple[str, ResultFilter | None, str | None, int],
    ) -> Page[T]:
        tenant, wanted, cursor, limit = asked
        query = select(*columns, results.c.seq).where(
            results.c.tenant == tenant,
            results.c.is_shadow.is_(False),
            *_conditions(wanted or ResultFilter()),
        )
        if cursor is not None:
            moment, number = cursors.moment_and_number("results", cursor)
            last = tuple_(literal(moment, UtcTime()), literal(number, COUNTER))
            query = query.where(tuple_(results.c.created_at, results.c.seq) < last)
        query = query.order_by(results.c.created_at.desc(), results.c.seq.desc()).limit(limit + 1)
        rows = self._db.read(lambda tx: tx.execute(query).all())
        items = tuple(record_of(row) for row in rows[:limit])
        if len(rows) <= limit:
            return Page(items=items)
        last_row = rows[limit - 1]
        return Page(
            items=items, cursor=cursors.written("results", last_row.created_at, last_row.seq)
        )

    def iterate(
        self,
        tenant: str | None = None,
        wanted: ResultFilter | None = None,
        *,
        with_shadows: bool = True,
    ) -> Iterator[Result]:
        """All results in the order they were stored, a few at a time: for scoring anew.

        Those stored while it goes on come too, so that whoever stores results from it must
        look at what they are.

        Args:
            tenant: Whose; None for everybody's.
            wanted: Which; None for all.
            with_shadows: Whether those of shadows come too.
        """
        conditions = list(_conditions(wanted or ResultFilter()))
        if tenant is not None:
            conditions.append(results.c.tenant == tenant)
        if not with_shadows:
            conditions.append(results.c.is_shadow.is_(False))
        number = 0
        while True:
            query = (
                select(*RESULT_COLUMNS, results.c.seq)
                .where(results.c.seq > number, *conditions)
                .order_by(results.c.seq)
                .limit(_PART)
            )
            rows = self._db.read(lambda tx, query=query: tx.execute(query).all())  # type: ignore[misc]
            if not rows:
                return
            yield from (result_of(row) for row in rows)
            number = rows[-1].seq

    def hashes_after(self, after_seq: int, limit: int, tenant: str | None = None) -> list[HashRow]:
        """Perceptual hashes in the order of their numbers, for an index that grows.

        On PostgreSQL a transaction that ends late may add a number below one that was seen.

        Args:
            after_seq: Only numbers above this one; 0 for all.
            limit: Most rows.
            tenant: Whose; None for everybody's.
        """
        return self._db.read(lambda tx: comparing.hashes_after(tx, after_seq, limit, tenant))

    def disagreements(
        self, a: str, b: str, *, tenant: str | None = None, limit: int = 100
    ) -> Disagreements:
        """What two variants said about the pictures that both have seen.

        Args:
            a: Name of a variant.
            b: Name of another.
            tenant: Whose pictures; None for everybody's.
            limit: Most pictures to list, those they differ about most.
        """
        return self._db.read(lambda tx: comparing.disagreements(tx, (a, b), tenant, limit))


def _parts(result_ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for begin in range(0, len(result_ids), _PART):
        yield result_ids[begin : begin + _PART]


def _conditions(wanted: ResultFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.is_studio is not None:
        yield results.c.is_studio.is_(wanted.is_studio)
    if wanted.label is not None:
        yield results.c.label == wanted.label
    if wanted.confidence_min is not None:
        yield results.c.confidence >= wanted.confidence_min
    if wanted.confidence_max is not None:
        yield results.c.confidence <= wanted.confidence_max
    if wanted.created_after is not None:
        yield results.c.created_at > wanted.created_after
    if wanted.image_hash is not None:
        yield results.c.image_hash == storable(wanted.image_hash)
    if wanted.variant is not None:
        yield results.c.variant == storable(wanted.variant)


def _unknown(result_id: UUID) -> RequestError:
    return RequestError(
        f"there is no result {result_id}; it may have been deleted, or belong to somebody else",
        code="result_unknown",
    )
