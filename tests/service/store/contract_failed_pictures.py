"""What the store promises about pictures of dead jobs that may be tried again."""

from __future__ import annotations

import pytest

from service.store.store_examples import (
    LEASE_S,
    SHADOW_WORK,
    TENANT,
    accept_one,
    begin,
    erase,
    finish_with,
    new_job,
    picture,
)
from studio_detector.service.store import Spared

KEY = (TENANT, picture("a"))
FAULTS = frozenset({"corrupt", "truncated"})


def die(store, job, code="crashed"):
    running = begin(store, job)
    return store.jobs.fail(job.id, running.lease_token, code, "", is_passing=False)


class FailedPicturesContract:
    """Dead jobs that are spared, and those that are not."""

    @pytest.fixture
    def unneeded(self, store, clock):
        """What nobody wants, where dead jobs of this moment and later are spared."""
        since = clock.now

        def unneeded():
            clock.move(0.001)
            spared = Spared(since=since, faults=FAULTS)
            return store.pictures.unneeded(clock.now, spared=spared)

        return unneeded

    def test_the_picture_of_a_spared_job_is_needed(self, store, clock, unneeded):
        die(store, accept_one(store, new_job("a")))
        assert unneeded() == []
        assert store.pictures.unneeded(clock.now) == [KEY]

    def test_it_is_needed_no_longer_when_the_job_is_dead_for_long_enough(self, store, clock):
        dead = die(store, accept_one(store, new_job("a")))
        clock.move(1)
        for since, found in ((dead.finished_at, []), (clock.now, [KEY])):
            spared = Spared(since=since, faults=FAULTS)
            assert store.pictures.unneeded(clock.now, spared=spared) == found

    @pytest.mark.parametrize("code", sorted(FAULTS))
    def test_one_that_died_of_its_picture_is_not_spared(self, store, unneeded, code):
        die(store, accept_one(store, new_job("a")), code)
        assert unneeded() == [KEY]

    def test_one_whose_workers_died_is_spared(self, store, clock, unneeded):
        job = accept_one(store, new_job("a", max_attempts=1))
        begin(store, job)
        clock.move(LEASE_S + 1)
        assert [dead.error_code for dead in store.jobs.expire()] == ["attempts_exhausted"]
        assert unneeded() == []

    def test_who_followed_it_is_spared_too(self, store, unneeded):
        leader, follower = store.jobs.accept([new_job("a"), new_job("a")])
        die(store, leader)
        erase(store, "job", leader.id)
        assert store.jobs.get(TENANT, follower.id).state == "dead"
        assert unneeded() == []

    def test_neither_a_done_nor_a_cancelled_one_is_spared(self, store, unneeded):
        finish_with(store, begin(store, accept_one(store, new_job("a"))), "a")
        failed = begin(store, accept_one(store, new_job("b")))
        store.jobs.fail(failed.id, failed.lease_token, "crashed", "", is_passing=True)
        store.jobs.cancel(TENANT, failed.id)
        assert set(unneeded()) == {KEY, (TENANT, picture("b"))}

    def test_a_done_job_of_the_picture_changes_nothing(self, store, unneeded):
        die(store, accept_one(store, new_job("a")))
        other = accept_one(store, new_job("a", work=SHADOW_WORK))
        finish_with(store, begin(store, other), "a", work=SHADOW_WORK)
        assert unneeded() == []

    def test_a_picture_is_not_forgotten_as_long_as_one_is_spared(self, store, clock):
        dead = die(store, accept_one(store, new_job("a")))
        clock.move(1)
        deleted = []

        def forget(since):
            return store.pictures.forget(
                *KEY,
                before=clock.now,
                delete=lambda: deleted.append(1),
                spared=Spared(since=since, faults=FAULTS),
            )

        assert not forget(dead.finished_at)
        assert deleted == []
        assert forget(clock.now)
        assert deleted == [1]

    def test_one_that_was_tried_again_with_success_is_spared_no_more(self, store, unneeded):
        dead = die(store, accept_one(store, new_job("a")))
        finish_with(store, begin(store, store.jobs.retry(TENANT, dead.id)), "a")
        assert unneeded() == [KEY]

    @pytest.mark.parametrize("kind", ["job", "picture", "tenant"])
    def test_an_erased_one_is_spared_no_more(self, store, unneeded, kind):
        dead = die(store, accept_one(store, new_job("a")))
        erase(store, kind, dead.id if kind == "job" else "a")
        assert unneeded() == [KEY]
