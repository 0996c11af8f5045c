"""From every earlier version of the tables, what is stored stays, and earlier programs go on.

API and workers are upgraded one after the other, so for a while a program that knew the tables
before writes into those of now. Steps may add; they may not take away, rename or demand.
"""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import (
    CheckConstraint,
    Column,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    select,
    text,
)

from service.store.earlier_tables import (
    APPEND_ONLY,
    HASH,
    broken_promises,
    build,
    reflected,
    sample,
    shape,
)
from service.store.store_examples import finish_with
from studio_detector.service.store import open_store
from studio_detector.service.store.migrations.run import versions
from studio_detector.service.store.tables import SCHEMA_VERSION

EARLIER = versions()[:-1]
FIRST, SECOND, THIRD = 1, 2, 3


@pytest.mark.parametrize("revision", EARLIER)
class UpgradesContract:
    """Subclasses give ``bare_url``: a database without tables."""

    def filled(self, url, revision):
        """A database of that version with a row in every table; its tables and rows."""
        build(url, revision)
        engine = create_engine(url)
        with engine.begin() as connection:
            tables = reflected(connection)
            for table in tables:
                connection.execute(table.insert().values(**sample(table, FIRST)))
            rows = {table.name: connection.execute(select(table)).all() for table in tables}
        return engine, tables, rows

    def test_every_row_is_there_after_the_upgrade(self, bare_url, revision):
        """With the same value in every column that there was."""
        engine, tables, before = self.filled(bare_url, revision)
        open_store(bare_url).close()

        with engine.connect() as connection:
            after = {table.name: connection.execute(select(table)).all() for table in tables}
        engine.dispose()
        assert before == after

    def test_this_program_reads_what_an_earlier_one_stored(self, bare_url, revision, opened):
        """And finishes the job that it left."""
        engine, _, _ = self.filled(bare_url, revision)
        engine.dispose()
        store = opened(bare_url)

        assert SCHEMA_VERSION == store.schema_version()
        result = store.results.get("default", UUID(int=FIRST))
        assert (0.25, HASH, "studio") == (result.confidence, result.image_hash, result.label)
        assert {"number": FIRST} == result.evidence
        (note,) = store.feedback.for_result("default", UUID(int=FIRST + 1000))
        assert "studio" == note.label
        assert f"payload {FIRST}" == store.deliveries.get("default", UUID(int=FIRST)).payload
        job = store.jobs.get("default", UUID(int=FIRST))
        assert ("queued", HASH, f"name {FIRST}") == (job.state, job.image_hash, job.name)
        running = store.jobs.claim(job.id, "worker")
        assert "done" == finish_with(store, running, "any", image_hash=HASH, work=job.work).state

    def test_an_earlier_program_goes_on_after_the_upgrade(self, bare_url, revision):
        """It reads, adds, changes and deletes by the columns that it knows."""
        engine, tables, before = self.filled(bare_url, revision)
        open_store(bare_url).close()

        with engine.begin() as connection:
            for table in tables:
                row = sample(table, SECOND)
                if table.name != "audit_head":  # of which there is one
                    connection.execute(table.insert().values(**row))
                if table.name in APPEND_ONLY:
                    continue
                is_it = [column == row[column.name] for column in table.primary_key]
                changed = {
                    column.name: sample(table, THIRD)[column.name]
                    for column in table.columns
                    if not column.primary_key
                }
                if changed:
                    done = connection.execute(table.update().where(*is_it).values(**changed))
                    assert 1 == done.rowcount, table.name
                assert 1 == connection.execute(table.delete().where(*is_it)).rowcount, table.name
                assert before[table.name] == connection.execute(select(table)).all()
        engine.dispose()

    def test_the_next_step_takes_nothing_away(self, bare_url, revision):
        """And demands nothing of rows that nobody demanded before."""
        following = versions()[versions().index(revision) + 1]
        build(bare_url, revision)
        engine = create_engine(bare_url)
        with engine.connect() as connection:
            before = shape(connection)
        build(bare_url, following)
        with engine.connect() as connection:
            after = shape(connection)
        engine.dispose()

        assert before.keys() <= after.keys()
        assert [] == broken_promises(before, after)


class TestSqliteUpgrades(UpgradesContract):
    @pytest.fixture
    def bare_url(self, sqlite_url):
        return sqlite_url


@pytest.mark.services
class TestPostgresUpgrades(UpgradesContract):
    @pytest.fixture
    def bare_url(self, make_postgres):
        return make_postgres()


def shape_of(*columns, name="things"):
    """The shape of a table on SQLite."""
    engine = create_engine("sqlite://")
    metadata = MetaData()
    Table(name, metadata, Column("id", Integer, primary_key=True), *columns)
    metadata.create_all(engine)
    with engine.connect() as connection:
        return shape(connection)


BEFORE = (Column("word", Text), Column("count", Integer, nullable=False, server_default="0"))


def before():
    """New columns like those of `BEFORE`, since a column belongs to one table."""
    return [column._copy() for column in BEFORE]


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (lambda: shape_of(*before(), name="objects"), "things is gone"),
        (lambda: shape_of(before()[1]), "things.word is gone"),
        (lambda: shape_of(before()[1], Column("words", Text)), "things.word is gone"),
        (lambda: shape_of(before()[1], Column("word", Integer)), "was TEXT and is INTEGER"),
        (
            lambda: shape_of(before()[1], Column("word", Text, nullable=False)),
            "things.word must not be NULL now",
        ),
        (
            lambda: shape_of(before()[0], Column("count", Integer, nullable=False)),
            "things.count has no default any more",
        ),
        (
            lambda: shape_of(*before(), Column("new", String(3), nullable=False)),
            "things.new is new, must not be NULL and has no default",
        ),
        (lambda: shape_of(*before(), UniqueConstraint("word")), "word must be unique now"),
        (
            lambda: shape_of(*before(), CheckConstraint(text("count > 0"))),
            "rows must fit (count > 0) now",
        ),
    ],
)
def test_a_step_that_earlier_programs_do_not_survive_is_noticed(after, told):
    """Whatever it takes away or demands."""
    (broken,) = broken_promises(shape_of(*before()), after())

    assert told in broken


def test_a_step_that_only_adds_is_none_of_these():
    """Columns that may be empty or have a default, and tables."""
    more = [Column("new", Text), Column("newer", Integer, nullable=False, server_default="1")]
    after = shape_of(*before(), *more) | shape_of(name="others")

    assert [] == broken_promises(shape_of(*before()), after)
