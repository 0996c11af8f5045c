"""What the store promises about equal pictures and equal requests."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from service.store.store_examples import (
    LEASE_S,
    SHADOW_WORK,
    TENANT,
    accept_one,
    at_once,
    begin,
    erase,
    finish_with,
    new_job,
    new_result,
    picture,
    state_of,
)
from studio_detector.errors import RequestError
from studio_detector.service.store import Idempotency, NewBatch

KEY = Idempotency(key="k-1", request_digest="aa")


class DuplicatesContract:
    """Leaders, followers, and requests that come twice."""

    def test_the_same_picture_waits_for_the_first_and_shares_its_result(self, store):
        leader = accept_one(store, new_job("a"))
        follower = accept_one(store, new_job("a"))
        assert (leader.leader_id, follower.leader_id) == (None, leader.id)
        assert store.jobs.unsent(10) == [(leader.id, "standard")]
        assert store.jobs.claim(follower.id, "worker") is None
        done = finish_with(store, begin(store, leader), "a")
        shared = store.jobs.get(TENANT, follower.id)
        assert (shared.state, shared.answer, shared.leader_id) == ("done", "shared", None)
        assert shared.result_id == done.result_id
        assert shared.finished_at == done.finished_at

    def test_a_picture_whose_result_is_known_is_done_at_once(self, store):
        done = finish_with(store, begin(store, accept_one(store, new_job("a"))), "a")
        again = accept_one(store, new_job("a"))
        assert (again.state, again.answer, again.result_id) == ("done", "cached", done.result_id)
        assert store.jobs.unsent(10) == []

    @pytest.mark.parametrize("other", [{"tenant": "other"}, {"work": SHADOW_WORK}])
    def test_other_tenants_and_other_work_are_other_work(self, store, other):
        accept_one(store, new_job("a"))
        assert accept_one(store, new_job("a", **other)).leader_id is None

    def test_a_picture_twice_in_one_request_is_analysed_once(self, store):
        first, second, other = store.jobs.accept([new_job("a"), new_job("a"), new_job("b")])
        assert (first.leader_id, second.leader_id, other.leader_id) == (None, first.id, None)

    def test_followers_die_with_their_leader_for_the_same_reason(self, store):
        leader = accept_one(store, new_job("a"))
        follower = accept_one(store, new_job("a"))
        running = begin(store, leader)
        store.jobs.fail(leader.id, running.lease_token, "corrupt", "damaged", is_passing=False)
        dead = store.jobs.get(TENANT, follower.id)
        assert (dead.state, dead.error_code, dead.leader_id) == ("dead", "corrupt", None)
        # And the work is free again.
        assert accept_one(store, new_job("a")).leader_id is None

    def test_a_leader_that_is_tried_again_keeps_its_followers(self, store):
        leader = accept_one(store, new_job("a"))
        follower = accept_one(store, new_job("a"))
        running = begin(store, leader)
        store.jobs.fail(leader.id, running.lease_token, "fetch_failed", "", is_passing=True)
        assert store.jobs.get(TENANT, follower.id) == follower

    def test_a_follower_in_a_hurry_hurries_its_leader(self, store):
        leader = accept_one(store, new_job("a"))
        store.jobs.sent([leader.id])
        accept_one(store, new_job("a", priority="high"))
        assert store.jobs.get(TENANT, leader.id).queue == "high"
        assert store.jobs.unsent(10) == [(leader.id, "high")]

    def test_a_running_leader_and_one_that_waits_for_details_are_left_where_they_are(self, store):
        running = begin(store, accept_one(store, new_job("a")))
        accept_one(store, new_job("a", priority="high"))
        assert store.jobs.get(TENANT, running.id) == running
        handed = store.jobs.hand_on(running.id, running.lease_token, queue="detail", partial={})
        accept_one(store, new_job("a", priority="high"))
        assert store.jobs.get(TENANT, running.id) == handed

    @pytest.mark.parametrize("is_running", [False, True])
    def test_a_cancelled_leader_leaves_its_work_to_a_follower(self, store, clock, is_running):
        leader = accept_one(store, new_job("a"))
        clock.move(1)
        second = accept_one(store, new_job("a"))
        clock.move(1)
        third = accept_one(store, new_job("a"))
        if is_running:
            begin(store, leader)
        store.jobs.cancel(TENANT, leader.id)
        heir, other = (store.jobs.get(TENANT, job.id) for job in (second, third))
        assert (heir.leader_id, other.leader_id) == (None, heir.id)
        assert store.jobs.unsent(10) == [(heir.id, "standard")]
        finish_with(store, begin(store, heir), "a")
        assert state_of(store, other) == "done"

    def test_a_cancelled_follower_leaves_the_others_alone(self, store):
        leader = accept_one(store, new_job("a"))
        follower = accept_one(store, new_job("a"))
        store.jobs.cancel(TENANT, follower.id)
        finish_with(store, begin(store, leader), "a")
        assert state_of(store, follower) == "cancelled"

    def test_a_dead_job_that_is_retried_finds_the_result_others_found_since(self, store):
        running = begin(store, accept_one(store, new_job("a")))
        store.jobs.fail(running.id, running.lease_token, "timeout", "", is_passing=False)
        done = finish_with(store, begin(store, accept_one(store, new_job("a"))), "a")
        again = store.jobs.retry(TENANT, running.id)
        assert (again.state, again.answer, again.result_id) == ("done", "cached", done.result_id)

    def test_a_dead_job_that_is_retried_follows_who_is_at_it(self, store):
        running = begin(store, accept_one(store, new_job("a")))
        store.jobs.fail(running.id, running.lease_token, "timeout", "", is_passing=False)
        other = accept_one(store, new_job("a"))
        assert store.jobs.retry(TENANT, running.id).leader_id == other.id

    def test_an_address_whose_picture_nobody_has_is_worked_on(self, store):
        running = begin(store, accept_one(store, new_job()))
        assert store.jobs.learn_hash(running.id, running.lease_token, picture("a")) == "work"
        assert store.jobs.get(TENANT, running.id).image_hash == picture("a")
        assert accept_one(store, new_job("a")).leader_id == running.id
        # Learning it again, as a second try does, changes nothing.
        assert store.jobs.learn_hash(running.id, running.lease_token, picture("a")) == "work"
        assert finish_with(store, running, "a").state == "done"

    def test_an_address_whose_picture_is_known_is_answered(self, store):
        done = finish_with(store, begin(store, accept_one(store, new_job("a"))), "a")
        running = begin(store, accept_one(store, new_job()))
        assert store.jobs.learn_hash(running.id, running.lease_token, picture("a")) == "answered"
        answered = store.jobs.get(TENANT, running.id)
        assert (answered.state, answered.answer) == ("done", "cached")
        assert (answered.result_id, answered.image_hash) == (done.result_id, picture("a"))

    def test_an_address_whose_picture_another_works_on_follows(self, store):
        leader = accept_one(store, new_job("a"))
        running = begin(store, accept_one(store, new_job(priority="high")))
        assert store.jobs.learn_hash(running.id, running.lease_token, picture("a")) == "follows"
        follower = store.jobs.get(TENANT, running.id)
        assert (follower.state, follower.leader_id) == ("queued", leader.id)
        assert (follower.attempts, follower.lease_token) == (0, None)
        assert store.jobs.get(TENANT, leader.id).queue == "high"
        finish_with(store, begin(store, leader), "a")
        assert store.jobs.get(TENANT, running.id).answer == "shared"

    def test_an_address_that_shows_another_picture_leaves_the_first_to_its_followers(
        self, store, clock
    ):
        running = begin(store, accept_one(store, new_job()))
        store.jobs.learn_hash(running.id, running.lease_token, picture("a"))
        follower = accept_one(store, new_job("a"))
        clock.move(LEASE_S + 1)
        store.jobs.expire()
        again = begin(store, running)
        assert store.jobs.learn_hash(again.id, again.lease_token, picture("b")) == "work"
        assert store.jobs.get(TENANT, follower.id).leader_id is None
        finish_with(store, again, "b")
        finish_with(store, begin(store, follower), "a")

    def test_only_who_asked_for_it_is_answered_by_a_picture_that_looks_alike(self, store, clock):
        alike = store.results.add(new_result("b"))
        leader = accept_one(store, new_job("a", near_duplicates=True))
        clock.move(1)
        strict = accept_one(store, new_job("a"))
        clock.move(1)
        lenient = accept_one(store, new_job("a", near_duplicates=True))
        clock.move(1)
        stricter = accept_one(store, new_job("a"))
        running = begin(store, leader)
        done = store.jobs.finish(running.id, running.lease_token, alike.id, "near_duplicate")
        assert (done.answer, done.result_id) == ("near_duplicate", alike.id)
        shared = store.jobs.get(TENANT, lenient.id)
        assert (shared.state, shared.answer) == ("done", "near_duplicate")
        assert store.jobs.get(TENANT, strict.id).leader_id is None
        assert store.jobs.get(TENANT, stricter.id).leader_id == strict.id
        finish_with(store, begin(store, strict), "a")
        assert store.jobs.get(TENANT, stricter.id).answer == "shared"

    def test_the_first_result_of_a_piece_of_work_is_kept(self, store):
        first = store.results.add(new_result("a"))
        second = store.results.add(new_result("a", confidence=0.1))
        assert second == first
        assert store.results.find(TENANT).items == (first,)

    def test_what_was_scored_for_comparison_is_returned_once_somebody_asks(self, store):
        main = accept_one(store, new_job("a"))
        shadow = accept_one(store, new_job("a", work=SHADOW_WORK, shadow_of=main.id))
        result = new_result("a", work=SHADOW_WORK, is_shadow=True)
        running = begin(store, shadow)
        done = store.jobs.finish(shadow.id, running.lease_token, result, "analysed")
        assert store.results.find(TENANT).items == ()
        assert store.results.by_work(TENANT, picture("a"), SHADOW_WORK) is None
        # Another shadow may use it, and it stays one.
        other = accept_one(store, new_job("a", work=SHADOW_WORK, shadow_of=main.id))
        assert other.result_id == done.result_id
        assert store.results.find(TENANT).items == ()
        asked = accept_one(store, new_job("a", work=SHADOW_WORK))
        assert (asked.state, asked.result_id) == ("done", done.result_id)
        (shown,) = store.results.find(TENANT).items
        assert (shown.id, shown.is_shadow) == (done.result_id, False)

    def test_a_shadow_that_somebody_waits_for_is_none_when_it_is_done(self, store):
        shadow = accept_one(store, new_job("a", work=SHADOW_WORK, shadow_of=uuid4()))
        asked = accept_one(store, new_job("a", work=SHADOW_WORK))
        assert asked.leader_id == shadow.id
        running = begin(store, shadow)
        result = new_result("a", work=SHADOW_WORK, is_shadow=True)
        store.jobs.finish(shadow.id, running.lease_token, result, "analysed")
        (shown,) = store.results.find(TENANT).items
        assert shown.is_shadow is False

    def test_a_key_is_known_from_its_first_request_on(self, store):
        assert not store.jobs.knows_key(TENANT, KEY.key)
        accept_one(store, new_job("a"), idempotency=KEY)
        assert store.jobs.knows_key(TENANT, KEY.key)
        assert not store.jobs.knows_key(TENANT, KEY.key + "1")
        assert not store.jobs.knows_key("other", KEY.key)

    def test_the_same_request_under_one_key_does_nothing_twice(self, store):
        first = store.jobs.accept([new_job("a"), new_job("b")], idempotency=KEY)
        again = store.jobs.accept([new_job("a"), new_job("b")], idempotency=KEY)
        assert again == first
        assert store.jobs.backlog() == 2

    def test_what_is_given_back_is_as_it_is_by_now(self, store):
        job = accept_one(store, new_job("a"), idempotency=KEY)
        finish_with(store, begin(store, job), "a")
        assert accept_one(store, new_job("a"), idempotency=KEY).state == "done"

    def test_another_request_under_the_same_key_is_refused(self, store):
        accept_one(store, new_job("a"), idempotency=KEY)
        with pytest.raises(RequestError) as caught:
            accept_one(
                store, new_job("b"), idempotency=Idempotency(key=KEY.key, request_digest="bb")
            )
        assert caught.value.code == "idempotency_conflict"
        assert store.jobs.backlog() == 1

    def test_what_came_under_a_key_can_be_asked_for(self, store):
        assert store.jobs.promised(TENANT, KEY) == []
        first = store.jobs.accept([new_job("a")], idempotency=KEY)
        assert store.jobs.promised(TENANT, KEY) == first
        assert store.jobs.promised("other", KEY) == []
        with pytest.raises(RequestError):
            store.jobs.promised(TENANT, Idempotency(key=KEY.key, request_digest="bb"))

    def test_a_key_never_gives_the_job_of_a_shadow(self, store):
        job = new_job("a")
        shadow = new_job("a", work=SHADOW_WORK, shadow_of=job.id)
        store.jobs.accept([job, shadow], idempotency=KEY)
        finish_with(store, begin(store, store.jobs.get(TENANT, job.id)), "a")
        erase(store, "job", job.id)
        assert store.jobs.promised(TENANT, KEY) == []

    def test_keys_of_others_are_other_keys(self, store):
        accept_one(store, new_job("a"), idempotency=KEY)
        accept_one(
            store,
            new_job("a", tenant="other"),
            idempotency=Idempotency(key=KEY.key, request_digest="bb"),
        )

    def test_a_batch_is_given_back_in_its_order(self, store):
        batch = NewBatch(id=uuid4(), tenant=TENANT)
        jobs = [new_job(n, batch_id=batch.id, position=n) for n in range(20)]
        first = store.jobs.accept(jobs, idempotency=KEY, batch=batch)
        other = NewBatch(id=uuid4(), tenant=TENANT)
        again = store.jobs.accept(
            [new_job("x", batch_id=other.id, position=0)], idempotency=KEY, batch=other
        )
        assert again == first
        with pytest.raises(RequestError):
            store.batches.get(TENANT, other.id)

    def test_a_key_whose_jobs_were_deleted_is_free_again(self, store):
        job = accept_one(store, new_job("a"), idempotency=KEY)
        finish_with(store, begin(store, job), "a")
        erase(store, "job", job.id)
        fresh = new_job("a")
        assert accept_one(store, fresh, idempotency=KEY).id == fresh.id

    def test_old_keys_are_forgotten(self, store, clock):
        accept_one(store, new_job("a"), idempotency=KEY)
        assert store.jobs.forget_keys(clock.now) == 0
        assert store.jobs.forget_keys(clock.now + timedelta(seconds=1)) == 1
        accept_one(store, new_job("b"), idempotency=Idempotency(key=KEY.key, request_digest="b"))

    def test_the_same_key_at_the_same_moment_is_one_request(self, store):
        outcomes = at_once(
            16, lambda number: accept_one(store, new_job(number), idempotency=KEY).id
        )
        assert len(set(outcomes)) == 1
        assert store.jobs.backlog() == 1

    def test_the_same_picture_at_the_same_moment_has_one_leader(self, store):
        outcomes = at_once(16, lambda _number: accept_one(store, new_job("a")))
        leaders = [job for job in outcomes if job.leader_id is None]
        assert len(leaders) == 1
        assert {job.leader_id for job in outcomes} == {None, leaders[0].id}

    def test_no_picture_is_analysed_twice_though_posts_and_ends_cross(self, store):
        """While the leader ends, others come: each shares, is answered, or nobody led."""
        for round_ in range(8):
            running = begin(store, accept_one(store, new_job(round_)))

            def act(number, name=round_, running=running):
                if number == 0:
                    return finish_with(store, running, name)
                return accept_one(store, new_job(name))

            for job in at_once(8, act):
                now = store.jobs.get(TENANT, job.id)
                assert (now.state, now.result_id is not None) == ("done", True)
                assert now.answer in {"analysed", "shared", "cached"}

    def test_batches_of_the_same_pictures_at_the_same_moment_all_get_through(self, store):
        """Each has the pictures in another order, which would be a deadlock if locked so."""

        def act(number):
            batch = NewBatch(id=uuid4(), tenant=TENANT)
            names = list(range(60)) if number % 2 else list(reversed(range(60)))
            return store.jobs.accept(
                [new_job(n, batch_id=batch.id, position=i) for i, n in enumerate(names)],
                batch=batch,
            )

        jobs = [job for accepted in at_once(6, act) for job in accepted]
        assert sum(job.leader_id is None for job in jobs) == 60
