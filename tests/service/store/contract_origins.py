"""What the store promises about the requests that jobs and callbacks came of."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from service.store.store_examples import (
    LEASE_S,
    TENANT,
    accept_one,
    begin,
    finish_with,
    new_job,
)
from studio_detector.service.records import Origin
from studio_detector.service.store import NewBatch

FIRST = Origin(request_id="first", traceparent=f"00-{'1' * 32}-{'2' * 16}-01")
SECOND = Origin(request_id="second", traceparent=f"00-{'3' * 32}-{'4' * 16}-00")
OURS = "https://ours.example/done"


def origin_of(record):
    return Origin(request_id=record.request_id, traceparent=record.traceparent)


class OriginsContract:
    """Whatever happens to a job, it is known what it came of."""

    def test_a_job_keeps_its_origin_through_tries_queues_and_sweeps(self, store, clock):
        job = accept_one(store, new_job("a"), origin=FIRST)
        assert FIRST == origin_of(job) == origin_of(store.jobs.get(TENANT, job.id))
        running = begin(store, job)
        store.jobs.fail(running.id, running.lease_token, "x", "", is_passing=True)
        clock.move(3)
        lost = begin(store, job)
        clock.now += timedelta(seconds=LEASE_S + 1)
        (expired,) = store.jobs.expire()
        half = begin(store, job)
        detail = store.jobs.hand_on(half.id, half.lease_token, queue="detail", partial={})
        done = finish_with(store, begin(store, job), "a")

        assert {FIRST} == {origin_of(one) for one in (running, lost, expired, half, detail, done)}

    def test_who_follows_another_keeps_its_own(self, store):
        leader = accept_one(store, new_job("a", callback_url=OURS), origin=FIRST)
        follower = accept_one(store, new_job("a", callback_url=OURS), origin=SECOND)
        finish_with(store, begin(store, leader), "a")

        calls = store.deliveries.find(TENANT).items
        assert {leader.id: FIRST, follower.id: SECOND} == {
            call.job_id: origin_of(call) for call in calls
        }
        assert SECOND == origin_of(store.jobs.get(TENANT, follower.id))

    def test_what_is_answered_at_once_has_one_too(self, store):
        result = finish_with(store, begin(store, accept_one(store, new_job("a"))), "a").result_id
        known = accept_one(store, new_job("a"), origin=FIRST)
        remembered = store.jobs.accept_done(new_job("a"), result, origin=SECOND)

        assert ("done", FIRST) == (known.state, origin_of(known))
        assert ("done", SECOND) == (remembered.state, origin_of(remembered))

    def test_the_callback_of_a_batch_names_its_request(self, store):
        batch = NewBatch(id=uuid4(), tenant=TENANT, callback_url=OURS)
        jobs = store.jobs.accept(
            [new_job(name, batch_id=batch.id, position=at) for at, name in enumerate("ab")],
            batch=batch,
            origin=FIRST,
        )
        for job, name in zip(jobs, "ab", strict=True):
            finish_with(store, begin(store, job), name)
        (due,) = store.deliveries.due(10)
        call = store.deliveries.claim(due)

        assert {FIRST} == {origin_of(job) for job in jobs}
        assert (batch.id, None, FIRST) == (call.batch_id, call.job_id, origin_of(call))

    def test_a_job_of_no_request_has_none(self, store):
        job = accept_one(store, new_job("a", callback_url=OURS))
        finish_with(store, begin(store, job), "a")

        (call,) = store.deliveries.find(TENANT).items
        assert Origin() == origin_of(job) == origin_of(call)
