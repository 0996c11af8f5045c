"""Results: one for each picture, variant and pipeline version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, Uuid, bindparam, delete, literal, select, tuple_

from studio_detector.errors import RequestError
from studio_detector.service.records import Page, ResultFilter
from studio_detector.service.store import comparing, cursors, storing
from studio_detector.service.store.rows import RESULT_COLUMNS, result_of
from studio_detector.service.store.tables import feedback, results
from studio_detector.service.store.types import COUNTER, UtcTime, storable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from studio_detector.service.records import NewResult, Result, Work
    from studio_detector.service.similar import HashRow
    from studio_detector.service.store.comparing import Disagreements
    from studio_detector.service.store.engine import Database
    from studio_detector.service.store.terms import Terms

_GET = select(*RESULT_COLUMNS).where(
    results.c.id == bindparam("result", type_=Uuid()),
    results.c.tenant == bindparam("of", type_=Text()),
)
_BY_WORK = select(*RESULT_COLUMNS).where(
    results.c.tenant == bindparam("of", type_=Text()),
    results.c.image_hash == bindparam("hash", type_=Text()),
    results.c.variant == bindparam("variant", type_=Text()),
    results.c.pipeline_version == bindparam("version", type_=Text()),
    results.c.is_shadow.is_(False),
)
#: Results read at once by `Results.iterate`.
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

    def add(self, new: NewResult) -> Result:
        """Store a result; the one there was for the same work is kept and returned."""
        now = self._terms.clock()
        return self._db.write(lambda tx: storing.store(tx, new, now))

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
        query = select(*RESULT_COLUMNS, results.c.seq).where(
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
        items = tuple(result_of(row) for row in rows[:limit])
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

    def delete(self, tenant: str, result_id: UUID) -> None:
        """Throw away a result and what people said about it.

        Raises:
            RequestError: ``result_unknown``.
        """

        def work(tx: Any) -> int:  # noqa: ANN401
            gone: int = tx.execute(
                delete(results).where(results.c.id == result_id, results.c.tenant == tenant)
            ).rowcount
            if gone:
                tx.execute(delete(feedback).where(feedback.c.result_id == result_id))
            return gone

        if not self._db.write(work):
            raise _unknown(result_id)

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
