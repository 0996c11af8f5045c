"""What is erased is not in the bytes of the database either."""

from __future__ import annotations

import contextlib
import random
import sqlite3

import pytest
from sqlalchemy import create_engine, text

from service.store.store_examples import accept_one, begin, erase, finish_with, new_job
from studio_detector.errors import BusyError


def _word(chance):
    return f"{chance.getrandbits(96):024x}"


def _posted(store, chance, number):
    """A picture whose rows hold a word, some of them many times; the word."""
    word = _word(chance)
    size = chance.choice([10, 200, 900, 3000, 9000, 20_000])
    job = accept_one(
        store,
        new_job(
            number,
            name=word + "n" * chance.choice([0, 100, 1000]),
            callback_url=f"https://ours.example/{word}",
        ),
    )
    report = {"words": f"{word} " * (size // 25 + 1)}
    finish_with(store, begin(store, job), number, report=report)
    return word


# With these, SQLite leaves copies of rows that it moved before they were deleted.
@pytest.mark.parametrize("seed", [0, 5, 11])
def test_no_byte_is_left_of_rows_that_were_moved_about(sqlite_url, opened, tmp_path, seed):
    chance = random.Random(seed)
    store = opened(sqlite_url)
    there, gone = {}, []
    for number in range(500):
        if there and chance.random() < 0.45:
            name = chance.choice(list(there))
            gone.append(there.pop(name))
            erase(store, "picture", name)
        else:
            there[number] = _posted(store, chance, number)

    assert store.erasures.scrub()

    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert len(gone) > 100
    assert [word for word in gone if word.encode() in kept] == []
    assert all(word.encode() in kept for word in there.values())


def test_a_large_database_is_written_anew_later_and_an_hour_apart(sqlite_url, opened, monkeypatch):
    store = opened(sqlite_url)
    asked = []
    scrub = store._db.scrub

    def noted(most_bytes):
        asked.append(most_bytes)
        # As if it were larger than what is written anew at once.
        return scrub(0 if most_bytes <= 8 * 1024 * 1024 else most_bytes)

    monkeypatch.setattr(store._db, "scrub", noted)
    assert not store.erasures.scrub()
    store.erasures.scrub_again()
    store.erasures.scrub_again()
    assert len(asked) == 2
    assert asked[1] > asked[0]


def test_what_another_process_erased_is_written_anew_later(sqlite_url, opened, monkeypatch):
    monkeypatch.setattr("studio_detector.service.store.erasures._SCRUB_EVERY_S", 0.0)
    store, other = opened(sqlite_url), opened(sqlite_url)
    assert store.erasures.scrub()
    asked = []
    monkeypatch.setattr(store._db, "scrub", lambda most_bytes: asked.append(most_bytes) or True)
    store.erasures.scrub_again()
    assert not asked
    erase(other, "picture", "a")
    store.erasures.scrub_again()
    store.erasures.scrub_again()
    assert len(asked) == 1


def test_somebody_who_reads_for_long_only_delays_it(sqlite_url, opened, tmp_path, monkeypatch):
    monkeypatch.setattr("studio_detector.service.store.scrubbing._WAIT_MS", 10)
    store = opened(sqlite_url)
    accept_one(store, new_job("a"))
    with contextlib.closing(sqlite3.connect(tmp_path / "store.sqlite")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM jobs").fetchall()
        erase(store, "picture", "a")
        with contextlib.suppress(BusyError):
            assert not store.erasures.scrub()
    assert store.erasures.scrub()
    assert (tmp_path / "store.sqlite-wal").stat().st_size == 0


def _heap(url):
    """The files of PostgreSQL's tables and indexes, as they are on its disk."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CHECKPOINT"))
        paths = connection.execute(
            text(
                "SELECT pg_relation_filepath(oid) FROM pg_class WHERE relkind IN ('r', 'i', 't') "
                "AND relnamespace IN ('public'::regnamespace, 'pg_toast'::regnamespace)"
            )
        ).scalars()
        read = text("SELECT pg_read_binary_file(:path)")
        kept = [connection.execute(read, {"path": path}).scalar() for path in list(paths)]
    engine.dispose()
    return b"".join(bytes(part) for part in kept if part)


@pytest.mark.services
def test_nothing_is_left_in_the_pages_of_postgres_once_its_tables_are_written_anew(
    postgres_url, opened
):
    """Vacuuming alone only lets their room be used again."""
    chance = random.Random(1)
    store = opened(postgres_url)
    there = {number: _posted(store, chance, number) for number in range(60)}
    gone = [there.pop(number) for number in range(0, 60, 2)]
    for number in range(0, 60, 2):
        erase(store, "picture", number)
    assert store.erasures.scrub()
    assert store.erasures.scrub(float("inf"))
    kept = _heap(postgres_url)
    assert [word for word in gone if word.encode() in kept] == []
    assert all(word.encode() in kept for word in there.values())


def test_errors_do_not_repeat_what_was_stored(sqlite_url, opened):
    """Or names would come into the log."""
    store = opened(sqlite_url)
    job = new_job("a", name="a word that nobody may see")
    store.jobs.accept([job])
    with pytest.raises(Exception, match="UNIQUE") as caught:
        store.jobs.accept([job])
    assert "nobody may see" not in str(caught.value)
