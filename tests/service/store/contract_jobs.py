"""What the store promises about single jobs, from acceptance to the end."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from service.store.store_examples import (
    LEASE_S,
    RETRY_MOST_S,
    TENANT,
    WORK,
    accept_one,
    begin,
    finish_with,
    new_job,
    new_result,
    picture,
    state_of,
)
from studio_detector.errors import RequestError


class JobsContract:
    """Jobs one at a time."""

    def test_an_accepted_job_is_queued_as_it_was_sent(self, store, clock):
        new = new_job("a", name="front.jpg", callback_url="https://ours.example", max_attempts=3)
        job = accept_one(store, new)
        assert job == store.jobs.get(TENANT, new.id)
        assert (job.state, job.queue, job.attempts) == ("queued", "standard", 0)
        assert (job.image_hash, job.name, job.work) == (picture("a"), "front.jpg", WORK)
        assert (job.callback_url, job.max_attempts) == ("https://ours.example", 3)
        assert job.created_at == clock.now
        assert job.created_at.utcoffset() == timedelta(0)

    def test_a_hurried_job_waits_in_the_queue_of_its_priority(self, store):
        assert accept_one(store, new_job("a", priority="high")).queue == "high"

    def test_a_photo_that_could_not_be_read_is_dead_from_the_start(self, store):
        job = accept_one(store, new_job(None, error_code="corrupt", error_message="damaged"))
        assert (job.state, job.error_code, job.error_message) == ("dead", "corrupt", "damaged")
        assert store.jobs.unsent(10) == []

    def test_nothing_is_stored_for_no_jobs(self, store):
        assert store.jobs.accept([]) == []

    def test_a_job_answered_by_the_cache_is_done_at_once(self, store):
        result = store.results.add(new_result("a"))
        new = new_job("a")
        job = store.jobs.accept_done(new, result.id)
        assert (job.state, job.answer, job.result_id) == ("done", "cached", result.id)
        assert store.jobs.get(TENANT, new.id) == job

    def test_names_that_no_database_takes_are_stored_with_marks_in_their_place(self, store):
        """Half a surrogate pair and NUL come from file names; neither may fail the request."""
        job = accept_one(store, new_job("a", name="caf\udce9\0.jpg é"))
        assert job.name == "caf?\ufffd.jpg é"
        assert store.jobs.get(TENANT, job.id) == job

    def test_a_claim_counts_the_try_before_it_begins(self, store, clock):
        job = accept_one(store, new_job("a"))
        claimed = begin(store, job)
        assert (claimed.state, claimed.attempts, claimed.started_at) == ("running", 1, clock.now)
        assert len(claimed.lease_token) >= 32
        assert store.jobs.get(TENANT, job.id) == claimed

    def test_a_job_is_claimed_by_one_alone(self, store):
        job = accept_one(store, new_job("a"))
        begin(store, job, "first")
        assert store.jobs.claim(job.id, "second") is None

    def test_what_is_not_there_cannot_be_claimed(self, store):
        assert store.jobs.claim(uuid4(), "worker") is None

    def test_a_finished_job_has_its_result_and_no_lease(self, store, clock):
        job = accept_one(store, new_job("a"))
        running = begin(store, job)
        clock.move(2)
        done = finish_with(store, running, "a")
        assert (done.state, done.answer, done.lease_token) == ("done", "analysed", None)
        assert done.finished_at == clock.now
        result = store.results.get(TENANT, done.result_id)
        assert (result.image_hash, result.confidence) == (picture("a"), 0.875)

    def test_who_ends_a_job_gets_its_result_as_it_is_stored(self, store):
        """So that nobody who waits in the same process asks the store for it again."""
        done = finish_with(store, begin(store, accept_one(store, new_job("a"))), "a")
        assert done.result == store.results.get(TENANT, done.result_id)

        again = begin(store, accept_one(store, new_job("b")))
        known = store.results.add(new_result("b", confidence=0.5))
        assert finish_with(store, again, "b").result == known
        assert store.jobs.get(TENANT, done.id) == done
        assert store.jobs.get(TENANT, done.id).result is None

    def test_a_job_is_finished_once(self, store):
        running = begin(store, accept_one(store, new_job("a")))
        first = finish_with(store, running, "a")
        again = store.jobs.finish(
            running.id, running.lease_token, new_result("a", confidence=0.1), "analysed"
        )
        assert again is None
        assert store.results.get(TENANT, first.result_id).confidence == 0.875

    def test_a_wrong_token_changes_nothing(self, store):
        running = begin(store, accept_one(store, new_job("a")))
        assert store.jobs.finish(running.id, "other", new_result("a"), "analysed") is None
        assert store.jobs.fail(running.id, "other", "timeout", "", is_passing=False) is None
        assert store.jobs.hand_on(running.id, "other", queue="detail", partial={}) is None
        assert store.jobs.learn_hash(running.id, "other", picture("b")) == "lost"
        assert store.jobs.get(TENANT, running.id) == running
        assert store.results.find(TENANT).items == ()
        # The work is still led: whoever comes now waits for the one that runs.
        assert accept_one(store, new_job("a")).leader_id == running.id

    def test_a_result_that_was_deleted_meanwhile_finishes_nothing(self, store):
        running = begin(store, accept_one(store, new_job("a")))
        with pytest.raises(RequestError) as caught:
            store.jobs.finish(running.id, running.lease_token, uuid4(), "near_duplicate")
        assert caught.value.code == "result_unknown"
        assert state_of(store, running) == "running"

    def test_handing_on_keeps_what_was_found_and_gives_new_tries(self, store):
        running = begin(store, accept_one(store, new_job("a")))
        partial = {"confidence": 0.5, "values": [1.25, None], "text": "\0 \ud800"}
        handed = store.jobs.hand_on(
            running.id, running.lease_token, queue="detail", partial=partial
        )
        assert (handed.state, handed.queue, handed.attempts) == ("queued", "detail", 0)
        assert store.jobs.unsent(10) == [(running.id, "detail")]
        again = begin(store, handed)
        assert again.partial == {"confidence": 0.5, "values": [1.25, None], "text": "\ufffd ?"}
        assert finish_with(store, again, "a").partial is None

    def test_a_passing_failure_waits_twice_as_long_each_time(self, store, clock):
        job = accept_one(store, new_job("a", max_attempts=4))
        for pause in (2, 4, 8):
            running = begin(store, job)
            failed = store.jobs.fail(
                job.id, running.lease_token, "fetch_timeout", "slow", is_passing=True
            )
            assert (failed.state, failed.error_code) == ("queued", "fetch_timeout")
            assert failed.retry_at == clock.now + timedelta(seconds=pause)
            assert store.jobs.claim(job.id, "worker") is None
            assert store.jobs.unsent(10) == []
            clock.move(pause)
            assert store.jobs.unsent(10) == [(job.id, "standard")]
        running = begin(store, job)
        failed = store.jobs.fail(job.id, running.lease_token, "fetch_timeout", "", is_passing=True)
        assert (failed.state, failed.error_code) == ("dead", "fetch_timeout")

    def test_a_pause_that_was_asked_for_is_kept_up_to_the_longest(self, store, clock):
        for asked, pause in ((60.0, 60.0), (1e6, RETRY_MOST_S), (0.1, 2.0)):
            running = begin(store, accept_one(store, new_job(f"a{asked}")))
            failed = store.jobs.fail(
                running.id,
                running.lease_token,
                "fetch_failed",
                "",
                is_passing=True,
                retry_after_s=asked,
            )
            assert failed.retry_at == clock.now + timedelta(seconds=pause)

    def test_a_failure_that_will_not_pass_ends_the_job(self, store, clock):
        running = begin(store, accept_one(store, new_job("a")))
        dead = store.jobs.fail(
            running.id, running.lease_token, "corrupt", "damaged", is_passing=False
        )
        assert (dead.state, dead.error_code, dead.error_message) == ("dead", "corrupt", "damaged")
        assert (dead.finished_at, dead.lease_token) == (clock.now, None)

    def test_a_job_whose_tries_are_used_up_is_not_begun_again(self, store, clock):
        job = accept_one(store, new_job("a", max_attempts=1))
        begin(store, job)
        clock.move(LEASE_S + 1)
        (dead,) = store.jobs.expire()
        assert (dead.state, dead.error_code) == ("dead", "attempts_exhausted")

    def test_jobs_of_others_are_not_there(self, store):
        job = accept_one(store, new_job("a"))
        for ask in (store.jobs.get, store.jobs.cancel, store.jobs.retry):
            with pytest.raises(RequestError) as caught:
                ask("other", job.id)
            assert caught.value.code == "job_unknown"

    def test_a_dead_job_is_tried_again_from_the_start(self, store):
        running = begin(store, accept_one(store, new_job("a", max_attempts=2)))
        store.jobs.fail(running.id, running.lease_token, "corrupt", "damaged", is_passing=False)
        again = store.jobs.retry(TENANT, running.id)
        assert (again.state, again.attempts, again.error_code) == ("queued", 0, None)
        assert (again.finished_at, again.retry_at) == (None, None)
        assert store.jobs.unsent(10) == [(running.id, "standard")]
        assert finish_with(store, begin(store, again), "a").attempts == 1

    def test_only_what_ended_without_a_result_is_tried_again(self, store):
        queued = accept_one(store, new_job("a"))
        with pytest.raises(RequestError) as caught:
            store.jobs.retry(TENANT, queued.id)
        assert caught.value.code == "state_conflict"
        done = finish_with(store, begin(store, queued), "a")
        with pytest.raises(RequestError, match="done"):
            store.jobs.retry(TENANT, done.id)

    def test_a_photo_of_which_nothing_was_kept_is_not_tried_again(self, store):
        lost = new_job(None, image_url=None, error_code="corrupt", error_message="damaged")
        with pytest.raises(RequestError, match="send the photo anew"):
            store.jobs.retry(TENANT, accept_one(store, lost).id)

    def test_a_cancelled_job_is_not_worked_on_and_its_result_is_refused(self, store):
        waiting = accept_one(store, new_job("a"))
        assert store.jobs.cancel(TENANT, waiting.id).state == "cancelled"
        assert store.jobs.claim(waiting.id, "worker") is None
        running = begin(store, accept_one(store, new_job("b")))
        cancelled = store.jobs.cancel(TENANT, running.id)
        assert (cancelled.state, cancelled.error_code) == ("cancelled", "cancelled")
        late = store.jobs.finish(running.id, running.lease_token, new_result("b"), "analysed")
        assert late is None
        assert store.results.find(TENANT).items == ()
        assert store.jobs.cancel(TENANT, running.id) == cancelled

    def test_what_is_over_cannot_be_cancelled(self, store):
        job = accept_one(store, new_job("a"))
        finish_with(store, begin(store, job), "a")
        with pytest.raises(RequestError) as caught:
            store.jobs.cancel(TENANT, job.id)
        assert caught.value.code == "state_conflict"

    def test_purging_takes_only_what_ended_so_in_time(self, store, clock):
        old = finish_with(store, begin(store, accept_one(store, new_job("a"))), "a")
        dead = accept_one(store, new_job(None, error_code="corrupt", error_message=""))
        clock.move(100)
        young = finish_with(store, begin(store, accept_one(store, new_job("b"))), "b")
        assert store.jobs.purge("done", older_than_s=50) == 1
        assert {job.id for job in store.jobs.find(TENANT).items} == {dead.id, young.id}
        with pytest.raises(RequestError):
            store.jobs.get(TENANT, old.id)
        with pytest.raises(RequestError) as caught:
            store.jobs.purge("running", older_than_s=0)
        assert caught.value.code == "state_conflict"

    def test_jobs_are_listed_newest_first_a_page_at_a_time(self, store, clock):
        jobs = []
        for number in range(7):
            jobs.append(accept_one(store, new_job(number)))
            clock.move(number % 2)  # some share their moment
        page = store.jobs.find(TENANT, limit=3)
        seen = list(page.items)
        while page.cursor:
            # What comes in meanwhile does not shift the pages.
            accept_one(store, new_job(f"late {page.cursor}"))
            page = store.jobs.find(TENANT, cursor=page.cursor, limit=3)
            seen += page.items
        assert {job.id for job in seen} == {job.id for job in jobs}
        assert len(seen) == len(jobs)
        moments = [job.created_at for job in seen]
        assert moments == sorted(moments, reverse=True)

    def test_jobs_are_listed_by_state_and_batch(self, store):
        queued = accept_one(store, new_job("a"))
        done = finish_with(store, begin(store, accept_one(store, new_job("b"))), "b")
        assert store.jobs.find(TENANT, state="queued").items == (queued,)
        assert store.jobs.find(TENANT, state="done").items == (done,)
        assert store.jobs.find(TENANT, batch_id=uuid4()).items == ()
        assert store.jobs.find("other").items == ()

    @pytest.mark.parametrize("cursor", ["", "x", "AAAA", "é", "=" * 10, "a" * 5000])
    def test_a_cursor_that_is_none_is_refused(self, store, cursor):
        for ask in (store.jobs.find, store.results.find, store.deliveries.find):
            with pytest.raises(RequestError) as caught:
                ask(TENANT, cursor=cursor)
            assert caught.value.code == "request_invalid"

    def test_those_that_are_over_are_told_from_the_others(self, store):
        waiting = accept_one(store, new_job("a", tenant="other"))
        done = finish_with(store, begin(store, accept_one(store, new_job("b"))), "b")
        dead = accept_one(store, new_job(None, error_code="corrupt", error_message=""))
        found = store.jobs.over([waiting.id, done.id, dead.id, uuid4()])
        assert sorted(found, key=lambda job: job.state) == [dead, done]
        assert store.jobs.over([]) == []

    def test_counts_backlog_and_waits_say_what_there_is(self, store, clock):
        first = accept_one(store, new_job("a"))
        clock.move(5)
        accept_one(store, new_job("b", priority="high"))
        accept_one(store, new_job("a"))  # follows
        running = begin(store, accept_one(store, new_job("c")))
        accept_one(store, new_job(None, error_code="corrupt", error_message=""))
        assert store.jobs.backlog() == 4
        assert store.jobs.counts() == {
            ("standard", "queued"): 2,
            ("high", "queued"): 1,
            ("standard", "running"): 1,
            ("standard", "dead"): 1,
        }
        assert store.jobs.unfinished(TENANT) == {
            ("standard", "queued"): 2,
            ("high", "queued"): 1,
            ("standard", "running"): 1,
        }
        assert store.jobs.unfinished("other") == {}
        assert store.jobs.oldest_wait_s(TENANT, "standard") == 5.0
        assert store.jobs.oldest_wait_s("other", "standard") == 0.0
        assert store.jobs.oldest_wait_s(TENANT, "high") == 0.0
        assert store.jobs.oldest_wait_s(TENANT, "detail") == 0.0
        finish_with(store, running, "c")
        finish_with(store, begin(store, first), "a")
        assert store.jobs.backlog() == 1
