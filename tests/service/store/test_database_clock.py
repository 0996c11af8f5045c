"""One clock for all machines: PostgreSQL's, carried on by a clock that nobody sets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from studio_detector.errors import BusyError
from studio_detector.service.store.clock import DatabaseClock

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Server:
    """A database whose clock is set by hand."""

    def __init__(self):
        self.moment, self.asked, self.is_away = NOON, 0, False

    def read(self, _):
        if self.is_away:
            raise BusyError("away", code="store_unavailable")
        self.asked += 1
        return self.moment


class Monotonic:
    seconds = 100.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def monotonic():
    return Monotonic()


def test_time_goes_on_between_questions(server, monotonic):
    """By the monotonic clock, and the database is not asked each time."""
    clock = DatabaseClock(server, monotonic=monotonic)

    monotonic.seconds += 0.5

    assert NOON + timedelta(seconds=0.5) == clock() == clock()
    assert 1 == server.asked


def test_the_database_is_asked_again(server, monotonic):
    """So that what quartz drifts is put right, also after a clock was set."""
    clock = DatabaseClock(server, monotonic=monotonic)

    server.moment = NOON + timedelta(hours=1)
    monotonic.seconds += 1.5

    assert NOON + timedelta(hours=1) == clock()


def test_a_database_that_is_away_stops_no_clock(server, monotonic):
    """It is asked again a second later, not at every look."""
    clock = DatabaseClock(server, monotonic=monotonic)

    server.is_away = True
    monotonic.seconds += 40
    assert NOON + timedelta(seconds=40) == clock()
    server.is_away = False
    monotonic.seconds += 0.5

    assert NOON + timedelta(seconds=40.5) == clock()
    assert 1 == server.asked


def test_there_is_no_store_without_a_first_answer(server, monotonic):
    """Or it would begin with this machine's clock after all."""
    server.is_away = True

    with pytest.raises(BusyError):
        DatabaseClock(server, monotonic=monotonic)


@pytest.mark.services
def test_postgresql_gives_its_time(postgres_url):
    """In UTC, near this machine's where both are right."""
    from studio_detector.service.store import open_store

    store = open_store(postgres_url)
    try:
        assert abs(store.clock() - datetime.now(UTC)) < timedelta(seconds=5)
        assert UTC == store.clock().tzinfo
    finally:
        store.close()
