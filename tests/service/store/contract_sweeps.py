"""What the store promises about jobs that were left lying, and about clocks that jump."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import delete, update

from service.store.store_examples import (
    LEASE_S,
    RETRY_MOST_S,
    SHADOW_WORK,
    TENANT,
    accept_one,
    begin,
    finish_with,
    new_job,
    new_result,
    picture,
    state_of,
)
from studio_detector.service.store.tables import in_flight, jobs

HOUR_S = 3600.0


class SweepsContract:
    """Leases, messages, clocks and pictures."""

    def test_a_job_without_a_message_is_found_until_one_is_sent(self, store):
        job = accept_one(store, new_job("a"))
        assert store.jobs.unsent(10) == [(job.id, "standard")]
        store.jobs.sent([job.id])
        assert store.jobs.unsent(10) == []
        store.jobs.sent([])

    def test_who_sends_messages_at_once_says_so_and_tells_if_it_could_not(self, store, clock):
        leader, follower, other = store.jobs.accept(
            [new_job("a"), new_job("a"), new_job("b")], sends=True
        )
        assert store.jobs.unsent(10) == []
        clock.move(21)  # it died before it sent them
        assert set(store.jobs.stale("standard", 20.0, 10)) == {leader.id, other.id}
        store.jobs.not_sent([leader.id])
        store.jobs.not_sent([])
        assert store.jobs.unsent(10) == [(leader.id, "standard")]
        assert store.jobs.stale("standard", 20.0, 10) == [other.id]
        # Whoever inherits has had no message.
        store.jobs.cancel(TENANT, leader.id)
        assert store.jobs.unsent(10) == [(follower.id, "standard")]

    def test_who_is_in_a_hurry_comes_first_and_no_queue_starves(self, store, clock):
        standard = [accept_one(store, new_job(number)) for number in range(4)]
        handed = begin(store, accept_one(store, new_job("d")))
        store.jobs.hand_on(handed.id, handed.lease_token, queue="detail", partial={})
        clock.move(1)
        high = accept_one(store, new_job("h", priority="high"))
        found = store.jobs.unsent(3)
        assert [queue for _, queue in found] == ["high", "detail", "standard"]
        assert found[0][0] == high.id
        assert found[2][0] in {job.id for job in standard}
        assert len(store.jobs.unsent(100)) == 6

    def test_a_message_that_may_be_lost_is_found_by_its_age(self, store, clock):
        job = accept_one(store, new_job("a"))
        store.jobs.sent([job.id])
        assert store.jobs.stale("standard", 20.0, 10) == []
        clock.move(21)
        assert store.jobs.stale("standard", 20.0, 10) == [job.id]
        assert store.jobs.stale("high", 20.0, 10) == []
        store.jobs.sent([job.id])
        assert store.jobs.stale("standard", 20.0, 10) == []
        begin(store, job)
        clock.move(21)
        assert store.jobs.stale("standard", 20.0, 10) == []

    def test_a_job_that_failed_before_its_message_was_noted_is_not_forgotten(self, store, clock):
        """A worker can be faster than the sender, who notes the message only afterwards."""
        job = accept_one(store, new_job("a"))
        running = begin(store, job)
        store.jobs.fail(job.id, running.lease_token, "fetch_failed", "", is_passing=True)
        store.jobs.sent([job.id])
        clock.move(2)
        assert store.jobs.unsent(10) == [(job.id, "standard")]

    def test_a_worker_that_gives_a_sign_keeps_its_jobs(self, store, clock):
        mine = begin(store, accept_one(store, new_job("a")), "mine")
        other = begin(store, accept_one(store, new_job("b")), "other")
        clock.move(LEASE_S - 1)
        assert store.jobs.renew("mine") == 1
        clock.move(2)
        assert [job.id for job in store.jobs.expire()] == [other.id]
        assert state_of(store, mine) == "running"

    def test_a_job_of_a_silent_worker_is_queued_again_and_its_late_result_refused(
        self, store, clock
    ):
        job = accept_one(store, new_job("a"))
        store.jobs.sent([job.id])
        late = begin(store, job)
        clock.move(LEASE_S + 1)
        (again,) = store.jobs.expire()
        assert (again.state, again.attempts, again.lease_token) == ("queued", 1, None)
        assert store.jobs.unsent(10) == [(job.id, "standard")]
        second = begin(store, job)
        assert second.attempts == 2
        assert store.jobs.finish(job.id, late.lease_token, new_result("a"), "analysed") is None
        assert finish_with(store, second, "a").state == "done"
        assert store.jobs.expire() == []

    def test_a_job_that_kills_its_workers_is_dead_in_the_end(self, store, clock):
        job = accept_one(store, new_job("a", max_attempts=3))
        follower = accept_one(store, new_job("a"))
        for _ in range(3):
            begin(store, job)
            clock.move(LEASE_S + 1)
            store.jobs.expire()
        dead = store.jobs.get(TENANT, job.id)
        assert (dead.state, dead.error_code) == ("dead", "attempts_exhausted")
        assert "retry" in dead.error_message
        assert store.jobs.get(TENANT, follower.id).error_code == "attempts_exhausted"

    def test_a_worker_that_stops_gives_its_jobs_back_with_their_attempts(self, store):
        mine = begin(store, accept_one(store, new_job("a")), "mine")
        other = begin(store, accept_one(store, new_job("b")), "other")
        (given,) = store.jobs.release("mine")
        assert (given.id, given.state, given.attempts) == (mine.id, "queued", 0)
        assert store.jobs.unsent(10) == [(mine.id, "standard")]
        assert state_of(store, other) == "running"

    def test_a_service_that_was_killed_takes_its_jobs_up_again(self, store):
        running = begin(store, accept_one(store, new_job("a")))
        last = begin(store, accept_one(store, new_job("b", max_attempts=1)))
        sent = accept_one(store, new_job("c"))
        store.jobs.sent([sent.id])
        assert store.jobs.reset_running() == 2
        assert {job_id for job_id, _ in store.jobs.unsent(10)} == {running.id, sent.id}
        assert store.jobs.get(TENANT, running.id).attempts == 1
        assert store.jobs.get(TENANT, last.id).error_code == "attempts_exhausted"
        assert store.jobs.reset_running() == 0

    def test_a_clock_set_back_by_an_hour_holds_no_job_up_for_an_hour(self, store, clock):
        silent = begin(store, accept_one(store, new_job("a")), "silent")
        failed = begin(store, accept_one(store, new_job("b")))
        store.jobs.fail(
            failed.id,
            failed.lease_token,
            "fetch_failed",
            "",
            is_passing=True,
            retry_after_s=RETRY_MOST_S,
        )
        sent = accept_one(store, new_job("c"))
        store.jobs.sent([sent.id])
        clock.move(-HOUR_S)
        assert store.jobs.expire() == []
        assert store.jobs.stale("standard", 20.0, 10) == [sent.id]
        clock.move(LEASE_S + 1)
        assert [job.id for job in store.jobs.expire()] == [silent.id]
        clock.move(RETRY_MOST_S)
        assert failed.id in {job_id for job_id, _ in store.jobs.unsent(10)}

    def test_a_clock_set_forward_by_an_hour_costs_a_try_and_no_job(self, store, clock):
        early = begin(store, accept_one(store, new_job("a")))
        clock.move(HOUR_S)
        assert [job.id for job in store.jobs.expire()] == [early.id]
        again = begin(store, early)
        assert store.jobs.finish(early.id, early.lease_token, new_result("a"), "analysed") is None
        assert finish_with(store, again, "a").state == "done"
        assert len(store.results.find(TENANT).items) == 1

    def test_a_heartbeat_before_the_sweep_makes_a_jump_harmless(self, store, clock):
        running = begin(store, accept_one(store, new_job("a")), "mine")
        clock.move(HOUR_S)
        store.jobs.renew("mine")
        assert store.jobs.expire() == []
        assert finish_with(store, running, "a").attempts == 1

    def test_a_follower_whose_leader_is_gone_leads(self, store):
        """No transaction leaves one behind; a restored backup may."""
        leader = accept_one(store, new_job("a"))
        followers = {accept_one(store, new_job("a")).id for _ in range(3)}
        store._db.write(lambda tx: tx.execute(delete(jobs).where(jobs.c.id == leader.id)))
        store.jobs.expire()
        found = [store.jobs.get(TENANT, follower) for follower in followers]
        (heir,) = [job for job in found if job.leader_id is None]
        assert {job.leader_id for job in found} == {None, heir.id}
        finish_with(store, begin(store, heir), "a")
        assert {state_of(store, job) for job in found} == {"done"}

    def test_a_follower_whose_leader_is_over_shares_its_result(self, store):
        leader = accept_one(store, new_job("a"))
        follower = accept_one(store, new_job("a"))
        result = store.results.add(new_result("a"))

        def restore(tx):
            tx.execute(update(jobs).where(jobs.c.id == leader.id).values(state="done"))
            tx.execute(delete(in_flight))

        store._db.write(restore)
        (adopted,) = store.jobs.expire()
        assert (adopted.id, adopted.state, adopted.answer) == (follower.id, "done", "shared")
        assert adopted.result_id == result.id

    def test_a_picture_is_needed_until_its_last_job_is_over_for_long_enough(self, store, clock):
        key = (TENANT, picture("a"))
        running = begin(store, accept_one(store, new_job("a")))
        clock.move(10 * HOUR_S)
        assert store.pictures.unneeded(clock.now) == []
        store.jobs.renew("worker")
        finish_with(store, running, "a")
        clock.move(HOUR_S)
        assert store.pictures.unneeded(clock.now - timedelta(hours=2)) == []
        assert store.pictures.unneeded(clock.now - timedelta(minutes=30)) == [key]
        accept_one(store, new_job("a", work=new_job("a").work))
        assert store.pictures.unneeded(clock.now - timedelta(minutes=30)) == []

    def test_a_picture_that_has_just_come_is_not_thrown_away_before_its_job(self, store, clock):
        store.pictures.need([(TENANT, picture("a"))])
        clock.move(60)
        assert store.pictures.unneeded(clock.now) == []
        clock.move(600)
        assert store.pictures.unneeded(clock.now) == [(TENANT, picture("a"))]

    def test_a_picture_stays_while_its_request_says_that_more_is_to_come(self, store, clock):
        key = (TENANT, picture("a"))
        store.pictures.need([key])
        for _ in range(10):
            clock.move(200)
            store.pictures.still_need([key])
            assert store.pictures.unneeded(clock.now) == []
        store.pictures.still_need([])
        running = begin(store, accept_one(store, new_job("a")))
        finish_with(store, running, "a")
        clock.move(0.001)
        assert store.pictures.unneeded(clock.now) == [key]

    def test_pictures_of_a_request_that_came_to_nothing_go_at_once(self, store, clock):
        """But for those that a job has, or another request is bringing."""
        ours, shared, wanted = ((TENANT, picture(name)) for name in "abc")
        store.pictures.need([ours, shared, wanted])
        store.pictures.need([shared])
        accept_one(store, new_job("c"))
        store.pictures.give_up([ours, shared, wanted])
        long_ago = clock.now - timedelta(days=1)
        assert store.pictures.unneeded(long_ago) == [ours]
        store.pictures.give_up([shared])
        assert sorted(store.pictures.unneeded(long_ago)) == sorted([ours, shared])
        store.pictures.give_up([])

    def test_a_picture_is_not_needed_from_the_moment_its_last_job_is_over(self, store, clock):
        store.pictures.need([(TENANT, picture("a"))])
        running = begin(store, accept_one(store, new_job("a")))
        finish_with(store, running, "a")
        clock.move(0.001)
        assert store.pictures.unneeded(clock.now) == [(TENANT, picture("a"))]

    def test_another_request_with_the_same_picture_keeps_it_until_its_own_jobs_are_over(
        self, store, clock
    ):
        """A slow one, whose picture came first and whose job comes last."""
        for _ in range(2):
            store.pictures.need([(TENANT, picture("a"))])
        running = begin(store, accept_one(store, new_job("a")))
        finish_with(store, running, "a")
        clock.move(60)
        assert store.pictures.unneeded(clock.now) == []
        slow = begin(store, accept_one(store, new_job("a", work=SHADOW_WORK)))
        clock.move(60)
        assert store.pictures.unneeded(clock.now) == []
        finish_with(store, slow, "a", work=SHADOW_WORK)
        clock.move(0.001)
        assert store.pictures.unneeded(clock.now) == [(TENANT, picture("a"))]

    def test_who_tries_again_takes_nobody_elses_picture_away(self, store, clock):
        """A job that is tried again has brought no picture."""
        dead = begin(store, accept_one(store, new_job("a")))
        store.jobs.fail(dead.id, dead.lease_token, "corrupt", "", is_passing=False)
        store.pictures.need([(TENANT, picture("a"))])
        again = begin(store, store.jobs.retry(TENANT, dead.id))
        store.jobs.fail(again.id, again.lease_token, "corrupt", "", is_passing=False)
        clock.move(60)
        assert store.pictures.unneeded(clock.now) == []

    def test_a_fetched_picture_is_not_needed_once_its_job_is_over(self, store, clock):
        job = begin(store, accept_one(store, new_job()))
        store.pictures.need([(TENANT, picture("a"))])
        assert store.jobs.learn_hash(job.id, job.lease_token, picture("a")) == "work"
        finish_with(store, job, "a")
        clock.move(0.001)
        assert store.pictures.unneeded(clock.now) == [(TENANT, picture("a"))]

    def test_a_picture_is_forgotten_with_its_bytes(self, store, clock):
        store.pictures.need([(TENANT, picture("a"))])
        clock.move(HOUR_S)
        deleted = []

        def forget():
            return store.pictures.forget(
                TENANT, picture("a"), before=clock.now, delete=lambda: deleted.append(1)
            )

        assert forget()
        assert not forget()
        assert deleted == [1]
        assert store.pictures.unneeded(clock.now) == []

    def test_a_picture_whose_bytes_cannot_be_deleted_is_tried_again(self, store, clock):
        store.pictures.need([(TENANT, picture("a"))])
        clock.move(HOUR_S)

        def fail():
            raise OSError("away")

        with pytest.raises(OSError, match="away"):
            store.pictures.forget(TENANT, picture("a"), before=clock.now, delete=fail)
        assert store.pictures.unneeded(clock.now) == [(TENANT, picture("a"))]

    def test_a_picture_that_somebody_wants_by_now_is_kept(self, store, clock):
        store.pictures.need([(TENANT, picture("a"))])
        clock.move(HOUR_S)
        (found,) = store.pictures.unneeded(clock.now)
        accept_one(store, new_job("a"))
        deleted = []
        assert not store.pictures.forget(*found, before=clock.now, delete=lambda: deleted.append(1))
        assert deleted == []

    def test_an_unknown_picture_is_not_forgotten(self, store, clock):
        assert not store.pictures.forget(TENANT, uuid4().hex, before=clock.now, delete=lambda: None)
