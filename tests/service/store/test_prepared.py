"""Statements that go to the driver itself mean what they mean by way of SQLAlchemy."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import (
    Boolean,
    Column,
    Double,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    bindparam,
    false,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError, NoResultFound

from studio_detector.errors import BusyError
from studio_detector.service.store.engine import Database
from studio_detector.service.store.prepared import Prepared
from studio_detector.service.store.types import JSON_VALUE, SentText, UtcTime

THINGS = Table(
    "things",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("at", UtcTime),
    Column("kept", JSON_VALUE),
    Column("said", SentText),
    Column("is_so", Boolean),
    Column("share", Double),
    Column("count", Integer),
    Column("name", Text),
)
ADD = insert(THINGS).returning(*THINGS.c)
ALL = select(THINGS)
ONE = ALL.where(THINGS.c.id == bindparam("thing", type_=Uuid()))
# One value is a part of the statement, and one comes with it.
RENAME = (
    update(THINGS)
    .where(THINGS.c.id == bindparam("thing", type_=Uuid()))
    .values(name=bindparam("to", type_=Text()), is_so=True, count=7)
)

plain = st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=5)
things = st.fixed_dictionaries(
    {
        "at": st.none()
        | st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        "kept": st.none() | st.dictionaries(st.text(max_size=5), plain, max_size=3),
        "said": st.none() | st.text(st.characters(exclude_categories=()), max_size=8),
        "is_so": st.none() | st.booleans(),
        "share": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "count": st.none() | st.integers(-(1 << 31), (1 << 31) - 1),
        "name": st.none() | st.just("a name"),
    }
)


class PreparedContract:
    """On either database."""

    @pytest.fixture
    def db(self, url):
        with contextlib.closing(Database(url)) as database:
            database.write(lambda tx: THINGS.create(tx, checkfirst=True))
            yield database
            database.write(THINGS.drop)

    def test_a_row_is_written_and_read_as_before(self, db):
        @given(things)
        def scene(thing):
            values = {"id": uuid4(), **thing}
            given_back = db.write(lambda tx: Prepared(ADD).first(tx, values))
            named = {"thing": values["id"]}
            by_either = [
                db.read(lambda tx: Prepared(ONE).one(tx, named)),
                db.read(lambda tx: tx.execute(ONE, named).one()),
            ]
            assert [tuple(given_back)] * 2 == [tuple(row) for row in by_either]
            assert values["id"] == given_back[0]
            assert values["at"] == given_back[1]
            assert type(values["is_so"]) is type(given_back[4])

        scene()

    def test_values_of_the_statement_itself_are_written(self, db):
        rename, thing = Prepared(RENAME), uuid4()
        for name in ("a", "b"):
            db.write(lambda tx: Prepared(ADD).first(tx, {"id": uuid4(), "name": "another"}))
            if name == "a":
                db.write(lambda tx: Prepared(ADD).first(tx, {"id": thing}))

            changed = db.write(lambda tx, name=name: rename.run(tx, {"thing": thing, "to": name}))

            row = db.read(lambda tx: tx.execute(ONE, {"thing": thing}).one())
            assert (1, name, True, 7) == (changed, row.name, row.is_so, row.count)

    def test_the_same_statement_takes_other_columns_the_next_time(self, db):
        add, first, second = Prepared(ADD), uuid4(), uuid4()

        db.write(lambda tx: add.first(tx, {"id": first, "name": "a"}))
        db.write(lambda tx: add.first(tx, {"id": second, "share": 0.5}))

        rows = db.read(lambda tx: tx.execute(ALL).all())
        assert {(first, "a", None), (second, None, 0.5)} == {
            (row.id, row.name, row.share) for row in rows
        }

    def test_where_there_is_no_row_there_is_none(self, db):
        named = {"thing": uuid4()}

        assert db.read(lambda tx: Prepared(ONE).first(tx, named)) is None
        with pytest.raises(NoResultFound):
            db.read(lambda tx: Prepared(ONE).one(tx, named))

    def test_what_fails_takes_the_transaction_back(self, db):
        add, thing = Prepared(ADD), uuid4()

        def twice(tx):
            add.first(tx, {"id": thing})
            add.first(tx, {"id": thing})

        with pytest.raises((IntegrityError, sqlite3.IntegrityError)):
            db.write(twice)

        assert [] == db.read(lambda tx: tx.execute(ALL).all())
        # And the next one finds nothing in its way.
        assert thing == db.write(lambda tx: add.one(tx, {"id": thing}))[0]


class TestPreparedOnSqlite(PreparedContract):
    @pytest.fixture
    def url(self, sqlite_url):
        return sqlite_url

    def test_a_database_that_is_away_is_told_of_as_ever(self, db):
        """A table that is gone stands for whatever the driver itself may complain of."""
        db.write(THINGS.drop)
        try:
            with pytest.raises(BusyError, match="no such table"):
                db.write(lambda tx: Prepared(ADD).first(tx, {"id": uuid4()}))
        finally:
            db.write(THINGS.create)

    def test_how_long_writes_wait_is_as_the_address_says_after_a_scrub(self, sqlite_url):
        """The scrub waits for less, on a connection that may be the next one that writes."""
        with contextlib.closing(Database(f"{sqlite_url}?timeout=0.2")) as db:
            found = []
            for _ in range(3):
                assert db.scrub()
                with contextlib.suppress(NoResultFound):  # which lets the connection go
                    db.write(lambda tx: Prepared(select(literal(1)).where(false())).one(tx, {}))
                pragma = text("PRAGMA busy_timeout")
                found.append(db.write(lambda tx, pragma=pragma: tx.execute(pragma).scalar()))

        assert [200] * 3 == found


class TestPreparedOnPostgres(PreparedContract):
    @pytest.fixture
    def url(self, postgres_url):
        return postgres_url
