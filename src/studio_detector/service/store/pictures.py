"""Pictures: which of them may lie in the blobs, and which are wanted no longer."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, exists, or_, select, tuple_
from sqlalchemy import delete as delete_from

from studio_detector.service.store import placing
from studio_detector.service.store.conditions import IS_UNFINISHED
from studio_detector.service.store.tables import jobs, pictures

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection

    from studio_detector.service.store.engine import Database
    from studio_detector.service.store.terms import Terms


#: So long may pass between the note that a picture is needed and the acceptance of its job.
_ARRIVAL = timedelta(minutes=5)


class Pictures:
    """What is known of kept pictures; their bytes are elsewhere.

    Args:
        db: Where it is known.
        terms: The clock.
    """

    def __init__(self, db: Database, terms: Terms) -> None:
        self._db = db
        self._terms = terms

    def need(self, tenant: str, image_hash: str) -> None:
        """Note that a picture is about to be kept; call it before keeping it.

        Then it cannot be thrown away between its keeping and the acceptance of its job.
        """
        now = self._terms.clock()
        self._db.write(lambda tx: placing.need_pictures(tx, [(tenant, image_hash)], now))

    def known(self, pictures_asked: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those of some pictures, by tenant and hash, that there is a note of."""
        columns = (pictures.c.tenant, pictures.c.image_hash)
        found: set[tuple[str, str]] = set()
        for part in placing.chunks(pictures_asked):
            query = select(*columns).where(tuple_(*columns).in_(part))
            rows = self._db.read(lambda tx, query=query: tx.execute(query).all())  # type: ignore[misc]
            found.update((row[0], row[1]) for row in rows)
        return found

    def unneeded(self, before: datetime, limit: int = 100) -> list[tuple[str, str]]:
        """Tenant and hash of pictures that nobody wants any more, the longest first.

        Args:
            before: Their last job ended before this moment, and none is unfinished. What came
                less than five minutes ago is needed, since its job may be on its way.
            limit: Most of them.
        """
        query = (
            select(pictures.c.tenant, pictures.c.image_hash)
            .where(self._is_unneeded(before))
            .order_by(pictures.c.needed_at)
            .limit(limit)
        )
        rows = self._db.read(lambda tx: tx.execute(query).all())
        return [(row[0], row[1]) for row in rows]

    def forget(
        self, tenant: str, image_hash: str, *, before: datetime, delete: Callable[[], None]
    ) -> bool:
        """Throw a picture away, unless somebody wants it by now.

        Args:
            tenant: Whose.
            image_hash: Which.
            before: As in `unneeded`.
            delete: Deletes the bytes, which may be gone already. It runs inside the
                transaction, so that whoever needs the picture meanwhile keeps it afterwards;
                on SQLite others' writes wait for it.

        Returns:
            Whether it was thrown away.
        """

        def work(tx: Connection) -> bool:
            statement = delete_from(pictures).where(
                pictures.c.tenant == tenant,
                pictures.c.image_hash == image_hash,
                self._is_unneeded(before),
            )
            if tx.execute(statement).rowcount == 0:
                return False
            delete()
            return True

        return self._db.write(work)

    def _is_unneeded(self, before: datetime) -> ColumnElement[bool]:
        wants = exists().where(
            jobs.c.tenant == pictures.c.tenant,
            jobs.c.image_hash == pictures.c.image_hash,
            or_(IS_UNFINISHED, jobs.c.finished_at >= before),
        )
        arrived = min(before, self._terms.clock() - _ARRIVAL)
        return and_(pictures.c.needed_at < arrived, ~wants)
