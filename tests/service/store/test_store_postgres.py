"""The store on PostgreSQL keeps the same promises."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor, wait
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, select, update

from service.store.store_contract import StoreContract
from service.store.store_examples import LEASE_S, TENANT, accept_one, begin, new_job
from studio_detector.errors import RequestError
from studio_detector.service.store import NewBatch
from studio_detector.service.store.tables import in_flight, jobs


@pytest.mark.services
class TestPostgresStore(StoreContract):
    @pytest.fixture
    def url(self, postgres_url):
        return postgres_url

    @pytest.mark.parametrize("table", [in_flight, jobs])
    def test_a_worker_frozen_in_a_transaction_holds_up_no_other_job(self, store, clock, url, table):
        frozen, other = (accept_one(store, new_job(name)) for name in ("frozen", "other"))
        for job in (frozen, other):
            begin(store, job)
        clock.move(LEASE_S + 1)
        column = table.c.job_id if table is in_flight else table.c.id
        engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        try:
            with engine.begin() as held:
                held.execute(select(table).where(column == frozen.id).with_for_update())
                start = time.monotonic()
                assert [job.id for job in store.jobs.expire()] == [other.id]
                # The wait for a lock would end with an error after 10 s.
                assert time.monotonic() - start < 8
            assert [job.id for job in store.jobs.expire()] == [frozen.id]
        finally:
            engine.dispose()

    def test_a_job_that_is_tried_again_at_this_moment_is_not_purged(self, store, clock, url):
        batch = NewBatch(id=uuid4(), tenant=TENANT)
        (job,) = store.jobs.accept([new_job("a", batch_id=batch.id, position=0)], batch=batch)
        store.jobs.cancel(TENANT, job.id)
        clock.move(1)
        engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        again = update(jobs).where(jobs.c.id == job.id).values(state="queued", finished_at=None)
        try:
            with ThreadPoolExecutor(1) as others, engine.connect() as retrying:
                retrying.execute(again)
                assert store.jobs.purge("cancelled", 0) == 0
                deleted = others.submit(store.batches.delete, TENANT, batch.id)
                assert not wait([deleted], timeout=0.5).done  # until it is known how that ends
                retrying.commit()
                with pytest.raises(RequestError, match="1 of 1 jobs"):
                    deleted.result(timeout=30)
        finally:
            engine.dispose()
        assert store.jobs.get(TENANT, job.id).state == "queued"
