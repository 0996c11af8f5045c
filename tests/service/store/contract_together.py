"""What the store promises about jobs that are begun and ended together."""

from __future__ import annotations

from uuid import uuid4

import pytest

from service.store.contract_data_keys import key_for
from service.store.store_examples import (
    SHADOW_WORK,
    TENANT,
    accept_one,
    at_once,
    begin,
    finish_with,
    new_job,
    new_result,
    picture,
    state_of,
)
from studio_detector.service.store import NewBatch


def accept_some(store, *names, **options):
    """Accept a job for each of some pictures."""
    return store.jobs.accept([new_job(name) for name in names], **options)


def claim(store, jobs, owner="worker"):
    """Claim jobs together."""
    return store.jobs.claim_new([job.id for job in jobs], owner)


def verdicts(running, names):
    """An end for each job that runs."""
    return [
        (job.id, job.lease_token, new_result(name))
        for job, name in zip(running, names, strict=True)
    ]


class TogetherContract:
    """Beginnings and ends in one transaction are what each would be by itself."""

    def test_jobs_that_are_claimed_together_run_as_if_claimed_alone(self, store, clock):
        jobs = accept_some(store, *"abc")
        clock.move(2)

        claimed = claim(store, reversed(jobs))

        assert [job.id for job in reversed(jobs)] == [job.id for job in claimed]
        assert {("running", 1, clock.now)} == {
            (job.state, job.attempts, job.started_at) for job in claimed
        }
        assert [store.jobs.get(TENANT, job.id) for job in claimed] == claimed
        assert claim(store, jobs, "another") == []

    def test_only_the_first_try_of_a_job_is_begun_with_others(self, store, clock):
        """Whatever took its worker along is not to take those of others along time and again."""
        (tried, fresh), gone = accept_some(store, *"ab"), uuid4()
        running = begin(store, tried)
        store.jobs.fail(running.id, running.lease_token, "internal", "", is_passing=True)
        clock.move(3600)

        claimed = store.jobs.claim_new([tried.id, gone, fresh.id], "worker")

        assert [fresh.id] == [job.id for job in claimed]
        assert begin(store, tried).attempts == 2

    def test_what_is_still_to_be_fetched_is_not_begun_with_others(self, store):
        """Its host may take long."""
        fetched, kept = store.jobs.accept([new_job(), new_job("a")])
        assert [kept.id] == [job.id for job in claim(store, [fetched, kept])]
        assert state_of(store, fetched) == "queued"

    def test_what_was_once_fetched_is_not_begun_with_others(self, store):
        """It is fetched again where its picture is gone, since it was broken."""
        fetched = accept_one(store, new_job())
        running = begin(store, fetched)
        store.jobs.learn_hash(running.id, running.lease_token, picture("a"))
        store.jobs.fail(running.id, running.lease_token, "corrupt", "", is_passing=False)
        store.jobs.retry(TENANT, fetched.id)
        assert claim(store, [fetched]) == []
        assert begin(store, fetched) is not None

    def test_what_has_become_urgent_is_not_begun_with_others(self, store):
        jobs = accept_some(store, *"ab")
        accept_one(store, new_job("b", priority="high"))
        assert [jobs[0].id] == [job.id for job in claim(store, jobs)]

    def test_the_only_try_of_a_job_is_not_begun_with_others(self, store):
        jobs = [*accept_some(store, "a"), accept_one(store, new_job("b", max_attempts=1))]
        assert [jobs[0].id] == [job.id for job in claim(store, jobs)]

    def test_some_are_given_back_with_their_attempts_and_the_others_go_on(self, store):
        jobs = claim(store, accept_some(store, *"abc"))
        others = claim(store, accept_some(store, "d"), "another")

        given = store.jobs.release("worker", [job.id for job in (*jobs[1:], *others)])

        assert {job.id for job in jobs[1:]} == {job.id for job in given}
        assert {("queued", 0)} == {(job.state, job.attempts) for job in given}
        assert ["running", "queued", "queued", "running"] == [
            state_of(store, job) for job in (*jobs, *others)
        ]
        assert [1, 1] == [begin(store, job).attempts for job in jobs[1:]]

    def test_a_follower_is_not_claimed(self, store):
        leader, follower = accept_some(store, "a", "a")
        assert [leader.id] == [job.id for job in claim(store, [leader, follower])]

    def test_of_many_workers_one_gets_each_job(self, store):
        jobs = accept_some(store, *range(24))
        orders = [jobs, jobs[::-1]] * 4
        claimed = at_once(8, lambda n: claim(store, orders[n], f"worker {n}"))
        assert sorted(job.id for some in claimed for job in some) == sorted(j.id for j in jobs)

    def test_jobs_that_end_together_are_done_with_their_own_results(self, store, clock):
        running = claim(store, accept_some(store, *"abc"))
        clock.move(2)

        done = store.jobs.finish_all(verdicts(running, "abc"))

        assert [job.id for job in running] == [job.id for job in done]
        assert [store.jobs.get(TENANT, job.id) for job in done] == done
        assert {("done", "analysed", None, clock.now)} == {
            (job.state, job.answer, job.lease_token, job.finished_at) for job in done
        }
        results = [store.results.get(TENANT, job.result_id) for job in done]
        assert [picture(name) for name in "abc"] == [result.image_hash for result in results]

    def test_their_work_is_free_and_their_followers_are_done(self, store):
        leaders = accept_some(store, *"abc")
        (follower,) = accept_some(store, "b")
        assert follower.leader_id == leaders[1].id

        done = store.jobs.finish_all(verdicts(claim(store, leaders), "abc"))

        shared = store.jobs.get(TENANT, follower.id)
        assert (shared.state, shared.answer) == ("done", "shared")
        assert shared.result_id == done[1].result_id
        assert accept_one(store, new_job("a")).answer == "cached"

    def test_a_batch_is_over_with_its_last_job(self, store, clock):
        """And says so once, however many end at that moment."""
        batch = NewBatch(id=uuid4(), tenant=TENANT, callback_url="https://calls.example/")
        jobs = store.jobs.accept([new_job(n, batch_id=batch.id) for n in range(5)], batch=batch)
        running = claim(store, jobs)
        store.jobs.finish_all(verdicts(running[:3], range(3)))
        assert store.batches.get(TENANT, batch.id).finished_at is None

        store.jobs.finish_all(verdicts(running[3:], range(3, 5)))

        assert store.batches.get(TENANT, batch.id).finished_at == clock.now
        assert len(store.deliveries.due(10)) == 1

    def test_two_batches_whose_jobs_end_crosswise_wait_for_no_circle(self, store):
        batches = [NewBatch(id=uuid4(), tenant=TENANT) for _ in range(2)]
        jobs = [
            store.jobs.accept([new_job((at, n), batch_id=b.id) for n in range(8)], batch=b)
            for at, b in enumerate(batches)
        ]
        running = [claim(store, some) for some in jobs]

        def end(number):
            order = (0, 1) if number % 2 else (1, 0)
            some = [(running[at][number], (at, number)) for at in order]
            return store.jobs.finish_all([v for job, n in some for v in verdicts([job], [n])])

        ended = at_once(8, end)

        assert {"done"} == {job.state for some in ended for job in some}
        assert {8} == {store.batches.get(TENANT, b.id).counts["done"] for b in batches}

    @pytest.mark.parametrize("at", [0, 2])
    def test_one_lost_lease_leaves_all_as_they_were(self, store, at):
        running = claim(store, accept_some(store, *"abc"))
        store.jobs.cancel(TENANT, running[at].id)

        assert store.jobs.finish_all(verdicts(running, "abc")) is None

        left = [job for job in running if job.id != running[at].id]
        assert {"running"} == {state_of(store, job) for job in left}
        assert store.results.find(TENANT).items == ()
        for job in left:
            assert store.jobs.finish(job.id, job.lease_token, new_result(job.id)) is not None

    def test_a_shadow_that_somebody_asked_for_is_brought_out(self, store):
        """Its job was accepted while the comparison was under way."""
        shadow = accept_one(store, new_job("a", work=SHADOW_WORK, shadow_of=uuid4()))
        asked = accept_one(store, new_job("a", work=SHADOW_WORK))
        (running,) = claim(store, [shadow])
        found = new_result("a", work=SHADOW_WORK, is_shadow=True)

        (ended,) = store.jobs.finish_all([(running.id, running.lease_token, found)])

        result_id = store.jobs.get(TENANT, asked.id).result_id
        assert not store.results.get(TENANT, result_id).is_shadow
        # Read before it was brought out, it would not be what is stored.
        assert ended.result is None

    def test_who_ends_jobs_gets_their_results_as_they_are_stored(self, store):
        """As for each alone."""
        running = claim(store, accept_some(store, *"ab"))

        ended = store.jobs.finish_all(verdicts(running, "ab"))

        assert [store.results.get(TENANT, job.result_id) for job in ended] == [
            job.result for job in ended
        ]

    def test_a_result_that_was_stored_before_is_kept(self, store):
        """By a worker that had lost its lease in between, say."""
        first = store.results.add(new_result("a", confidence=0.625))
        (job,) = store.jobs.accept([new_job("a", work=SHADOW_WORK)])
        (running,) = claim(store, [job])
        (done,) = store.jobs.finish_all([(running.id, running.lease_token, new_result("a"))])
        assert done.result_id == first.id
        assert store.results.get(TENANT, first.id).confidence == 0.625

    def test_some_pictures_go_and_those_that_are_wanted_stay(self, store, clock):
        for name in "abc":
            finish_with(store, begin(store, accept_one(store, new_job(name))), name)
        accept_one(store, new_job("b", work=SHADOW_WORK))
        clock.move(1)
        deleted = []

        gone = store.pictures.forget_some(
            TENANT, [picture(name) for name in "abcd"], before=clock.now, delete=deleted.append
        )

        assert sorted(gone) == sorted(deleted) == sorted([picture("a"), picture("c")])
        assert store.pictures.known([(TENANT, picture(name)) for name in "abc"]) == {
            (TENANT, picture("b"))
        }

    def test_keys_of_some_pictures_are_found_by_tenant(self, store):
        keys = [key_for("a"), key_for("b"), key_for("a", tenant="other", blob=picture("else"))]
        store.data_keys.take(keys)
        names = [(TENANT, picture("a")), (TENANT, picture("c")), ("other", picture("a"))]
        assert sorted(store.data_keys.get_some(names), key=keys.index) == [keys[0], keys[2]]
        assert store.data_keys.get_some([]) == []

    def test_steps_at_once_see_one_another_and_are_taken_back_together(self, store):
        (job,) = accept_some(store, "a")

        def steps():
            running = begin(store, job)
            done = finish_with(store, running, "a")
            assert store.results.are_there(TENANT, [done.result_id]) == [done.result_id]
            raise ValueError("by design")

        with pytest.raises(ValueError, match="by design"):
            store.at_once(steps)
        assert state_of(store, job) == "queued"
        assert store.results.find(TENANT).items == ()
