"""Pictures: which of them may lie in the blobs, and which are wanted no longer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Text, and_, bindparam, exists, or_, select, tuple_, update
from sqlalchemy import delete as delete_from

from studio_detector.service.store import dropping, placing
from studio_detector.service.store.conditions import IS_DEAD, IS_UNFINISHED
from studio_detector.service.store.tables import jobs, pictures
from studio_detector.service.store.types import UtcTime

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from collections.abc import Set as AbstractSet

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.engine import Connection
    from sqlalchemy.sql.dml import ReturningDelete

    from studio_detector.service.store.engine import Database
    from studio_detector.service.store.terms import Terms

#: Since when a picture is wanted that nobody wants: the next run of retention deletes it, unless
#: it is sent anew before.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
#: So long may pass between the note that a picture is needed and the acceptance of its job.
_ARRIVAL = timedelta(minutes=5)


def _is_unneeded(*, spares: bool) -> ColumnElement[bool]:
    """Whether nobody wants a picture, with bound ``before`` and ``given_up``.

    Args:
        spares: Whether dead jobs want theirs since the bound ``since``, but for bound ``faults``.
    """
    before = bindparam("before", type_=UtcTime())
    reasons = [IS_UNFINISHED, jobs.c.finished_at >= before]
    if spares:
        reasons.append(
            and_(
                IS_DEAD,
                jobs.c.finished_at >= bindparam("since", type_=UtcTime()),
                jobs.c.error_code.not_in(bindparam("faults", expanding=True)),
            )
        )
    wants = exists().where(
        jobs.c.tenant == pictures.c.tenant,
        jobs.c.image_hash == pictures.c.image_hash,
        or_(*reasons),
    )
    has_arrived = or_(
        pictures.c.arriving == 0, pictures.c.needed_at < bindparam("given_up", type_=UtcTime())
    )
    return and_(pictures.c.needed_at < before, has_arrived, ~wants)


def _unneeded(*, spares: bool) -> Select[str, str]:
    return (
        select(pictures.c.tenant, pictures.c.image_hash)
        .where(_is_unneeded(spares=spares))
        .order_by(pictures.c.needed_at)
    )


def _forget(*, spares: bool) -> ReturningDelete[str]:
    return (
        delete_from(pictures)
        .where(
            pictures.c.tenant == bindparam("of", type_=Text()),
            pictures.c.image_hash.in_(bindparam("hashes", type_=Text(), expanding=True)),
            _is_unneeded(spares=spares),
        )
        .returning(pictures.c.image_hash)
    )


_IS_IT = (
    pictures.c.tenant == bindparam("of", type_=Text()),
    pictures.c.image_hash == bindparam("hash", type_=Text()),
)
_HAS_JOB = exists().where(
    jobs.c.tenant == pictures.c.tenant, jobs.c.image_hash == pictures.c.image_hash
)
_ARRIVES_NO_MORE = (
    update(pictures)
    .where(*_IS_IT, pictures.c.arriving > 0)
    .values(arriving=pictures.c.arriving - 1)
)
_WANTED_BY_NOBODY = (
    update(pictures).where(*_IS_IT, pictures.c.arriving == 0, ~_HAS_JOB).values(needed_at=NEVER)
)
# Building a statement takes longer than running it, and one runs for every picture.
_UNNEEDED, _UNNEEDED_OR_SPARED = _unneeded(spares=False), _unneeded(spares=True)
_FORGET, _FORGET_OR_SPARE = _forget(spares=False), _forget(spares=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spared:
    """Dead jobs that may be tried again, and so want their picture longer than others do.

    Attributes:
        since: They died at this moment or later.
        faults: Codes of those that are not meant, since they died of their picture.
    """

    since: datetime
    faults: AbstractSet[str]


class Pictures:
    """What is known of kept pictures; their bytes are elsewhere.

    Args:
        db: Where it is known.
        terms: The clock.
    """

    def __init__(self, db: Database, terms: Terms) -> None:
        self._db = db
        self._terms = terms

    def need(self, expected: Sequence[tuple[str, str]]) -> None:
        """Note that pictures are about to be kept; call it before keeping them.

        Then none can be thrown away between its keeping and the acceptance of its job, though
        other jobs of the same picture end meanwhile. Each picture of a request once.

        Args:
            expected: Tenant and hash of each.
        """
        now = self._terms.clock()
        self._db.write(lambda tx: placing.expect_pictures(tx, expected, now))

    def still_need(self, expected: Sequence[tuple[str, str]]) -> None:
        """Note that pictures which `need` was told of are still to come; within five minutes.

        Args:
            expected: Tenant and hash of each.
        """
        now = self._terms.clock()
        if expected:
            self._db.write(lambda tx: placing.need_pictures(tx, expected, now, arrived=False))

    def give_up(self, expected: Sequence[tuple[str, str]]) -> None:
        """Note that there will be no job, or none any more, of pictures `need` was told of.

        Unless another job is of a picture, or about to be, nobody wants it from now on.

        Args:
            expected: Tenant and hash of each.
        """
        # In one order for everybody, so that no two requests lock crosswise.
        rows = [{"of": names[0], "hash": names[1]} for names in sorted(set(expected))]

        def work(tx: Connection) -> None:
            tx.execute(_ARRIVES_NO_MORE, rows)
            tx.execute(_WANTED_BY_NOBODY, rows)

        if rows:
            self._db.write(work)

    def known(self, pictures_asked: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those of some pictures, by tenant and hash, that there is a note of."""
        columns = (pictures.c.tenant, pictures.c.image_hash)
        found: set[tuple[str, str]] = set()
        for part in placing.chunks(pictures_asked):
            query = select(*columns).where(tuple_(*columns).in_(part))
            rows = self._db.read(lambda tx, query=query: tx.execute(query).all())  # type: ignore[misc]
            found.update((row[0], row[1]) for row in rows)
        return found

    def unneeded(
        self, before: datetime, limit: int = 100, *, spared: Spared | None = None
    ) -> list[tuple[str, str]]:
        """Tenant and hash of pictures that nobody wants any more, the longest first.

        Args:
            before: Their last job ended before this moment, and none is unfinished. What is
                on its way in is needed too, for five minutes: its request may have died.
            limit: Most of them.
            spared: Jobs that want theirs all the same; None for none.
        """
        query = (_UNNEEDED if spared is None else _UNNEEDED_OR_SPARED).limit(limit)
        values = self._values(before, spared)
        rows = self._db.read(lambda tx: tx.execute(query, values).all())
        return [(row[0], row[1]) for row in rows]

    def forget(
        self,
        tenant: str,
        image_hash: str,
        *,
        before: datetime,
        delete: Callable[[], None],
        spared: Spared | None = None,
    ) -> bool:
        """Throw a picture away, unless somebody wants it by now; see `forget_some`.

        Returns:
            Whether it was thrown away.
        """
        gone = self.forget_some(
            tenant, [image_hash], before=before, delete=lambda _: delete(), spared=spared
        )
        return bool(gone)

    def forget_some(
        self,
        tenant: str,
        image_hashes: Sequence[str],
        *,
        before: datetime,
        delete: Callable[[str], None],
        spared: Spared | None = None,
    ) -> list[str]:
        """Throw pictures away in one transaction, unless somebody wants them by now.

        Args:
            tenant: Whose.
            image_hashes: Which, a handful.
            before: As in `unneeded`.
            delete: Deletes the bytes of one, which may be gone already. It runs inside the
                transaction, so that whoever needs the picture meanwhile keeps it afterwards;
                on SQLite others' writes wait for it.
            spared: As in `unneeded`.

        Returns:
            Those that were thrown away.
        """
        statement = _FORGET if spared is None else _FORGET_OR_SPARE

        def work(tx: Connection) -> list[str]:
            values = {"of": tenant, "hashes": image_hashes, **self._values(before, spared)}
            gone = list(tx.execute(statement, values).scalars())
            if gone:
                dropping.drop_stray_subjects(tx, tenant, gone)
            for image_hash in gone:
                delete(image_hash)
            return gone

        return self._db.write(work)

    def _values(self, before: datetime, spared: Spared | None) -> dict[str, object]:
        values: dict[str, object] = {
            "before": before,
            "given_up": self._terms.clock() - _ARRIVAL,
        }
        if spared is not None:
            values |= {"since": spared.since, "faults": sorted(spared.faults)}
        return values
