"""What happens between two statements of another's transaction, moment by moment.

Only PostgreSQL lets others write there; SQLite writes one transaction after the other.
"""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from sqlalchemy import event

from service.store.store_examples import (
    LEASE_S,
    TENANT,
    accept_one,
    begin,
    finish_with,
    new_job,
    picture,
    state_of,
)
from studio_detector.errors import RequestError

pytestmark = pytest.mark.services


@contextmanager
def meanwhile(store, beginning, act):
    """Do something right before a store's next statement that begins so."""
    waiting = [act]

    def before(_connection, _cursor, statement, *_others):
        if waiting and statement.startswith(beginning):
            waiting.pop()()

    engine = store._db._engine
    event.listen(engine, "before_cursor_execute", before)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", before)
    assert not waiting, f"no statement began with {beginning!r}"


@pytest.fixture
def mine(postgres_url, opened):
    return opened(postgres_url)


@pytest.fixture
def other(postgres_url, opened):
    return opened(postgres_url)


def test_a_failure_told_while_the_job_is_taken_back_ends_nothing(mine, other, clock):
    """The lease is lost between the look at it and the end of the job."""
    late = begin(mine, accept_one(mine, new_job("a")))
    again = []

    def take_over():
        clock.move(LEASE_S + 1)
        other.jobs.expire()
        again.append(begin(other, late))

    with meanwhile(mine, "DELETE FROM in_flight", take_over):
        assert mine.jobs.fail(late.id, late.lease_token, "x", "", is_passing=False) is None
    assert state_of(mine, late) == "running"
    assert accept_one(mine, new_job("a")).leader_id == late.id
    finish_with(mine, again[0], "a")


def test_a_failure_told_while_the_job_is_cancelled_queues_nothing(mine, other):
    """Likewise for a failure that would pass."""
    late = begin(mine, accept_one(mine, new_job("a")))
    cancel = lambda: other.jobs.cancel(TENANT, late.id)  # noqa: E731
    with meanwhile(mine, "UPDATE jobs", cancel):
        assert mine.jobs.fail(late.id, late.lease_token, "x", "", is_passing=True) is None
    assert state_of(mine, late) == "cancelled"


def test_an_heir_that_is_cancelled_before_it_inherits_is_passed_over(mine, other, clock):
    """The next follower leads, and nobody waits for a job that is over."""
    leader = accept_one(mine, new_job("a"))
    clock.move(1)
    first = accept_one(mine, new_job("a"))
    clock.move(1)
    second = accept_one(mine, new_job("a"))
    with meanwhile(mine, "UPDATE jobs SET leader_id", lambda: other.jobs.cancel(TENANT, first.id)):
        mine.jobs.cancel(TENANT, leader.id)
    assert state_of(mine, first) == "cancelled"
    assert mine.jobs.get(TENANT, second.id).leader_id is None
    assert accept_one(mine, new_job("a")).leader_id == second.id
    finish_with(mine, begin(mine, second), "a")


def test_a_follower_that_inherits_while_it_is_cancelled_passes_the_work_on(mine, other, clock):
    """Nobody is left to wait for it."""
    leader = accept_one(mine, new_job("a"))
    clock.move(1)
    heir = accept_one(mine, new_job("a"))
    clock.move(1)
    last = accept_one(mine, new_job("a"))
    with meanwhile(mine, "UPDATE jobs", lambda: other.jobs.cancel(TENANT, leader.id)):
        mine.jobs.cancel(TENANT, heir.id)
    assert state_of(mine, heir) == "cancelled"
    assert mine.jobs.get(TENANT, last.id).leader_id is None
    assert accept_one(mine, new_job("a")).leader_id == last.id


def test_a_hash_learnt_after_the_lease_was_lost_changes_nothing(mine, other, clock):
    """Not even the work is taken."""
    late = begin(mine, accept_one(mine, new_job()))

    def take_back():
        clock.move(LEASE_S + 1)
        other.jobs.expire()

    with meanwhile(mine, "INSERT INTO in_flight", take_back):
        assert mine.jobs.learn_hash(late.id, late.lease_token, picture("a")) == "lost"
    assert mine.jobs.get(TENANT, late.id).image_hash is None
    assert accept_one(mine, new_job("a")).leader_id is None


def test_a_lease_renewed_while_the_sweep_looks_is_not_taken_back(mine, other, clock):
    """Nor is a job in its last try ended."""
    running = begin(mine, accept_one(mine, new_job("a", max_attempts=1)), "alive")
    clock.move(LEASE_S + 1)
    look_again = "SELECT jobs.id \nFROM jobs \nWHERE jobs.id"
    with meanwhile(mine, look_again, lambda: other.jobs.renew("alive")):
        assert mine.jobs.expire() == []
    assert state_of(mine, running) == "running"


def test_a_job_that_ends_while_it_is_cancelled_stays_done(mine, other):
    """Whoever cancels is told."""
    running = begin(mine, accept_one(mine, new_job("a")))
    with (
        meanwhile(mine, "SELECT in_flight", lambda: finish_with(other, running, "a")),
        pytest.raises(RequestError, match="is done"),
    ):
        mine.jobs.cancel(TENANT, running.id)
    assert state_of(mine, running) == "done"


def test_a_job_that_ends_while_its_picture_is_posted_answers_the_poster(mine, other):
    """The poster waits for the end, and sees the result that is there by then."""
    running = begin(mine, accept_one(mine, new_job("a")))
    with meanwhile(mine, "INSERT INTO in_flight", lambda: finish_with(other, running, "a")):
        posted = accept_one(mine, new_job("a"))
    assert (posted.state, posted.answer) == ("done", "cached")
    assert len(mine.results.find(TENANT).items) == 1
