"""What every store promises about what the metrics tell of it."""

from __future__ import annotations

from datetime import timedelta

from service.store.contract_keys import new_key
from service.store.store_examples import accept_one, begin, new_job, new_result
from studio_detector.service.records import JOB_QUEUES

DAY_S = 86_400.0
URL = "https://ours.example/hook"


def shown(store):
    """Queue and state -> jobs, of those there are."""
    return {place: count for place, count in store.observations.now().jobs.items() if count}


def fail(store, job, *, is_passing):
    store.jobs.fail(job.id, job.lease_token, "corrupt", "on purpose", is_passing=is_passing)


class ObservationsContract:
    """Counts, ages and expiries."""

    def test_an_empty_store_tells_nothing_but_zeros(self, store):
        seen = store.observations.now()

        assert len(seen.jobs) == 4 * len(JOB_QUEUES)
        assert not any(seen.jobs.values())
        assert set(seen.oldest_s.values()) == {0.0}
        assert (seen.owed, seen.given_up) == (0, 0)
        assert seen.master_key_age_s is seen.key_expires_in_s is None

    def test_jobs_are_counted_by_what_they_wait_for(self, store, clock):
        accept_one(store, new_job("waits"))
        accept_one(store, new_job("urgent", priority="high"))
        begin(store, accept_one(store, new_job("runs")))
        fail(store, begin(store, accept_one(store, new_job("again"))), is_passing=True)
        fail(store, begin(store, accept_one(store, new_job("dead"))), is_passing=False)
        done = begin(store, accept_one(store, new_job("done")))
        store.jobs.finish(done.id, done.lease_token, new_result("done"))

        assert shown(store) == {
            ("standard", "waiting"): 1,
            ("high", "waiting"): 1,
            ("standard", "running"): 1,
            ("standard", "retrying"): 1,
            ("standard", "dead"): 1,
        }
        clock.move(1000)
        assert shown(store)["standard", "waiting"] == 2

    def test_who_follows_another_is_no_work(self, store):
        accept_one(store, new_job("same"))
        accept_one(store, new_job("same"))

        assert shown(store) == {("standard", "waiting"): 1}

    def test_the_oldest_is_as_old_as_it_could_have_been_begun(self, store, clock):
        fail(store, begin(store, accept_one(store, new_job("again"))), is_passing=True)
        clock.move(60)
        accept_one(store, new_job("new", priority="high"))
        clock.move(7)

        oldest = store.observations.now().oldest_s

        assert oldest["high"] == 7
        # It was due one to two seconds after it had failed.
        assert 65 <= oldest["standard"] <= 66
        assert oldest["detail"] == 0

    def test_callbacks_are_owed_until_they_are_told_or_given_up(self, store):
        for name in ("a", "b", "c"):
            job = begin(store, accept_one(store, new_job(name, callback_url=URL)))
            store.jobs.finish(job.id, job.lease_token, new_result(name))
        told, given_up, _ = (store.deliveries.claim(name) for name in store.deliveries.due(10))
        for delivery, state in ((told, "delivered"), (given_up, "failed")):
            store.deliveries.settle(
                delivery.id, delivery.lease_token, status=200, error=None, state=state
            )

        seen = store.observations.now()

        assert (seen.owed, seen.given_up) == (1, 1)

    def test_the_master_key_noted_last_is_as_old_as_its_first_use(self, store, clock):
        store.data_keys.note_master("old")
        clock.move(DAY_S)
        store.data_keys.note_master("new")
        clock.move(10)
        store.data_keys.note_master("new")
        assert store.observations.now().master_key_age_s == 10

        clock.move(1)
        store.data_keys.note_master("old")
        assert store.observations.now().master_key_age_s == DAY_S + 11

    def test_of_keys_that_are_used_the_next_to_expire_is_told(self, store, clock):
        day = timedelta(days=1)
        used = {"last_used_at": clock()}
        store.keys.create(new_key(clock, "later", expires_at=clock() + 9 * day, **used))
        store.keys.create(new_key(clock, "next", expires_at=clock() + 2 * day, **used))
        store.keys.create(new_key(clock, "never", **used))
        store.keys.create(new_key(clock, "unused", expires_at=clock() + day))
        store.keys.create(new_key(clock, "revoked", expires_at=clock() + day, **used))
        store.keys.revoke("revoked", clock())

        assert store.observations.now().key_expires_in_s == 2 * DAY_S
        clock.move(3 * DAY_S)
        assert store.observations.now().key_expires_in_s == -DAY_S
        clock.move(5 * DAY_S)
        assert store.observations.now().key_expires_in_s is None

    def test_a_claim_tells_how_long_the_job_has_waited(self, store, clock):
        first = accept_one(store, new_job("a"))
        clock.move(3)
        claimed = begin(store, first)
        assert claimed.waited_s == 3

        fail(store, claimed, is_passing=True)
        clock.move(60)
        store.jobs.sent([first.id])
        clock.move(4)
        assert begin(store, first).waited_s == 4
        assert store.jobs.get("default", first.id).waited_s is None
