"""A database that is away, busy or none at all is said to be so, and nothing is half done."""

from __future__ import annotations

import logging
import sqlite3

import pytest
from sqlalchemy import create_engine, text

from free_ports import free_port
from service.store.store_examples import TENANT, accept_one, at_once, begin, finish_with, new_job
from studio_detector.errors import BusyError, ConfigError
from studio_detector.service.store import open_store
from studio_detector.service.store.engine import Database


def cut_all(url):
    """End all other connections to a PostgreSQL database, as a restart does."""
    engine = create_engine(url)
    with engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    engine.dispose()


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "mysql://x/y", "sqlite://", "sqlite:///:memory:", "postgresql+asyncpg://h/d"],
)
def test_other_databases_are_refused_with_the_ones_that_are_taken(url):
    """A store in memory would lose every job with its process."""
    with pytest.raises(ConfigError, match=r"sqlite:///path.*postgresql\+psycopg://") as caught:
        open_store(url)
    assert caught.value.code == "config_invalid_value"


def test_a_file_that_is_no_database_is_refused(tmp_path):
    """And left as it is."""
    file = tmp_path / "notes.txt"
    file.write_text("words " * 1000)
    with pytest.raises(ConfigError, match="no database"):
        open_store(f"sqlite:///{file}")
    assert file.read_text() == "words " * 1000


def test_a_folder_that_is_not_there_is_said_to_be_unavailable(tmp_path):
    """With the driver's words, since only it knows why."""
    with pytest.raises(BusyError, match="unable to open") as caught:
        open_store(f"sqlite:///{tmp_path / 'missing' / 'store.sqlite'}")
    assert caught.value.code == "store_unavailable"


def test_a_server_that_does_not_answer_is_unavailable_and_keeps_its_password(caplog):
    """Neither the message nor the log repeats it."""
    port = free_port()
    with caplog.at_level(logging.DEBUG), pytest.raises(BusyError) as caught:
        open_store(f"postgresql://user:se%20cret@127.0.0.1:{port}/name")
    assert caught.value.code == "store_unavailable"
    assert "refused" in caught.value.message
    assert "se cret" not in caught.value.message + caplog.text
    assert "se%20cret" not in caught.value.message + caplog.text


@pytest.mark.services
def test_a_database_that_does_not_exist_is_named(postgres_url):
    """The driver knows which."""
    with pytest.raises(BusyError, match="nowhere_at_all"):
        open_store(postgres_url.rsplit("/", 1)[0] + "/nowhere_at_all")


def test_a_file_locked_for_too_long_is_busy(sqlite_url, opened):
    """Others wait as long as the address says, and then give up."""
    store = opened(f"{sqlite_url}?timeout=0.05")
    holder = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(BusyError, match="locked"):
        accept_one(store, new_job("a"))
    assert store.jobs.backlog() == 0  # reading goes on
    holder.execute("ROLLBACK")
    holder.close()
    accept_one(store, new_job("a"))


def test_a_transaction_that_fails_leaves_nothing_behind(sqlite_url, opened):
    """Neither a row nor a lock."""
    store = opened(sqlite_url)
    job = new_job("a")
    accept_one(store, job)
    with pytest.raises(Exception, match="UNIQUE"):
        store.jobs.accept([new_job("b"), job])
    assert store.jobs.backlog() == 1
    assert accept_one(store, new_job("b")).leader_id is None


@pytest.mark.services
class TestPostgresOutages:
    def test_connections_that_died_in_the_pool_are_replaced_unnoticed(self, postgres_url, opened):
        store = opened(postgres_url)
        jobs = at_once(8, lambda number: accept_one(store, new_job(number)))
        cut_all(postgres_url)
        for number, job in enumerate(jobs):
            finish_with(store, begin(store, job), number)
        cut_all(postgres_url)
        assert store.jobs.counts() == {("standard", "done"): 8}

    def test_a_connection_that_dies_in_the_middle_is_a_try_and_no_double(self, postgres_url):
        db = Database(postgres_url)
        tries = []

        def work(tx):
            tx.execute(text("CREATE TABLE IF NOT EXISTS marks (x int)"))
            tx.execute(text("INSERT INTO marks VALUES (1)"))
            tries.append(tx.execute(text("SELECT pg_backend_pid()")).scalar_one())
            if len(tries) == 1:
                cut_all(postgres_url)
            return tx.execute(text("SELECT count(*) FROM marks")).scalar_one()

        assert db.write(work) == 1
        assert len(tries) == 2
        assert db.read(lambda tx: tx.execute(text("SELECT count(*) FROM marks")).scalar()) == 1
        db.write(lambda tx: tx.execute(text("DROP TABLE marks")))
        db.close()

    def test_a_database_that_stays_away_is_unavailable(self, postgres_url):
        db = Database(postgres_url)
        tries = []

        def work(tx):
            tries.append(1)
            cut_all(postgres_url)
            tx.execute(text("SELECT 1"))

        with pytest.raises(BusyError) as caught:
            db.write(work)
        assert caught.value.code == "store_unavailable"
        assert len(tries) == 5
        db.close()

    def test_a_commit_that_fails_is_not_repeated(self, postgres_url):
        """Nobody knows whether it was done, so nobody may do it again."""
        db = Database(postgres_url)
        tries = []

        def work(tx):
            tx.execute(text("SELECT 1"))
            tries.append(1)
            cut_all(postgres_url)

        with pytest.raises(BusyError):
            db.write(work)
        assert tries == [1]
        db.close()

    def test_of_two_transactions_that_wait_for_each_other_one_is_repeated(self, postgres_url):
        db = Database(postgres_url)
        db.write(
            lambda tx: tx.execute(
                text("CREATE TABLE pairs AS SELECT x, 0 AS times FROM generate_series(0, 1) x")
            )
        )
        met = []

        def cross(number):
            def work(tx):
                add = text("UPDATE pairs SET times = times + 1 WHERE x = :x")
                tx.execute(add, {"x": number})
                met.append(number)
                while len(set(met)) < 2:
                    pass
                tx.execute(add, {"x": 1 - number})

            db.write(work)

        assert at_once(2, cross) == [None, None]
        assert db.read(lambda tx: tx.execute(text("SELECT sum(times) FROM pairs")).scalar()) == 4
        db.write(lambda tx: tx.execute(text("DROP TABLE pairs")))
        db.close()

    def test_the_store_serves_again_once_the_database_is_back(self, postgres_url, opened):
        store = opened(postgres_url)
        store.ping()
        cut_all(postgres_url)
        store.ping()
        assert store.jobs.find(TENANT).items == ()
