"""Keys of kept pictures, one for each, as the master key has wrapped them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, Text, bindparam, delete, func, select, tuple_, update

# This one speaks both dialects: SQLite took over PostgreSQL's ON CONFLICT word for word.
from sqlalchemy.dialects.postgresql import insert

from studio_detector.service.store import placing
from studio_detector.service.store.prepared import Prepared
from studio_detector.service.store.tables import data_keys, master_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy.engine import Connection, Row

    from studio_detector.service.store.engine import Database
    from studio_detector.service.store.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class DataKey:
    """The key of one kept picture.

    Attributes:
        tenant: Whose picture.
        image_hash: Which.
        blob: Name of the encrypted bytes, 64 hexadecimal digits by chance.
        wrapped: The key, encrypted by a master key, as base64.
        master_id: Which master key.
    """

    tenant: str
    image_hash: str
    blob: str
    wrapped: str = field(repr=False)
    master_id: str


_COLUMNS = (
    data_keys.c.tenant,
    data_keys.c.image_hash,
    data_keys.c.blob,
    data_keys.c.wrapped,
    data_keys.c.master_id,
)
_NAMES = tuple(column.name for column in _COLUMNS)
# Setting the row to what it is gives back whose it is, in one statement.
_TAKE = (
    insert(data_keys)
    .on_conflict_do_update(
        index_elements=["tenant", "image_hash"], set_={"wrapped": data_keys.c.wrapped}
    )
    .returning(*_COLUMNS)
)
_TAKE_ONE = Prepared(_TAKE)
_IS_IT = (
    data_keys.c.tenant == bindparam("of", type_=Text()),
    data_keys.c.image_hash == bindparam("hash", type_=Text()),
)
_GET = Prepared(select(*_COLUMNS).where(*_IS_IT))
_GET_SOME = select(*_COLUMNS).where(
    data_keys.c.tenant == bindparam("of", type_=Text()),
    data_keys.c.image_hash.in_(bindparam("hashes", type_=Text(), expanding=True)),
)
_DELETE = Prepared(delete(data_keys).where(*_IS_IT).returning(data_keys.c.blob))
_REWRAP = (
    update(data_keys)
    .where(*_IS_IT, data_keys.c.wrapped == bindparam("before", type_=Text()))
    .values(
        wrapped=bindparam("now_wrapped", type_=Text()),
        master_id=bindparam("now_master", type_=Text()),
    )
)
_PLACE = tuple_(data_keys.c.tenant, data_keys.c.image_hash)
_OTHERS = (
    select(*_COLUMNS)
    .where(
        data_keys.c.master_id == bindparam("master", type_=Text()),
        tuple_(bindparam("of", type_=Text()), bindparam("hash", type_=Text())) < _PLACE,
    )
    .order_by(data_keys.c.tenant, data_keys.c.image_hash)
    .limit(bindparam("most", type_=Integer()))
)
_COUNTS = select(data_keys.c.master_id, func.count()).group_by(data_keys.c.master_id)
_NOTE_MASTER = insert(master_keys)
_NOTE_MASTER = _NOTE_MASTER.on_conflict_do_update(
    index_elements=["master_id"], set_={"noted_at": _NOTE_MASTER.excluded.noted_at}
)


class DataKeys:
    """Which key opens which picture; whoever deletes the row makes the picture unreadable.

    Args:
        db: Where they are.
        terms: The clock.
    """

    def __init__(self, db: Database, terms: Terms) -> None:
        self._db = db
        self._terms = terms

    def take(self, fresh: Sequence[DataKey]) -> list[DataKey]:
        """Give pictures that are about to be kept a key each, unless they have one.

        That they are needed is noted with it; see `Pictures.need`.

        Args:
            fresh: The keys they get then, of as many pictures.

        Returns:
            The keys they have, in the same order: of several processes that do this at once,
            all get the first one's.
        """
        if not fresh:
            return []
        now = self._terms.clock()
        # In one order for everybody, so that two batches of the same pictures do not lock
        # crosswise.
        ordered = sorted(fresh, key=_place)
        rows = [
            {name: getattr(key, name) for name in _NAMES} | {"created_at": now} for key in ordered
        ]

        def work(tx: Connection) -> list[DataKey]:
            # First, since whoever throws the picture away locks that row first, too.
            placing.expect_pictures(tx, map(_place, ordered), now)
            if len(rows) == 1:
                return [_key_of(_TAKE_ONE.one(tx, rows[0]))]
            return [_key_of(row) for row in tx.execute(_TAKE, rows)]

        known = {_place(key): key for key in self._db.write(work)}
        return [known[_place(key)] for key in fresh]

    def get(self, tenant: str, image_hash: str) -> DataKey | None:
        """The key of a picture; None if it has none."""
        values = {"of": tenant, "hash": image_hash}
        row = self._db.read(lambda tx: _GET.first(tx, values))
        return None if row is None else _key_of(row)

    def get_some(self, names: Sequence[tuple[str, str]]) -> list[DataKey]:
        """The keys of a handful of pictures, by tenant and hash, in no order."""
        hashes: defaultdict[str, list[str]] = defaultdict(list)
        for tenant, image_hash in names:
            hashes[tenant].append(image_hash)

        def work(tx: Connection) -> list[DataKey]:
            return [
                _key_of(row)
                for tenant, some in hashes.items()
                for row in tx.execute(_GET_SOME, {"of": tenant, "hashes": some})
            ]

        return self._db.read(work)

    def shred(self, tenant: str, image_hash: str, remove: Callable[[str | None], None]) -> None:
        """Delete the key of a picture, and with it every copy of the picture.

        Args:
            tenant: Whose.
            image_hash: Which.
            remove: Removes the bytes that nobody can read any more, by their name, or by None
                where there was no key. It is called when the key is gone for good, also where
                this is a part of a larger transaction.
        """
        values = {"of": tenant, "hash": image_hash}
        gone = self._db.write(lambda tx: _DELETE.first(tx, values))
        self._db.once_written(lambda: remove(None if gone is None else gone[0]))

    def of_blobs(self, blobs: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Tenant and hash of the pictures whose encrypted bytes have these names.

        Args:
            blobs: Names; those of no picture are left out of what is returned.
        """
        found: dict[str, tuple[str, str]] = {}
        for part in placing.chunks(blobs):
            query = select(data_keys.c.blob, data_keys.c.tenant, data_keys.c.image_hash).where(
                data_keys.c.blob.in_(part)
            )
            rows = self._db.read(lambda tx, query=query: tx.execute(query).all())  # type: ignore[misc]
            found.update((row[0], (row[1], row[2])) for row in rows)
        return found

    def counts(self) -> dict[str, int]:
        """Master key -> keys of pictures that it has wrapped."""
        return self._db.read(wrapped_counts)

    def note_master(self, master_id: str) -> None:
        """Note that a master key is the one that wraps from now on."""
        now = self._terms.clock()
        values = {"master_id": master_id, "first_used_at": now, "noted_at": now}
        self._db.write(lambda tx: tx.execute(_NOTE_MASTER, values))

    def wrapped_by(
        self, master_id: str, *, after: tuple[str, str] = ("", ""), limit: int = 200
    ) -> list[DataKey]:
        """Keys that a master key has wrapped, by tenant and hash.

        Args:
            master_id: Which master key.
            after: Only those beyond this tenant and hash.
            limit: Most of them.
        """
        values = {"master": master_id, "of": after[0], "hash": after[1], "most": limit}
        rows = self._db.read(lambda tx: tx.execute(_OTHERS, values).all())
        return [_key_of(row) for row in rows]

    def rewrap(self, changes: Mapping[DataKey, DataKey]) -> int:
        """Replace keys by themselves, wrapped anew, in one transaction.

        Args:
            changes: As read before -> as it is to be; one that is gone or another by now is
                left alone.

        Returns:
            How many were replaced.
        """

        def work(tx: Connection) -> int:
            return sum(
                tx.execute(
                    _REWRAP,
                    {
                        "of": before.tenant,
                        "hash": before.image_hash,
                        "before": before.wrapped,
                        "now_wrapped": now.wrapped,
                        "now_master": now.master_id,
                    },
                ).rowcount
                for before, now in changes.items()
            )

        return self._db.write(work)


def wrapped_counts(tx: Connection) -> dict[str, int]:
    """Master key -> keys of pictures that it has wrapped."""
    return {row[0]: row[1] for row in tx.execute(_COUNTS)}


def _place(key: DataKey) -> tuple[str, str]:
    return key.tenant, key.image_hash


def _key_of(row: Row[*tuple[Any, ...]] | Sequence[Any]) -> DataKey:
    return DataKey(**dict(zip(_NAMES, row, strict=True)))
