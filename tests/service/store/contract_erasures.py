"""Promises about erasing: what goes, what stays, and that nothing comes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from service.store.store_examples import (
    SHADOW_WORK,
    TENANT,
    WORK,
    accept_one,
    at_once,
    begin,
    erase,
    finish_with,
    new_job,
    new_result,
    picture,
)
from studio_detector.errors import RequestError
from studio_detector.service.records import Erasure
from studio_detector.service.store import Idempotency, NewBatch
from studio_detector.service.store.tables import METADATA

OURS = "https://ours.example/hook"
#: What tells of erasures and of those who act, and not of pictures.
KEPT = {"erasures", "alembic_version"}


def rows(store, *, but=KEPT):
    """Table -> rows, of the tables that have any."""
    found = {
        table.name: store._db.read(lambda tx, table=table: tx.execute(select(table)).all())
        for table in METADATA.sorted_tables
        if table.name not in but
    }
    return {name: there for name, there in found.items() if there}


def forget_bytes(store, parts):
    """Do what follows in other places, where pictures have no bytes."""
    for gone in parts:
        for image_hash in gone.pictures:
            store.pictures.forget(
                gone.tenant, image_hash, before=store.clock(), delete=lambda: None
            )


def posted(store, name="a", **changes):
    """A picture with everything that can come of it; its job."""
    batch = NewBatch(id=uuid4(), tenant=changes.get("tenant", TENANT), callback_url=OURS)
    new = new_job(
        name,
        batch_id=batch.id,
        position=0,
        callback_url=OURS,
        name="anna.jpg",
        subject="s" * 64,
        **changes,
    )
    shadow = replace(
        new,
        id=uuid4(),
        work=SHADOW_WORK,
        shadow_of=new.id,
        batch_id=None,
        position=None,
        callback_url=None,
    )
    key = Idempotency(key=f"key {new.id}", request_digest="d")
    job, second = store.jobs.accept([new, shadow], batch=batch, idempotency=key)
    for one in (second, job):
        running = begin(store, one)
        finish_with(store, running, name, work=one.work, tenant=one.tenant)
    done = store.jobs.get(job.tenant, job.id)
    store.feedback.add(job.tenant, done.result_id, "natural", "anna at the window")
    return done


class ErasuresContract:
    """Everything about a picture goes, with nothing left that tells of it."""

    def test_nothing_is_left_of_a_picture(self, store):
        posted(store)
        (gone,) = erase(store, "picture", "a")
        forget_bytes(store, [gone])
        assert rows(store) == {}
        assert (gone.seen, len(gone.jobs), len(gone.results)) == (1, 2, 2)
        assert (gone.notes, gone.callbacks, gone.batches) == (1, 2, 1)

    @pytest.mark.parametrize("kind", ["job", "subject", "tenant"])
    def test_nothing_is_left_by_any_other_way(self, store, kind):
        job = posted(store)
        thing = {"job": job.id, "subject": "s" * 64, "tenant": ""}[kind]
        forget_bytes(store, erase(store, kind, thing))
        assert rows(store) == {}

    def test_what_others_have_stays(self, store):
        posted(store, "b")
        posted(store, "a", tenant="other")
        before = rows(store)
        job = accept_one(store, new_job("a", subject="t" * 64))
        finish_with(store, begin(store, job), "a")
        forget_bytes(store, erase(store, "picture", "a"))
        assert rows(store) == before

    def test_tenants_and_subjects_are_kept_apart(self, store):
        posted(store, "a")
        other = posted(store, "b", tenant="other")
        before = store.jobs.get("other", other.id)
        forget_bytes(store, erase(store, "subject", "s" * 64))
        forget_bytes(store, erase(store, "tenant"))
        assert store.jobs.get("other", other.id) == before
        assert store.jobs.find(TENANT).items == ()

    def test_an_unfinished_job_is_over_for_whoever_works_on_it(self, store):
        running = begin(store, accept_one(store, new_job("a")))
        follower = accept_one(store, new_job("a"))
        assert follower.leader_id == running.id
        forget_bytes(store, erase(store, "picture", "a"))
        mine = (running.id, running.lease_token)
        assert store.jobs.finish(*mine, new_result("a"), "analysed") is None
        assert store.jobs.hand_on(*mine, queue="detail", partial={}) is None
        assert store.jobs.fail(*mine, "corrupt", "it is", is_passing=True) is None
        assert store.jobs.renew("worker") == 0
        assert rows(store) == {}

    def test_an_address_whose_picture_is_not_known_yet_goes_by_job_and_subject(self, store):
        running = begin(store, accept_one(store, new_job(None, subject="s" * 64)))
        erase(store, "subject", "s" * 64)
        assert store.jobs.learn_hash(running.id, running.lease_token, picture("a")) == "lost"
        job = accept_one(store, new_job(None))
        erase(store, "job", job.id)
        assert rows(store) == {}

    def test_a_job_takes_its_picture_along_only_if_no_other_job_is_of_it(self, store):
        first = finish_with(store, begin(store, accept_one(store, new_job("a"))), "a")
        second = accept_one(store, new_job("a"))
        assert second.answer == "cached"
        (gone,) = erase(store, "job", first.id)
        assert gone.pictures == ()
        assert store.results.get(TENANT, second.result_id)
        (gone,) = erase(store, "job", second.id)
        assert gone.pictures == (picture("a"),)
        forget_bytes(store, [gone])
        assert rows(store) == {}

    def test_the_result_of_a_job_goes_if_no_other_job_refers_to_it(self, store):
        mine = finish_with(store, begin(store, accept_one(store, new_job("a"))), "a")
        other = accept_one(store, new_job("a", work=SHADOW_WORK))
        theirs = finish_with(store, begin(store, other), "a", work=SHADOW_WORK)
        erase(store, "job", mine.id)
        assert [result.id for result in store.results.iterate()] == [theirs.result_id]
        assert store.jobs.get(TENANT, other.id).state == "done"

    def test_whom_a_picture_shows_is_known_as_long_as_the_picture_is(self, store, clock):
        """Though the job that said so was deleted, purged, or thrown away with its batch."""
        for way in ("erased", "purged", "with its batch"):
            batch = NewBatch(id=uuid4(), tenant=TENANT)
            named = accept_one(
                store,
                new_job(way, subject="s" * 64, batch_id=batch.id, position=0),
                batch=batch,
            )
            finish_with(store, begin(store, named), way)
            accept_one(store, new_job(way))
            if way == "erased":
                erase(store, "job", named.id)
            elif way == "purged":
                clock.move(10)
                store.jobs.purge("done", older_than_s=5)
            else:
                store.batches.delete(TENANT, batch.id)
        assert store.subjects.is_known(TENANT, "s" * 64)
        forget_bytes(store, erase(store, "subject", "s" * 64))
        assert rows(store) == {}

    def test_a_subject_is_known_no_longer_than_anything_of_its_pictures(self, store, clock):
        """Neither where only the bytes were left, nor where they went first."""
        for name, keeps_bytes in (("a", True), ("b", False)):
            job = accept_one(store, new_job(name, subject="s" * 64))
            store.jobs.cancel(TENANT, job.id)
            clock.move(10)
            forget = {"before": clock.now, "delete": lambda: None}
            if keeps_bytes:
                store.jobs.purge("cancelled", older_than_s=5)
                assert store.subjects.is_known(TENANT, "s" * 64)
                assert store.pictures.forget(TENANT, picture(name), **forget)
            else:
                assert store.pictures.forget(TENANT, picture(name), **forget)
                assert store.subjects.is_known(TENANT, "s" * 64)
                store.jobs.purge("cancelled", older_than_s=5)
            assert rows(store) == {}

    def test_a_picture_that_looks_alike_loses_the_answer_and_not_its_job(self, store):
        first = finish_with(store, begin(store, accept_one(store, new_job("a"))), "a")
        asked = accept_one(store, new_job("b", near_duplicates=True, callback_url=OURS))
        running = begin(store, asked)
        store.jobs.finish(running.id, running.lease_token, first.result_id, "near_duplicate")
        (gone,) = erase(store, "picture", "a")
        left = store.jobs.get(TENANT, asked.id)
        assert (left.state, left.result_id) == ("done", None)
        assert gone.callbacks == 1
        assert store.deliveries.find(TENANT).items == ()

    def test_a_batch_that_loses_its_last_unfinished_job_is_over(self, store):
        batch = NewBatch(id=uuid4(), tenant=TENANT, callback_url=OURS)
        first, _ = store.jobs.accept(
            [new_job(name, batch_id=batch.id, position=at) for at, name in enumerate("ab")],
            batch=batch,
        )
        finish_with(store, begin(store, first), "a")
        erase(store, "picture", "b")
        left = store.batches.get(TENANT, batch.id)
        assert (left.total, left.counts) == (1, {"done": 1})
        assert left.finished_at is not None
        (told,) = store.deliveries.find(TENANT).items
        assert told.event == "batch.finished"

    def test_a_callback_that_is_being_told_is_not_kept(self, store):
        posted(store)
        (delivery_id, *_) = store.deliveries.due(10)
        claimed = store.deliveries.claim(delivery_id)
        forget_bytes(store, erase(store, "picture", "a"))
        assert not store.deliveries.settle(
            delivery_id, claimed.lease_token, status=500, error="no", retry_at=store.clock()
        )
        assert rows(store) == {}

    def test_bytes_that_could_not_be_deleted_are_deleted_by_the_next_run(self, store, clock):
        finish_with(store, begin(store, accept_one(store, new_job("a"))), "a")
        erase(store, "picture", "a")
        assert store.pictures.unneeded(clock.now - timedelta(days=1)) == [(TENANT, picture("a"))]
        accept_one(store, new_job("a"))
        assert store.pictures.unneeded(clock.now) == []

    def test_a_picture_that_nobody_knows_is_no_error_and_noted(self, store):
        (gone,) = erase(store, "picture", "never seen")
        assert (gone.seen, gone.jobs, gone.results) == (0, (), ())
        forget_bytes(store, [gone])
        for kind, thing in (("job", uuid4()), ("subject", "t" * 64), ("tenant", "")):
            erase(store, kind, thing)
        assert rows(store) == {}
        assert len(store.erasures.find(TENANT)) == 4

    def test_what_was_sent_anew_since_stays_when_an_erasure_is_repeated(self, store, clock):
        old = posted(store, "a")
        posted(store, "b")
        moment = clock.now
        clock.move(5)
        new = accept_one(store, new_job("a", work=replace(WORK, pipeline_version="2")))
        finish_with(store, begin(store, new), "a", work=new.work)
        for kind, thing in (
            ("picture", "a"),
            ("job", old.id),
            ("subject", "s" * 64),
            ("tenant", ""),
        ):
            forget_bytes(store, erase(store, kind, thing, before=moment))
        assert [job.id for job in store.jobs.find(TENANT).items] == [new.id]
        kept = store.jobs.get(TENANT, new.id)
        assert [result.id for result in store.results.iterate()] == [kept.result_id]
        assert store.pictures.known([(TENANT, picture("a"))])
        assert not store.pictures.known([(TENANT, picture("b"))])

    @pytest.mark.parametrize("kind", ["picture", "job", "tenant"])
    def test_what_a_job_came_to_after_an_erasure_goes_when_it_is_repeated(self, store, clock, kind):
        """The erasure was cut short, and somebody went on with the job before the next start."""
        job = accept_one(store, new_job("a"))
        moment = clock.now
        clock.move(5)
        finish_with(store, begin(store, job), "a")
        thing = {"picture": "a", "job": job.id, "tenant": ""}[kind]
        forget_bytes(store, erase(store, kind, thing, before=moment))
        assert rows(store) == {}

    def test_an_address_that_shows_its_picture_between_two_parts_goes_too(self, store):
        job = begin(store, accept_one(store, new_job(None)))
        accept_one(store, new_job("b"))
        erasure = Erasure(
            id=uuid4(), tenant=TENANT, kind="tenant", object="", erased_at=store.clock()
        )
        parts = store.erasures.erase(erasure)
        gone = [next(parts)]
        store.jobs.learn_hash(job.id, job.lease_token, picture("a"))
        gone += parts
        forget_bytes(store, gone)
        assert rows(store) == {}

    def test_who_followed_a_leader_that_goes_does_the_work_itself(self, store, clock):
        leader = begin(store, accept_one(store, new_job("a")))
        accept_one(store, new_job("a", priority="high"))
        moment = clock.now
        clock.move(5)
        new = accept_one(store, new_job("a"))
        assert new.leader_id == leader.id
        erase(store, "picture", "a", before=moment)
        heir = begin(store, store.jobs.get(TENANT, new.id))
        assert finish_with(store, heir, "a").state == "done"
        assert rows(store).keys() == {"jobs", "results", "pictures"}

    def test_an_erasure_is_noted_once_and_can_be_asked_for(self, store, clock):
        erasure = Erasure(id=uuid4(), tenant=TENANT, kind="tenant", object="", erased_at=clock.now)
        assert store.erasures.missing([erasure.id]) == {erasure.id}
        for _ in range(2):
            list(store.erasures.erase(erasure))
        assert store.erasures.missing([erasure.id]) == set()
        assert store.erasures.find() == [erasure]
        assert store.erasures.find("other") == []

    def test_many_pictures_go_in_parts(self, store):
        for number in range(250):
            accept_one(store, new_job(number, subject="s" * 64))
        for _ in range(120):
            accept_one(store, new_job(None))
        parts = erase(store, "subject", "s" * 64)
        assert sum(gone.seen for gone in parts) == 250
        assert len(parts) > 1
        assert len(store.jobs.find(TENANT, limit=500).items) == 120
        for number in range(250):
            accept_one(store, new_job(number))
        parts = erase(store, "tenant")
        assert sum(len(gone.jobs) for gone in parts) == 370
        forget_bytes(store, parts)
        assert rows(store) == {}

    def test_what_is_old_is_erased_in_time(self, store, clock):
        posted(store, "a")
        clock.move(100)
        young = posted(store, "b")
        again = accept_one(store, new_job("a"))
        clock.move(50)
        forget_bytes(store, store.erasures.expire(clock.now - timedelta(seconds=100)))
        # The answer of a picture that was sent again is as young as its last job.
        found = store.jobs.find(TENANT).items
        assert {job.id for job in found if job.shadow_of is None} == {young.id, again.id}
        assert store.results.get(TENANT, again.result_id)
        waiting = begin(store, accept_one(store, new_job("c")))
        clock.move(200)
        forget_bytes(store, store.erasures.expire(clock.now - timedelta(seconds=100)))
        assert [job.id for job in store.jobs.find(TENANT).items] == [waiting.id]
        assert rows(store).keys() == {"jobs", "in_flight", "pictures"}

    def test_results_whose_jobs_were_purged_are_old_too(self, store, clock):
        posted(store, "a")
        clock.move(100)
        for delivery_id in store.deliveries.due(10):
            claimed = store.deliveries.claim(delivery_id)
            store.deliveries.settle(
                delivery_id, claimed.lease_token, status=200, error=None, state="delivered"
            )
        store.jobs.purge("done", older_than_s=50)
        assert rows(store).keys() == {"results", "feedback", "pictures", "subjects"}
        forget_bytes(store, store.erasures.expire(clock.now))
        assert rows(store) == {}

    def test_a_result_that_is_judged_anew_meanwhile_does_not_come_back(self, store):
        done = posted(store, "a")
        newer = new_result("a", work=replace(WORK, pipeline_version="9"))
        assert store.results.add(newer, judged=done.result_id) is not None
        forget_bytes(store, erase(store, "picture", "a"))
        assert store.results.add(newer, judged=done.result_id) is None
        assert store.jobs.accept_done(new_job("a"), done.result_id) is None
        with pytest.raises(RequestError):
            store.feedback.add(TENANT, done.result_id, "studio")
        assert rows(store) == {}

    @pytest.mark.parametrize("kind", ["picture", "job", "subject", "tenant"])
    def test_erasing_at_the_moment_of_the_end_leaves_nothing(self, store, kind):
        """Or everything of what was posted at that moment, and nothing in between."""
        for number in range(6):
            running = begin(store, accept_one(store, new_job(number, subject="s" * 64)))
            thing = {"picture": number, "job": running.id, "subject": "s" * 64, "tenant": ""}

            def work(which, running=running, number=number, thing=thing):
                if which == 0:
                    token = running.lease_token
                    return store.jobs.finish(running.id, token, new_result(number), "analysed")
                if which == 1:
                    return accept_one(store, new_job(number))
                return erase(store, kind, thing[kind])

            outcomes = at_once(3, work)
            assert not any(isinstance(outcome, Exception) for outcome in outcomes), outcomes
            posted_then = outcomes[1]
            left = rows(store)
            names = {row.id for row in left.get("jobs", ())}
            assert names <= {posted_then.id}
            stored = {row.id for row in left.get("results", ())}
            for row in left.get("jobs", ()):
                assert row.leader_id is None
                assert row.result_id is None or row.result_id in stored
            assert {row.job_id for row in left.get("in_flight", ())} == {
                row.id for row in left.get("jobs", ()) if row.state == "queued"
            }
            assert len(stored) <= len(names)
            forget_bytes(store, erase(store, "picture", number))
            assert rows(store) == {}
