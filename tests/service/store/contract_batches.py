"""What the store promises about batches and callbacks."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from service.store.store_examples import (
    LEASE_S,
    TENANT,
    accept_one,
    at_once,
    begin,
    finish_with,
    new_job,
    new_result,
)
from studio_detector.errors import RequestError
from studio_detector.service.records import Batch
from studio_detector.service.store import NewBatch

OURS = "https://ours.example/done"
THEIRS = "https://theirs.example/done"


def accept_batch(store, *shown, callback_url=None, **changes):
    """A batch of a job for each picture shown; "!" is one that could not be read."""
    batch = NewBatch(id=uuid4(), tenant=TENANT, callback_url=callback_url)
    jobs = [
        new_job(None, image_url=None, error_code="corrupt", error_message="", **place | changes)
        if name == "!"
        else new_job(name, **place | changes)
        for name, place in (
            (name, {"batch_id": batch.id, "position": position})
            for position, name in enumerate(shown)
        )
    ]
    return batch, store.jobs.accept(jobs, batch=batch)


def events(store):
    """The callbacks decided on, as event and payload, the oldest first."""
    found = store.deliveries.find(TENANT, limit=100).items
    return [(delivery.event, json.loads(delivery.payload)) for delivery in reversed(found)]


class BatchesContract:
    """Many jobs under one name, and who is told of their end."""

    def test_a_batch_counts_its_jobs_by_state(self, store, clock):
        finish_with(store, begin(store, accept_one(store, new_job("known"))), "known")
        batch, jobs = accept_batch(store, "a", "b", "a", "known", "!")
        assert store.batches.get(TENANT, batch.id) == Batch(
            id=batch.id,
            tenant=TENANT,
            created_at=clock.now,
            counts={"queued": 3, "done": 1, "dead": 1},
            total=5,
        )
        clock.move(1)
        finish_with(store, begin(store, jobs[0]), "a")
        assert store.batches.get(TENANT, batch.id).counts == {"queued": 1, "done": 3, "dead": 1}
        clock.move(1)
        store.jobs.cancel(TENANT, jobs[1].id)
        ended = store.batches.get(TENANT, batch.id)
        assert ended.counts == {"done": 3, "dead": 1, "cancelled": 1}
        assert ended.finished_at == clock.now

    def test_a_batch_whose_jobs_are_all_answered_is_over_at_once(self, store, clock):
        batch, _ = accept_batch(store, "!", "!", callback_url=OURS)
        assert store.batches.get(TENANT, batch.id).finished_at == clock.now
        assert [event for event, _ in events(store)] == ["batch.finished"]

    def test_a_batch_without_photos_is_refused(self, store):
        with pytest.raises(RequestError) as caught:
            store.jobs.accept([], batch=NewBatch(id=uuid4(), tenant=TENANT))
        assert caught.value.code == "request_invalid"

    def test_results_come_in_the_order_of_the_batch(self, store):
        batch, jobs = accept_batch(store, *range(1203))
        for number in (700, 3):
            finish_with(store, begin(store, jobs[number]), number)
        found = list(store.batches.results(TENANT, batch.id))
        assert [job.position for job, _ in found] == list(range(1203))
        assert [job.position for job, result in found if result is not None] == [3, 700]
        job, result = found[3]
        assert job.result_id == result.id

    def test_batches_of_others_are_not_there(self, store):
        batch, _ = accept_batch(store, "a")
        for ask in (store.batches.get, store.batches.results, store.batches.delete):
            with pytest.raises(RequestError) as caught:
                ask("other", batch.id)
            assert caught.value.code == "batch_unknown"

    def test_a_batch_is_deleted_once_it_is_over_and_its_results_stay(self, store):
        batch, jobs = accept_batch(store, "a", "!")
        with pytest.raises(RequestError) as caught:
            store.batches.delete(TENANT, batch.id)
        assert caught.value.code == "state_conflict"
        finish_with(store, begin(store, jobs[0]), "a")
        assert store.batches.delete(TENANT, batch.id) == 2
        assert store.jobs.find(TENANT).items == ()
        assert len(store.results.find(TENANT).items) == 1

    def test_a_batch_whose_jobs_were_purged_goes_with_them(self, store, clock):
        batch, _ = accept_batch(store, "!", "!")
        waiting, _ = accept_batch(store, "!", "a")
        clock.move(10)
        assert store.jobs.purge("dead", older_than_s=5) == 3
        with pytest.raises(RequestError):
            store.batches.get(TENANT, batch.id)
        assert store.batches.get(TENANT, waiting.id).counts == {"queued": 1}

    def test_the_end_of_a_batch_is_told_once_though_its_last_jobs_end_together(self, store):
        batch, jobs = accept_batch(store, *range(8), callback_url=OURS)
        running = [begin(store, job) for job in jobs]
        at_once(8, lambda number: finish_with(store, running[number], number))
        ((event, told),) = events(store)
        assert event == "batch.finished"
        assert told == {"batch_id": str(batch.id), "counts": {"done": 8}}

    def test_a_batch_that_goes_on_after_a_retry_ends_again(self, store, clock):
        batch, jobs = accept_batch(store, "a", callback_url=OURS)
        running = begin(store, jobs[0])
        store.jobs.fail(running.id, running.lease_token, "timeout", "", is_passing=False)
        store.jobs.retry(TENANT, running.id)
        assert store.batches.get(TENANT, batch.id).finished_at is None
        clock.move(1)
        finish_with(store, begin(store, jobs[0]), "a")
        assert store.batches.get(TENANT, batch.id).finished_at == clock.now
        assert [told["counts"] for _, told in events(store)] == [{"dead": 1}, {"done": 1}]

    def test_every_end_is_told_to_who_asked(self, store, clock):
        leader = accept_one(store, new_job("a", callback_url=OURS))
        follower = accept_one(store, new_job("a", callback_url=THEIRS))
        accept_one(store, new_job("a"))
        done = finish_with(store, begin(store, leader), "a")
        clock.move(1)
        accept_one(store, new_job("a", callback_url=OURS))
        clock.move(1)
        dying = begin(store, accept_one(store, new_job("b", callback_url=OURS)))
        store.jobs.fail(dying.id, dying.lease_token, "corrupt", "", is_passing=False)
        told = events(store)
        assert sorted(event for event, _ in told) == [
            "job.dead",
            "job.done",
            "job.done",
            "job.done",
        ]
        assert {content["job_id"] for _, content in told[:2]} == {str(leader.id), str(follower.id)}
        assert {content.get("result_id") for _, content in told[:3]} == {str(done.result_id)}
        assert told[3] == ("job.dead", {"job_id": str(dying.id), "state": "dead"})
        (mine,) = store.deliveries.find(TENANT, job_id=follower.id).items
        assert (mine.url, mine.state, mine.attempts) == (THEIRS, "pending", 0)
        assert store.deliveries.get(TENANT, mine.id) == mine

    def test_nobody_is_told_of_what_was_called_off(self, store):
        job = accept_one(store, new_job("a", callback_url=OURS))
        store.jobs.cancel(TENANT, job.id)
        assert events(store) == []

    def test_a_job_that_dies_with_its_worker_is_told_of_too(self, store, clock):
        begin(store, accept_one(store, new_job("a", callback_url=OURS, max_attempts=1)))
        clock.move(LEASE_S + 1)
        store.jobs.expire()
        assert [event for event, _ in events(store)] == ["job.dead"]

    def test_an_answer_from_the_cache_is_told(self, store):
        result = store.results.add(new_result("a"))
        store.jobs.accept_done(new_job("a", callback_url=OURS), result.id)
        assert events(store)[0][1]["result_id"] == str(result.id)

    def delivery(self, store):
        """The id of a callback that is due."""
        job = accept_one(store, new_job(uuid4(), callback_url=OURS))
        running = begin(store, job)
        store.jobs.fail(job.id, running.lease_token, "corrupt", "", is_passing=False)
        (found,) = store.deliveries.find(TENANT, job_id=job.id).items
        return found.id

    def test_a_delivery_is_due_at_once_and_given_once(self, store, clock):
        delivery = self.delivery(store)
        assert store.deliveries.due(10) == [delivery]
        assert store.deliveries.due(10) == []
        clock.move(31)  # the message was lost
        assert store.deliveries.due(10) == [delivery]

    def test_a_delivery_is_tried_by_one_alone_and_counted_before(self, store):
        delivery = self.delivery(store)
        claimed = store.deliveries.claim(delivery)
        assert (claimed.attempts, claimed.url, claimed.event) == (1, OURS, "job.dead")
        assert store.deliveries.claim(delivery) is None
        assert store.deliveries.claim(uuid4()) is None

    def test_a_delivered_callback_is_over(self, store):
        delivery = self.delivery(store)
        claimed = store.deliveries.claim(delivery)
        settle = {"status": 204, "error": None, "state": "delivered"}
        assert store.deliveries.settle(delivery, claimed.lease_token, **settle)
        assert not store.deliveries.settle(delivery, claimed.lease_token, **settle)
        now = store.deliveries.get(TENANT, delivery)
        assert (now.state, now.last_status, now.lease_token) == ("delivered", 204, None)
        assert store.deliveries.claim(delivery) is None
        assert store.deliveries.due(10) == []

    def test_a_callback_that_failed_is_due_again_at_its_time(self, store, clock):
        delivery = self.delivery(store)
        store.deliveries.due(10)
        claimed = store.deliveries.claim(delivery)
        store.deliveries.settle(
            delivery,
            claimed.lease_token,
            status=500,
            error="the receiver answered 500",
            retry_at=clock.now + timedelta(minutes=5),
        )
        clock.move(299)
        assert store.deliveries.due(10) == []
        assert store.deliveries.claim(delivery) is None
        clock.move(1)
        assert store.deliveries.due(10) == [delivery]
        again = store.deliveries.claim(delivery)
        assert (again.attempts, again.last_status, again.payload) == (2, 500, claimed.payload)

    def test_what_was_no_try_gives_the_attempt_back(self, store, clock):
        delivery = self.delivery(store)
        claimed = store.deliveries.claim(delivery)
        later = clock.now + timedelta(seconds=30)
        store.deliveries.settle(
            delivery,
            claimed.lease_token,
            status=None,
            error="left alone",
            retry_at=later,
            is_try=False,
        )
        now = store.deliveries.get(TENANT, delivery)
        assert (now.state, now.attempts, now.retry_at) == ("pending", 0, later)

    def test_a_callback_whose_worker_died_is_tried_again(self, store, clock):
        delivery = self.delivery(store)
        dead = store.deliveries.claim(delivery)
        clock.move(61)
        assert store.deliveries.due(10) == [delivery]
        assert store.deliveries.claim(delivery).attempts == 2
        assert not store.deliveries.settle(
            delivery, dead.lease_token, status=200, error=None, state="delivered"
        )

    def test_a_clock_set_back_does_not_hold_callbacks_up(self, store, clock):
        delivery = self.delivery(store)
        claimed = store.deliveries.claim(delivery)
        store.deliveries.settle(
            delivery,
            claimed.lease_token,
            status=None,
            error="no answer",
            retry_at=clock.now + timedelta(seconds=5),
        )
        clock.move(-3600)
        assert store.deliveries.due(10) == [delivery]
        assert store.deliveries.claim(delivery).attempts == 2

    def test_an_endpoint_that_wants_no_more_is_told_no_more(self, store):
        waiting = self.delivery(store)
        trying = self.delivery(store)
        claimed = store.deliveries.claim(trying)
        store.deliveries.disable(TENANT, OURS)
        store.deliveries.disable(TENANT, OURS)
        assert store.deliveries.is_disabled(TENANT, OURS)
        assert not store.deliveries.is_disabled("other", OURS)
        assert store.deliveries.get(TENANT, waiting).state == "disabled"
        # Whoever is at it settles it.
        assert store.deliveries.settle(
            trying, claimed.lease_token, status=410, error="gone", state="disabled"
        )
        later = self.delivery(store)
        assert store.deliveries.get(TENANT, later).state == "disabled"
        assert store.deliveries.due(10) == []
        assert store.deliveries.enable(TENANT, OURS)
        assert not store.deliveries.enable(TENANT, OURS)
        wanted = self.delivery(store)
        assert store.deliveries.due(10) == [wanted]

    def test_deliveries_are_listed_by_state_a_page_at_a_time(self, store, clock):
        made = []
        for _ in range(5):
            made.append(self.delivery(store))
            clock.move(1)
        claimed = store.deliveries.claim(made[0])
        store.deliveries.settle(
            made[0], claimed.lease_token, status=200, error=None, state="delivered"
        )
        assert [d.id for d in store.deliveries.find(TENANT, "delivered").items] == [made[0]]
        first = store.deliveries.find(TENANT, limit=3)
        second = store.deliveries.find(TENANT, cursor=first.cursor, limit=3)
        assert [d.id for d in (*first.items, *second.items)] == list(reversed(made))
        assert second.cursor is None
