"""Senders, workers, sweepers and people at once: in the end every job is over, once."""

from __future__ import annotations

import random
from collections import Counter
from uuid import uuid4

import pytest
from sqlalchemy import select

from service.store.store_examples import (
    LEASE_S,
    TENANT,
    at_once,
    new_job,
    new_result,
    picture,
)
from studio_detector.errors import RequestError
from studio_detector.service.store import NewBatch
from studio_detector.service.store.tables import batches, deliveries, in_flight, jobs, results

ROUNDS = 100
OURS = "https://ours.example"


def result_for(job, rng):
    name = rng.choice("abc")
    image_hash = job.image_hash or picture(name)
    return image_hash, new_result(name, image_hash=image_hash)


class Someone:
    """One of many who use a store; each is a thread."""

    def __init__(self, store, clock, number, posted):
        self.clock = clock
        self.store = store
        self.rng = random.Random(number)
        self.owner = f"worker {number}"
        self.posted = posted

    def act(self):
        for _ in range(ROUNDS):
            self.rng.choice((self.post, self.work, self.work, self.meddle, self.sweep))()

    def post(self):
        batch = NewBatch(id=uuid4(), tenant=TENANT, callback_url=OURS)
        new = [
            new_job(
                self.rng.choice([None, "a", "b", "c", "d", "e", self.rng.random()]),
                priority=self.rng.choice(["standard", "high"]),
                near_duplicates=self.rng.random() < 0.3,
                callback_url=OURS,
                batch_id=batch.id,
                position=position,
            )
            for position in range(self.rng.randint(1, 4))
        ]
        self.store.jobs.accept(new, batch=batch)
        self.posted += [job.id for job in new]

    def work(self):
        waiting = self.store.jobs.unsent(50)
        if not waiting:
            return
        job_id, _ = self.rng.choice(waiting)
        self.store.jobs.sent([job_id])
        job = self.store.jobs.claim(job_id, self.owner)
        if job is None:
            return
        token, how = job.lease_token, self.rng.random()
        if how < 0.1:
            return  # it dies
        if how < 0.2:
            self.store.jobs.fail(job.id, token, "x", "", is_passing=how < 0.17)
            return
        image_hash, result = result_for(job, self.rng)
        if (
            job.image_hash is None
            and self.store.jobs.learn_hash(job.id, token, image_hash) != "work"
        ):
            return
        alike = self.store.results.find(TENANT, limit=1).items
        if how < 0.4 and job.near_duplicates and alike:
            self.store.jobs.finish(job.id, token, alike[0].id, "near_duplicate")
        elif how < 0.5 and job.queue != "detail":
            self.store.jobs.hand_on(job.id, token, queue="detail", partial={})
        else:
            self.store.jobs.finish(job.id, token, result, "analysed")

    def meddle(self):
        if not self.posted:
            return
        job_id = self.rng.choice(self.posted)
        act = self.rng.choice([self.store.jobs.cancel, self.store.jobs.retry])
        try:
            act(TENANT, job_id)
        except RequestError as error:
            assert error.code == "state_conflict"  # noqa: PT017 - it may be allowed as well

    def sweep(self):
        self.rng.choice(
            (
                self.store.jobs.expire,
                lambda: self.store.jobs.renew(self.owner),
                lambda: self.store.jobs.release(self.owner),
                lambda: self.store.deliveries.due(5),
                self.store.jobs.backlog,
                lambda: self.clock.move(LEASE_S / 2),
            )
        )()


class CrowdContract:
    """Subclasses give the fixture ``url``: an empty database."""

    def test_a_crowd_loses_no_job_and_ends_none_twice(self, url, opened, clock):
        stores = [opened(url) for _ in range(2)]
        posted = []
        crowd = [Someone(stores[number % 2], clock, number, posted) for number in range(6)]
        assert at_once(len(crowd), lambda number: crowd[number].act()) == [None] * len(crowd)

        store = stores[0]
        for _ in range(20):
            clock.move(1000)
            store.jobs.expire()
            for job_id, _ in store.jobs.unsent(1000):
                job = store.jobs.claim(job_id, "last")
                image_hash, result = result_for(job, crowd[0].rng)
                if store.jobs.learn_hash(job.id, job.lease_token, image_hash) == "work":
                    store.jobs.finish(job.id, job.lease_token, result, "analysed")
            for queue in ("high", "standard", "detail"):
                store.jobs.not_sent(store.jobs.stale(queue, LEASE_S, 1000))
        assert store.jobs.backlog() == 0

        def rows(table):
            return store._db.read(lambda tx: tx.execute(select(table)).all())

        ended = rows(jobs)
        assert sorted(row.id for row in ended) == sorted(posted)
        assert rows(in_flight) == []
        for row in ended:
            assert (row.state == "done") == (row.result_id is not None)
            assert (row.leader_id, row.lease_token) == (None, None)
        kept = Counter(row.image_hash for row in rows(results))
        assert set(kept.values()) <= {1}
        told = Counter((row.job_id, row.event) for row in rows(deliveries) if row.job_id)
        for row in ended:
            assert told[row.id, "job.done"] == (row.state == "done")
        for batch in rows(batches):
            assert batch.unfinished == 0
            assert batch.finished_at is not None
        assert {row.batch_id for row in rows(deliveries) if row.batch_id} == {
            batch.id for batch in rows(batches)
        }


class TestSqliteCrowd(CrowdContract):
    @pytest.fixture
    def url(self, laid_sqlite_url):
        return laid_sqlite_url


@pytest.mark.services
class TestPostgresCrowd(CrowdContract):
    @pytest.fixture
    def url(self, postgres_url):
        return postgres_url
