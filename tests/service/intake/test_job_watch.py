"""Waiting for jobs: told at once by this process, found out of others, never for ever."""

from __future__ import annotations

import asyncio
import threading
import time
from uuid import uuid4

import pytest

from service.store.store_examples import accept_one, begin, erase, finish_with, new_job
from studio_detector.errors import BusyError, RequestError
from studio_detector.service.intake import watch as watching
from studio_detector.service.intake.watch import JobWatch

LONG_S = 30.0


@pytest.fixture
def store(open_fresh):
    return open_fresh()


class Asked:
    """The jobs of a store; notes what is asked, and is silent or away when told to.

    Attributes:
        overs: What each question for jobs that are over named.
        under_way: Such questions that are not answered yet.
        at_once: Most of them at the same time.
        is_silent: Whether nothing is ever over, so that only being told helps.
        absences: So many questions fail.
        after_get: Called once after a job was read, before it is given.
        after_over: Called once after it was found which jobs are over, before they are given.
    """

    def __init__(self, store, *, is_silent=False, absences=0):
        self._jobs = store.jobs
        self.under_way = 0
        self.overs = []
        self.at_once = 0
        self.is_silent = is_silent
        self.absences = absences
        self.after_get = None
        self.after_over = None

    @property
    def jobs(self):
        return self

    def get(self, tenant, job_id):
        job = self._jobs.get(tenant, job_id)
        then, self.after_get = self.after_get, None
        if then is not None:
            then()
        return job

    def over(self, job_ids):
        self.under_way += 1
        self.overs.append(list(job_ids))
        self.at_once = max(self.at_once, self.under_way)
        try:
            if self.absences:
                self.absences -= 1
                raise BusyError("away", code="store_unavailable")
            found = [] if self.is_silent else self._jobs.over(job_ids)
            then, self.after_over = self.after_over, None
            if then is not None:
                then()
            return found
        finally:
            self.under_way -= 1


async def until(is_so):
    """Let others go on until something is so."""
    end = time.monotonic() + LONG_S
    while not is_so():
        assert time.monotonic() < end
        await asyncio.sleep(0.005)


async def nobody_waits():
    """Until the task that asks has ended by itself."""
    await until(lambda: asyncio.all_tasks() == {asyncio.current_task()})


class TestBeingTold:
    def test_it_wakes_at_once(self, store):
        """Though the store would never say so."""
        asked = Asked(store, is_silent=True)
        watch = JobWatch(asked)
        job = accept_one(store, new_job("a"))

        async def scene():
            waiting = asyncio.create_task(watch.wait("default", job.id, LONG_S))
            await until(lambda: asked.overs)
            done = finish_with(store, begin(store, job), "a")
            await asyncio.to_thread(watch.notify, done)
            assert done == await waiting
            await nobody_waits()

        asyncio.run(scene())

    def test_followers_are_found_when_their_leader_is_told_of(self, store):
        """Each with its own job."""
        asked = Asked(store)
        watch = JobWatch(asked)
        leader, *followers = (accept_one(store, new_job("a")) for _ in range(4))

        async def scene():
            waiting = [
                asyncio.create_task(watch.wait("default", job.id, LONG_S)) for job in followers
            ]
            await until(lambda: asked.overs)
            watch.notify(finish_with(store, begin(store, leader), "a"))
            return await asyncio.gather(*waiting)

        told = asyncio.run(scene())

        assert [job.id for job in followers] == [job.id for job in told]
        assert {("done", "shared")} == {(job.state, job.answer) for job in told}

    def test_several_who_wait_for_one_job_are_all_told(self, store):
        """From another thread."""
        asked = Asked(store, is_silent=True)
        watch = JobWatch(asked)
        job = accept_one(store, new_job("a"))

        async def scene():
            waiting = [
                asyncio.create_task(watch.wait("default", job.id, LONG_S)) for _ in range(20)
            ]
            await until(lambda: asked.overs)
            done = finish_with(store, begin(store, job), "a")
            thread = threading.Thread(target=watch.notify, args=(done,))
            thread.start()
            thread.join()
            return await asyncio.gather(*waiting)

        assert {"done"} == {job.state for job in asyncio.run(scene())}

    def test_an_end_right_after_the_first_look_is_not_missed(self, store):
        """It falls between what was read and the waiting."""
        asked = Asked(store, is_silent=True)
        watch = JobWatch(asked)
        job = accept_one(store, new_job("a"))
        asked.after_get = lambda: watch.notify(finish_with(store, begin(store, job), "a"))

        found = asyncio.run(watch.wait("default", job.id, LONG_S))

        assert "done" == found.state

    def test_a_result_is_handed_to_who_waits_and_held_for_nobody_else(self, store):
        """A thousand ends are remembered, and their results would be much."""
        watch = JobWatch(Asked(store, is_silent=True))
        job = accept_one(store, new_job("a"))

        async def scene():
            waiting = asyncio.create_task(watch.wait("default", job.id, LONG_S, known=job))
            await asyncio.sleep(0)
            watch.notify(finish_with(store, begin(store, job), "a"))
            told = await waiting
            return told, await watch.wait("default", job.id, LONG_S, known=job)

        told, late = asyncio.run(scene())

        assert told.result == store.results.get("default", told.result_id)
        assert ("done", None) == (late.state, late.result)

    def test_to_tell_where_nobody_waits_is_harmless(self, store):
        """Before anybody did, for another job, and after the loop has gone."""
        asked = Asked(store)
        watch = JobWatch(asked)
        done = finish_with(store, begin(store, accept_one(store, new_job("a"))), "a")
        other = accept_one(store, new_job("b"))

        watch.notify(done)

        async def scene():
            waiting = asyncio.create_task(watch.wait("default", other.id, LONG_S))
            await until(lambda: asked.overs)
            watch.notify(done)
            finish_with(store, begin(store, other), "b")
            return await waiting

        assert other.id == asyncio.run(scene()).id
        watch.notify(done)

    def test_a_new_event_loop_is_served_like_the_first(self, store):
        """As after a restart of the server in the same process."""
        asked = Asked(store, is_silent=True)
        watch = JobWatch(asked)

        async def scene(name):
            job = accept_one(store, new_job(name))
            waiting = asyncio.create_task(watch.wait("default", job.id, LONG_S))
            asked.overs.clear()
            await until(lambda: asked.overs)
            watch.notify(finish_with(store, begin(store, job), name))
            return (await waiting).state

        assert ["done", "done"] == [asyncio.run(scene(name)) for name in "ab"]


class TestFindingOut:
    def test_an_end_by_another_process_is_found(self, store):
        """Nobody tells."""
        asked = Asked(store)
        watch = JobWatch(asked)
        job = accept_one(store, new_job("a"))

        async def scene():
            waiting = asyncio.create_task(watch.wait("default", job.id, LONG_S))
            await until(lambda: len(asked.overs) >= 2)
            done = finish_with(store, begin(store, job), "a")
            assert done == await waiting
            await nobody_waits()

        asyncio.run(scene())

    @pytest.mark.parametrize("state", ["dead", "cancelled"])
    def test_every_end_is_one(self, store, state):
        """Not only a good one."""
        asked = Asked(store)
        watch = JobWatch(asked)
        job = accept_one(store, new_job("a"))

        async def scene():
            waiting = asyncio.create_task(watch.wait("default", job.id, LONG_S))
            await until(lambda: asked.overs)
            if state == "dead":
                running = begin(store, job)
                store.jobs.fail(running.id, running.lease_token, "corrupt", "-", is_passing=False)
            else:
                store.jobs.cancel("default", job.id)
            return await waiting

        assert state == asyncio.run(scene()).state

    def test_many_who_wait_share_one_question(self, store):
        """Never two at a time, and no job twice in one."""
        asked = Asked(store)
        watch = JobWatch(asked)
        jobs = [accept_one(store, new_job(n)) for n in range(40)]

        async def scene():
            waiting = [
                asyncio.create_task(watch.wait("default", job.id, LONG_S))
                for job in jobs
                for _ in range(5)
            ]
            await until(lambda: {job.id for job in jobs} == {i for ids in asked.overs for i in ids})
            for number, job in enumerate(jobs):
                finish_with(store, begin(store, job), number)
            return await asyncio.gather(*waiting)

        found = asyncio.run(scene())

        assert 200 == len(found)
        assert {"done"} == {job.state for job in found}
        assert 1 == asked.at_once
        assert all(len(ids) == len(set(ids)) for ids in asked.overs)
        assert len(asked.overs) < len(found)

    def test_questions_become_rarer(self, store):
        """Who has waited for long can wait a little longer."""
        asked = Asked(store)
        job = accept_one(store, new_job("a"))

        asyncio.run(JobWatch(asked).wait("default", job.id, 1.0))

        assert 2 <= len(asked.overs) <= 30

    def test_a_store_that_is_away_for_a_while_is_asked_again(self, store):
        """Waiting goes on."""
        asked = Asked(store, absences=3)
        watch = JobWatch(asked)
        job = accept_one(store, new_job("a"))

        async def scene():
            waiting = asyncio.create_task(watch.wait("default", job.id, LONG_S))
            await until(lambda: asked.overs)
            finish_with(store, begin(store, job), "a")
            return await waiting

        assert "done" == asyncio.run(scene()).state
        assert 0 == asked.absences


class TestNotWaiting:
    def test_the_job_as_it_is_when_the_time_is_up(self, store):
        """Here it runs by then."""
        asked = Asked(store)
        watch = JobWatch(asked)
        job = accept_one(store, new_job("a"))

        asked.after_get = lambda: begin(store, job)

        async def scene():
            found = await watch.wait("default", job.id, 0.3)
            await nobody_waits()
            return found

        assert "running" == asyncio.run(scene()).state

    @pytest.mark.parametrize("timeout_s", [0.0, -1.0])
    def test_no_time_is_one_look(self, store, timeout_s):
        """Nobody is waited for."""
        asked = Asked(store)
        job = accept_one(store, new_job("a"))

        assert job == asyncio.run(JobWatch(asked).wait("default", job.id, timeout_s))
        assert [] == asked.overs

    def test_a_job_that_is_over_is_given_at_once(self, store):
        """Whatever the time."""
        asked = Asked(store)
        done = finish_with(store, begin(store, accept_one(store, new_job("a"))), "a")

        assert done == asyncio.run(JobWatch(asked).wait("default", done.id, LONG_S))
        assert [] == asked.overs

    @pytest.mark.parametrize("tenant", ["default", "other"])
    def test_an_unknown_job_is_told(self, store, tenant):
        """So is another tenant's, though it ends at that moment."""
        asked = Asked(store)
        watch = JobWatch(asked)
        job_id = uuid4() if tenant == "default" else accept_one(store, new_job("a")).id

        async def scene():
            with pytest.raises(RequestError) as caught:
                await watch.wait(tenant, job_id, LONG_S)
            await nobody_waits()
            return caught.value.code

        assert "job_unknown" == asyncio.run(scene())

    def test_a_job_that_another_process_erased_is_unknown_soon(self, store, monkeypatch):
        """Nobody tells, and it has no end that could be found."""
        monkeypatch.setattr(watching, "_LOOK_EVERY_S", 0.1)
        watch = JobWatch(Asked(store), is_told=True)
        job = accept_one(store, new_job("a"))

        async def scene():
            waiting = asyncio.create_task(watch.wait("default", job.id, LONG_S, known=job))
            await asyncio.sleep(0.25)
            assert not waiting.done()
            erase(store, "job", job.id)
            with pytest.raises(RequestError) as caught:
                await waiting
            await nobody_waits()
            return caught.value.code

        assert "job_unknown" == asyncio.run(scene())

    def test_who_goes_away_is_forgotten(self, store):
        """Nobody asks for them any more; others go on waiting."""
        asked = Asked(store)
        watch = JobWatch(asked)
        job, other = accept_one(store, new_job("a")), accept_one(store, new_job("b"))

        async def scene():
            leaves, stays = (
                asyncio.create_task(watch.wait("default", j.id, LONG_S)) for j in (job, other)
            )
            await until(lambda: any(job.id in ids for ids in asked.overs))
            leaves.cancel()
            await asyncio.gather(leaves, return_exceptions=True)
            asked.overs.clear()
            await until(lambda: asked.overs)
            assert all(job.id not in ids for ids in asked.overs[1:])
            finish_with(store, begin(store, other), "b")
            await stays
            await nobody_waits()

        asyncio.run(scene())


class TestWhereAllWorkIsDoneHere:
    """Every end is told, so that the store is hardly asked."""

    def test_the_store_is_hardly_asked_before_the_end_is_told(self, store):
        asked = Asked(store)
        watch = JobWatch(asked, is_told=True)
        job = accept_one(store, new_job("a"))

        async def scene():
            waiting = asyncio.create_task(watch.wait("default", job.id, LONG_S, known=job))
            await asyncio.sleep(0.05)
            done = finish_with(store, begin(store, job), "a")
            watch.notify(done)
            assert done == await waiting

        asyncio.run(scene())
        # Else it would be five times; on a machine that stalls it may be one.
        assert len(asked.overs) <= 1

    def test_followers_are_asked_for_when_their_leader_is_told_of(self, store):
        """One question for all of them, though none is due."""
        asked = Asked(store)
        watch = JobWatch(asked, is_told=True)
        leader, *followers = (accept_one(store, new_job("a")) for _ in range(4))

        async def scene():
            waiting = [
                asyncio.create_task(watch.wait("default", job.id, LONG_S, known=job))
                for job in followers
            ]
            await until(lambda: asked.overs and not asked.under_way)
            asked.overs.clear()
            watch.notify(finish_with(store, begin(store, leader), "a"))
            return await asyncio.gather(*waiting)

        told = asyncio.run(scene())

        assert {("done", "shared")} == {(job.state, job.answer) for job in told}
        assert {job.id for job in followers} == {i for ids in asked.overs for i in ids}

    def test_one_told_of_while_a_question_is_on_its_way_is_asked_for_again(
        self, store, monkeypatch
    ):
        """The answer may be older than the end."""
        monkeypatch.setattr(watching, "_PAUSE_GROWS", 1000.0)
        monkeypatch.setattr(watching, "_LONGEST_PAUSE_S", 10 * LONG_S)
        asked = Asked(store)
        watch = JobWatch(asked, is_told=True)
        leader, follower = (accept_one(store, new_job("a")) for _ in range(2))
        asked.after_over = lambda: watch.notify(finish_with(store, begin(store, leader), "a"))

        ended = asyncio.run(watch.wait("default", follower.id, LONG_S, known=follower))

        assert "done" == ended.state
        assert 2 == len(asked.overs)

    def test_an_end_before_anybody_waited_is_asked_for_at_once(self, store):
        """A job that was at work already when it was seen."""
        asked = Asked(store)
        watch = JobWatch(asked, is_told=True)
        running = begin(store, accept_one(store, new_job("a")))
        done = finish_with(store, running, "a")

        assert done == asyncio.run(watch.wait("default", running.id, LONG_S, known=running))
        assert 1 == len(asked.overs)

    def test_an_end_by_another_process_is_found_all_the_same(self, store):
        """As that of the command line."""
        asked = Asked(store)
        watch = JobWatch(asked, is_told=True)
        job = accept_one(store, new_job("a"))

        async def scene():
            waiting = asyncio.create_task(watch.wait("default", job.id, LONG_S, known=job))
            await asyncio.sleep(0.02)
            done = finish_with(store, begin(store, job), "a")
            assert done == await waiting
            await nobody_waits()

        asyncio.run(scene())
        assert len(asked.overs) <= 2

    def test_who_follows_a_job_of_another_process_is_not_kept_for_long(self, store, monkeypatch):
        """Two services may share a database, and neither tells the other."""
        monkeypatch.setattr(watching, "_PAUSE_TOLD_S", LONG_S)
        watch = JobWatch(store, is_told=True)
        leader, follower = (accept_one(store, new_job("a")) for _ in range(2))

        async def scene():
            waiting = asyncio.create_task(
                watch.wait("default", follower.id, LONG_S, known=follower)
            )
            await asyncio.sleep(0.05)
            finish_with(store, begin(store, leader), "a")
            return await waiting

        begun_s = time.monotonic()
        assert "done" == asyncio.run(scene()).state
        assert time.monotonic() - begun_s < watching._LOOK_EVERY_S

    def test_a_question_in_vain_is_asked_again_soon(self, store, monkeypatch):
        monkeypatch.setattr(watching, "_PAUSE_TOLD_S", LONG_S)
        asked = Asked(store, absences=1)
        watch = JobWatch(asked, is_told=True)
        running = begin(store, accept_one(store, new_job("a")))
        finish_with(store, running, "a")

        begun_s = time.monotonic()
        ended = asyncio.run(watch.wait("default", running.id, LONG_S, known=running))
        assert "done" == ended.state
        assert time.monotonic() - begun_s < watching._LOOK_EVERY_S
