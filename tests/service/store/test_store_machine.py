"""Whatever happens in whatever order: no job is lost, none is done twice, nobody waits for ever."""

from __future__ import annotations

import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from service.store.conftest import empty_tables
from service.store.store_examples import (
    LEASE_S,
    RETRY_FIRST_S,
    RETRY_MOST_S,
    SHADOW_WORK,
    TENANT,
    WORK,
    HandClock,
    erase,
    new_job,
    new_result,
    picture,
)
from studio_detector.errors import RequestError
from studio_detector.service.store import NewBatch, Spared, open_store
from studio_detector.service.store.erasing import EVER
from studio_detector.service.store.placing import work_key
from studio_detector.service.store.tables import (
    batches,
    deliveries,
    feedback,
    in_flight,
    jobs,
    pictures,
    results,
    subjects,
)

PICTURES = ("a", "b", "c")
OVER = {"done", "dead", "cancelled"}
SUBJECT = "s" * 64
numbers = st.integers(0, 1_000_000)
shown = st.one_of(st.none(), st.sampled_from(PICTURES))


class StoreMachine(RuleBasedStateMachine):
    """Does to a store what senders, workers, sweepers, people and clocks do."""

    url = None

    def __init__(self):
        super().__init__()
        self.clock = HandClock()
        self.store = open_store(
            self.fresh_url(),
            clock=self.clock,
            lease_s=LEASE_S,
            retry_first_s=RETRY_FIRST_S,
            retry_most_s=RETRY_MOST_S,
        )
        self.accepted = set()
        self.tries = []  # every lease ever given: job as claimed
        self.ends = Counter()  # (job, state) -> ends seen; callbacks must be as many

    def fresh_url(self):
        raise NotImplementedError

    @rule(
        what=shown,
        priority=st.sampled_from(["standard", "high"]),
        is_shadow=st.booleans(),
        near=st.booleans(),
        tries=st.integers(1, 3),
    )
    def post(self, what, priority, is_shadow, near, tries):
        job = new_job(
            what,
            priority=priority,
            near_duplicates=near,
            max_attempts=tries,
            callback_url="https://ours.example",
            work=SHADOW_WORK if is_shadow else WORK,
            shadow_of=uuid4() if is_shadow else None,
            subject=SUBJECT if near else None,
        )
        self.store.jobs.accept([job])
        self.accepted.add(job.id)

    @rule(what=st.lists(shown, min_size=1, max_size=5), broken=st.booleans())
    def post_batch(self, what, broken):
        batch = NewBatch(id=uuid4(), tenant=TENANT, callback_url="https://ours.example")
        new = [
            new_job(name, batch_id=batch.id, position=position)
            for position, name in enumerate(what)
        ]
        if broken:
            code = {"error_code": "corrupt", "error_message": "damaged"}
            new.append(new_job(None, batch_id=batch.id, position=len(new), **code))
        self.store.jobs.accept(new, batch=batch)
        self.accepted.update(job.id for job in new)

    @rule(number=numbers, owner=st.sampled_from(["one", "two"]))
    def claim(self, number, owner):
        waiting = self.store.jobs.unsent(100)
        if waiting:
            job_id, _ = waiting[number % len(waiting)]
            self.store.jobs.sent([job_id])
            claimed = self.store.jobs.claim(job_id, owner)
            assert claimed is not None
            self.tries.append(claimed)

    @rule(number=numbers, owner=st.sampled_from(["one", "two"]))
    def claim_by_a_wandering_message(self, number, owner):
        """Messages come twice, late, and for jobs that follow or are over."""
        if self.accepted:
            known = sorted(self.accepted)
            claimed = self.store.jobs.claim(known[number % len(known)], owner)
            if claimed is not None:
                self.tries.append(claimed)

    @rule(most=st.integers(2, 5), owner=st.sampled_from(["one", "two"]))
    def claim_some(self, most, owner):
        waiting = [job_id for job_id, _ in self.store.jobs.unsent(most)]
        self.store.jobs.sent(waiting)
        if waiting:
            self.tries.extend(self.store.jobs.claim_new(waiting, owner))

    @rule(some=st.lists(numbers, min_size=2, max_size=5))
    def finish_some(self, some):
        """Tries end well together, unless one of them lost its lease."""
        tries = [job for number in some if (job := self.try_(number)) is not None]
        ending = {job.id: job for job in tries if job.image_hash is not None}
        if not ending:
            return
        ends = [
            (job.id, job.lease_token, new_result(self.name_of(job), **self.kind_of(job)))
            for job in ending.values()
        ]
        hold = all(map(self.holds, ending.values()))
        done = self.store.jobs.finish_all(ends)
        assert (done is not None) == hold

    @rule(number=numbers, what=st.sampled_from(PICTURES), near=st.booleans())
    def finish(self, number, what, near):
        """A try ends well: the newest or one whose lease was lost long ago."""
        job = self.try_(number)
        if job is None:
            return
        name = what if job.image_hash is None else self.name_of(job)
        if job.image_hash is None:
            learnt = self.store.jobs.learn_hash(job.id, job.lease_token, picture(name))
            if learnt != "work":
                return
        alike = self.store.results.find(TENANT).items
        if near and job.near_duplicates and alike:
            found, answer = alike[0].id, "near_duplicate"
        else:
            found = new_result(name, **self.kind_of(job))
            answer = "analysed"
        holds = self.holds(job)
        done = self.store.jobs.finish(job.id, job.lease_token, found, answer)
        assert (done is not None) == holds

    @rule(number=numbers, is_passing=st.booleans())
    def fail(self, number, is_passing):
        job = self.try_(number)
        if job is not None:
            holds = self.holds(job)
            failed = self.store.jobs.fail(
                job.id, job.lease_token, "fetch_failed", "no", is_passing=is_passing
            )
            assert (failed is not None) == holds

    @rule(number=numbers)
    def hand_on(self, number):
        job = self.try_(number)
        if job is not None and job.image_hash is not None and job.queue != "detail":
            self.store.jobs.hand_on(job.id, job.lease_token, queue="detail", partial={"x": 1})

    @rule(number=numbers, what=st.sampled_from(PICTURES))
    def learn_another_picture(self, number, what):
        job = self.try_(number)
        if job is not None and job.image_url is not None:
            self.store.jobs.learn_hash(job.id, job.lease_token, picture(what))

    @rule(number=numbers)
    def cancel(self, number):
        self.people(self.store.jobs.cancel, number)

    @rule(number=numbers)
    def retry(self, number):
        self.people(self.store.jobs.retry, number)

    @rule(number=numbers, back_s=st.sampled_from([0.0, 0.0, 4.0, 3000.0]))
    def erase_a_job(self, number, back_s):
        if self.accepted:
            known = sorted(self.accepted)
            self.erase("job", known[number % len(known)], back_s)

    @rule(what=st.sampled_from(PICTURES), back_s=st.sampled_from([0.0, 0.0, 4.0, 3000.0]))
    def erase_a_picture(self, what, back_s):
        self.erase("picture", what, back_s)

    @rule(back_s=st.sampled_from([0.0, 0.0, 4.0, 3000.0]))
    def erase_a_subject(self, back_s):
        self.erase("subject", SUBJECT, back_s)

    @rule(back_s=st.sampled_from([0.0, 4.0, 3000.0]))
    def erase_everything(self, back_s):
        self.erase("tenant", "", back_s)

    @rule(age_s=st.sampled_from([1.0, 3000.0]))
    def forget_what_is_old(self, age_s):
        self.gone(self.store.erasures.expire(self.clock.now - timedelta(seconds=age_s)))

    @rule(age_s=st.sampled_from([1.0, 3000.0]), failed_s=st.sampled_from([0.0, 3000.0]))
    def throw_away_pictures(self, age_s, failed_s):
        before = self.clock.now - timedelta(seconds=age_s)
        since = self.clock.now - timedelta(seconds=failed_s)
        spared = Spared(since=since, faults={"corrupt"})
        wanted = {
            row.image_hash
            for row in self.rows(jobs)
            if row.state not in OVER
            or (row.state == "dead" and row.error_code != "corrupt" and row.finished_at >= since)
        }
        for tenant, image_hash in self.store.pictures.unneeded(before, spared=spared):
            assert image_hash not in wanted
            self.store.pictures.forget(
                tenant, image_hash, before=before, delete=lambda: None, spared=spared
            )

    @rule(age_s=st.sampled_from([1.0, 3000.0]), state=st.sampled_from(sorted(OVER)))
    def purge(self, age_s, state):
        self.store.jobs.purge(state, age_s)
        self.accepted = {row.id for row in self.rows(jobs)} & self.accepted

    def erase(self, kind, thing, back_s):
        """Erase all of it, or repeat an erasure of so many seconds ago."""
        before = {} if back_s == 0.0 else {"before": self.clock.now - timedelta(seconds=back_s)}
        older = {row.id for row in self.rows(jobs) if row.created_at <= before.get("before", EVER)}
        gone = self.gone(erase(self.store, kind, thing, **before))
        assert gone <= older
        if kind == "tenant":
            assert gone == older

    def gone(self, parts):
        gone = {job.id for part in parts for job in part.jobs}
        assert gone <= self.accepted
        self.accepted -= gone
        return gone

    @rule(seconds=st.sampled_from([0.5, 5.0, LEASE_S + 1, 3600.0, -3600.0]))
    def time_passes(self, seconds):
        self.clock.move(seconds)

    @rule()
    def sweep(self):
        self.store.jobs.expire()

    @rule(owner=st.sampled_from(["one", "two"]))
    def renew(self, owner):
        self.store.jobs.renew(owner)

    @rule(owner=st.sampled_from(["one", "two"]))
    def drain(self, owner):
        self.store.jobs.release(owner)

    @rule()
    def restart(self):
        self.store.jobs.reset_running()

    def people(self, act, number):
        """Let somebody do something to some job; its id if it was allowed."""
        if not self.accepted:
            return None
        known = sorted(self.accepted)
        job_id = known[number % len(known)]
        try:
            act(TENANT, job_id)
        except RequestError as error:
            assert error.code == "state_conflict"  # noqa: PT017 - it may be allowed as well
            return None
        return job_id

    def try_(self, number):
        """Some try: mostly one that runs, now and then one that is long over."""
        if not self.tries:
            return None
        running = [job for job in self.tries if self.holds(job)]
        if running and number % 5:
            job_id = running[number % len(running)].id
            return self.store.jobs.get(TENANT, job_id)
        return self.tries[number % len(self.tries)]

    def holds(self, job):
        if job.id not in self.accepted:
            return False
        return self.store.jobs.get(TENANT, job.id).lease_token == job.lease_token

    def kind_of(self, job):
        return {"work": job.work, "is_shadow": job.shadow_of is not None}

    def name_of(self, job):
        return next(name for name in PICTURES if picture(name) == job.image_hash)

    def rows(self, table):
        return self.store._db.read(lambda tx: tx.execute(select(table)).all())

    @invariant()
    def no_job_is_lost_and_each_is_in_order(self):
        found = {row.id: row for row in self.rows(jobs)}
        assert set(found) == self.accepted
        for row in found.values():
            assert (row.state == "running") == (row.lease_token is not None)
            assert (row.state in OVER) == (row.finished_at is not None)
            # What was answered by a picture that looks alike may have lost its answer.
            if row.answer != "near_duplicate":
                assert (row.state == "done") == (row.result_id is not None)
            assert (row.state == "done") == (row.answer is not None)
            assert (row.state in {"dead", "cancelled"}) <= (row.error_code is not None)
            assert row.attempts <= row.max_attempts

    @invariant()
    def each_piece_of_work_has_one_leader_and_followers_follow_it(self):
        found = {row.id: row for row in self.rows(jobs)}
        leaders = {
            row.id: work_key(row.tenant, row.image_hash, row.variant, row.pipeline_version)
            for row in found.values()
            if row.state not in OVER and row.leader_id is None and row.image_hash is not None
        }
        held = {row.job_id: row.work_key for row in self.rows(in_flight)}
        assert held == leaders
        assert len(set(leaders.values())) == len(leaders)
        for row in found.values():
            if row.leader_id is not None:
                key = work_key(row.tenant, row.image_hash, row.variant, row.pipeline_version)
                assert leaders[row.leader_id] == key

    @invariant()
    def no_result_is_stored_twice_and_each_answers_its_own_picture(self):
        stored = {row.id: row for row in self.rows(results)}
        works = Counter((r.image_hash, r.variant, r.pipeline_version) for r in stored.values())
        assert set(works.values()) <= {1}
        for row in self.rows(jobs):
            if row.state == "done" and row.result_id is not None:
                result = stored[row.result_id]
                assert row.shadow_of is not None or not result.is_shadow
                if row.answer == "near_duplicate":
                    assert row.near_duplicates
                else:
                    assert result.image_hash == row.image_hash
                    assert result.variant == row.variant

    @invariant()
    def batches_count_right_and_every_end_is_told_once(self):
        found = self.rows(jobs)
        for batch in self.rows(batches):
            mine = [row for row in found if row.batch_id == batch.id]
            assert batch.unfinished == sum(row.state not in OVER for row in mine)
            assert (batch.unfinished == 0) == (batch.finished_at is not None)
        told = Counter()
        for row in self.rows(deliveries):
            if row.job_id is not None:
                told[row.job_id, row.event] += 1
        for row in found:
            if row.callback_url is None:
                continue
            if row.state in {"done", "dead"} and row.answer != "near_duplicate":
                assert told[row.id, f"job.{row.state}"] >= 1
            if row.state in {"queued", "running"}:
                # It may have ended before somebody retried it, never with a result.
                assert told[row.id, "job.done"] == 0
            assert told[row.id, "job.done"] <= 1

    @invariant()
    def nothing_hangs_in_the_air(self):
        """What belongs to a job, a result or a picture goes with it."""
        its_jobs = {row.id: row for row in self.rows(jobs)}
        stored = self.rows(results)
        pictures_left = {row.image_hash for row in (*stored, *self.rows(pictures))}
        pictures_left |= {row.image_hash for row in its_jobs.values()}
        for row in self.rows(deliveries):
            assert row.job_id is None or row.job_id in its_jobs
        for row in self.rows(subjects):
            assert row.job_id in its_jobs or row.image_hash in pictures_left
        assert {row.result_id for row in self.rows(feedback)} <= {row.id for row in stored}
        for row in self.rows(batches):
            assert any(job.batch_id == row.id for job in its_jobs.values())

    def teardown(self):
        """Once everybody does what they should, everything ends."""
        for _ in range(200):
            if self.store.jobs.backlog() == 0:
                break
            self.clock.move(RETRY_MOST_S + 1)
            self.store.jobs.expire()
            for job_id, _ in self.store.jobs.unsent(1000):
                job = self.store.jobs.claim(job_id, "last")
                if job.image_hash is None:
                    if self.store.jobs.learn_hash(job.id, job.lease_token, picture("z")) != "work":
                        continue
                    result = new_result("z", work=job.work)
                else:
                    result = new_result("z", work=job.work, image_hash=job.image_hash)
                assert self.store.jobs.finish(job.id, job.lease_token, result, "analysed")
            # Messages that the broker lost are found by their age.
            for job_id in self.store.jobs.stale("standard", 20.0, 1000):
                assert job_id in self.accepted
            for queue in ("high", "standard", "detail"):
                for job_id in self.store.jobs.stale(queue, 20.0, 1000):
                    running = self.store.jobs.claim(job_id, "last")
                    if running is not None:
                        self.store.jobs.release("last")
        assert self.store.jobs.backlog() == 0
        assert self.rows(in_flight) == []
        self.no_job_is_lost_and_each_is_in_order()
        self.no_result_is_stored_twice_and_each_answers_its_own_picture()
        self.batches_count_right_and_every_end_is_told_once()
        self.store.close()


@pytest.mark.slow
def test_any_order_on_sqlite():
    """Files in a folder of this test, one for each run of the machine."""
    with tempfile.TemporaryDirectory() as folder:

        class Machine(StoreMachine):
            def fresh_url(self):
                return f"sqlite:///{Path(folder) / uuid4().hex}"

        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=40,
                stateful_step_count=40,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )


@pytest.mark.services
@pytest.mark.slow
def test_any_order_on_postgres(postgres_url):
    """One database, emptied before each run of the machine."""

    class Machine(StoreMachine):
        def fresh_url(self):
            empty_tables(postgres_url)
            return postgres_url

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=10,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
