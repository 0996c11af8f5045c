"""Pictures come in: stored before anybody is told, answered at once where the answer is known."""

from __future__ import annotations

import errno
import itertools
from dataclasses import replace
from uuid import uuid4

import pytest

from kept_pictures import file, sha256
from service.store.store_examples import at_once
from studio_detector.errors import BusyError, FetchError, InputError, RequestError
from studio_detector.service.blobs import FolderBlobs
from studio_detector.service.queues.remembering import remember, remembered
from studio_detector.service.store import Jobs

URL = "https://receiver.example/hook"


@pytest.fixture
def no_room(monkeypatch):
    """Let the disk of the pictures be full, for so many pictures or for good."""

    def no_room(for_=None):
        numbers = itertools.count()
        write = FolderBlobs._write

        def fails(self, path, data):
            if for_ is None or next(numbers) < for_:
                raise OSError(errno.ENOSPC, "No space left on device")
            write(self, path, data)

        monkeypatch.setattr(FolderBlobs, "_write", fails)

    return no_room


@pytest.fixture
def store_away(monkeypatch):
    """Let the store take in nothing."""

    def away(*_, **__):
        raise BusyError("away", code="store_unavailable")

    def store_away(*methods):
        for method in methods:
            monkeypatch.setattr(Jobs, method, away)

    return store_away


def _code(call):
    """The code of what a call raises; None if it raises nothing."""
    try:
        call()
    except BusyError as error:
        return error.code
    return None


class TestAccepting:
    def test_a_picture_is_kept_and_stored_before_its_message_is_sent(self, door):
        """Whoever gets the message finds both."""
        job = door.picture()

        assert ("queued", "standard") == (job.state, job.queue)
        assert [("standard", job.id, "queued")] == door.broker.sent
        assert [] == door.unsent()
        assert sha256(file(1)) == job.image_hash
        assert door.kept(file(1))
        assert job == door.job(job)

    def test_wishes_become_the_job(self, door):
        """All of them."""
        job = door.picture(
            priority="high", phases="all", callback_url=URL, near_duplicates=True, variant="default"
        )

        assert ("high", "high") == (job.priority, job.queue)
        assert ("default", "all") == (job.work.variant, job.work.phases)
        assert (URL, True) == (job.callback_url, job.near_duplicates)
        assert "high" == door.broker.sent[0][0]

    def test_the_settings_bound_the_tries(self, make_door):
        """As of the service, not of the store."""
        assert 2 == make_door(max_attempts=2).picture().max_attempts

    def test_without_a_broker_it_is_accepted_and_not_noted_as_sent(self, door):
        """So the sweeper sends it."""
        door.broker.is_away = True

        job = door.picture()

        assert "queued" == door.job(job).state
        assert [job.id] == door.unsent()

    def test_it_is_accepted_though_the_store_goes_away_while_it_is_sent(self, door, store_away):
        """What was stored is not refused afterwards; the sweeper finds the message lost."""
        door.broker.is_away = True
        store_away("not_sent")

        job = door.picture()

        assert "queued" == door.job(job).state
        assert [] == door.unsent()
        assert [job.id] == door.store.jobs.stale("standard", -1.0, 10)

    def test_tenants_do_not_share_pictures(self, door):
        """Neither results nor bytes."""
        door.finish(door.picture(), remembers=True)

        other = door.picture(tenant="other")

        assert ("queued", None) == (other.state, other.leader_id)
        assert door.kept(file(1), "other")


class TestTheSamePicture:
    def test_the_second_follows_the_first(self, door):
        """One message, one analysis, two answers."""
        first, second = door.picture(), door.picture()

        assert (None, first.id) == (first.leader_id, second.leader_id)
        assert [first.id] == [job_id for _, job_id, _ in door.broker.sent]
        assert [] == door.unsent()
        done = door.finish(first)
        assert ("done", "shared") == (door.job(second).state, door.job(second).answer)
        assert done.result_id == door.job(second).result_id

    def test_fifty_at_once_are_analysed_once(self, door):
        """From as many threads."""
        jobs = at_once(50, lambda _: door.picture())

        assert 1 == len(door.broker.sent)
        (leader,) = [job for job in jobs if job.leader_id is None]
        assert {leader.id} == {job.leader_id for job in jobs if job is not leader}

    def test_after_the_first_is_done_the_store_answers(self, door):
        """Though the cache has forgotten, as after a restart."""
        done = door.finish(door.picture())
        door.broker.sent.clear()

        again = door.picture()

        assert ("done", "cached", done.result_id) == (again.state, again.answer, again.result_id)
        assert [] == door.broker.sent

    def test_another_variant_or_other_phases_are_other_work(self, make_door, variants):
        """And analysed for themselves."""
        door = make_door(variants=variants)

        door.picture(variant="default")
        door.picture(variant="warm")
        door.picture(variant="default", phases="lighting")

        assert [None] * 3 == [job.leader_id for job in door.jobs()]

    def test_urgent_work_hurries_the_one_it_follows(self, door):
        """Which the sweeper sends again, by the other queue."""
        first = door.picture()
        door.picture(priority="high")

        assert "high" == door.job(first).queue
        assert [(first.id, "high")] == door.store.jobs.unsent(10)


class TestCache:
    def test_a_remembered_result_is_the_answer_at_once(self, door):
        """Nothing is kept, sent or counted for it."""
        done = door.finish(door.picture(file(2)), remembers=True)
        door.broker.sent.clear()
        door.blobs.delete(f"default/{sha256(file(2))}")

        job = door.picture(file(2))

        assert ("done", "cached", done.result_id) == (job.state, job.answer, job.result_id)
        assert job == door.job(job)
        assert [] == door.broker.sent
        assert not door.kept(file(2))

    def test_it_answers_although_the_backlog_is_full(self, make_door):
        """Since nobody has to work for it."""
        door = make_door(max_backlog=2)
        door.finish(door.picture(file(2)), remembers=True)
        # Two, or one more once the finished one is counted no longer.
        codes = [_code(lambda n=n: door.picture(file(n))) for n in range(3, 6)]
        assert "backlog_full" == codes[-1]

        assert "cached" == door.picture(file(2)).answer

    def test_a_result_that_was_deleted_since_does_not_answer(self, door):
        """The picture is analysed again."""
        done = door.finish(door.picture(), remembers=True)
        door.erase_picture(done)
        door.broker.sent.clear()

        job = door.picture()

        assert "queued" == job.state
        assert [job.id] == [job_id for _, job_id, _ in door.broker.sent]

    def test_a_result_that_never_was_does_not_answer(self, door):
        """As when two services share a cache and not a store."""
        done = door.finish(door.picture())
        door.erase_picture(done)
        remember(door.cache, replace(done, result_id=uuid4()), 60.0)

        assert "queued" == door.picture().state

    def test_callbacks_are_owed_for_cached_answers_too(self, door):
        """Who asked to be told is told."""
        door.finish(door.picture(), remembers=True)

        job = door.picture(callback_url=URL)

        (delivery,) = door.store.deliveries.find("default").items
        assert (URL, "job.done") == (delivery.url, delivery.event)
        assert str(job.id) in delivery.payload

    def test_the_cache_is_asked_for_the_very_work(self, door):
        """Not for the picture alone."""
        job = door.finish(door.picture(), remembers=True)
        assert job.result_id == remembered(door.cache, "default", job.image_hash, job.work)

        assert "queued" == door.picture(phases="lighting").state


class TestIdempotency:
    def test_the_same_request_gives_the_same_job(self, door):
        """However often it comes; one message."""
        first = door.picture(key="k")
        again = [door.picture(key="k") for _ in range(3)]

        assert {first.id} == {job.id for job in again}
        assert 1 == len(door.jobs()) == len(door.broker.sent)

    def test_twenty_at_once_give_one_job(self, door):
        """From as many threads."""
        jobs = at_once(20, lambda _: door.picture(key="k"))

        assert 1 == len({job.id for job in jobs})
        assert 1 == len(door.jobs()) == len(door.broker.sent)

    def test_it_holds_after_the_job_is_done(self, door):
        """Though the cache would have another answer."""
        first = door.finish(door.picture(key="k"), remembers=True)

        again = door.picture(key="k")

        assert (first.id, "done", "analysed") == (again.id, again.state, again.answer)
        assert 1 == len(door.jobs())

    def test_an_answer_out_of_the_cache_is_given_once(self, door):
        """A request under a key that was answered at once is answered by the same job again."""
        door.finish(door.picture(), remembers=True)

        first, again = door.picture(key="k"), door.picture(key="k")

        assert ("done", "cached") == (first.state, first.answer)
        assert first.id == again.id
        assert 2 == len(door.jobs())

    @pytest.mark.parametrize(
        "other",
        [{"data": file(2)}, {"priority": "high"}, {"phases": "all"}, {"callback_url": URL}],
        ids=str,
    )
    def test_another_request_under_the_key_is_refused(self, door, other):
        """Also where the first is answered by the cache."""
        door.finish(door.picture(key="k"), remembers=True)
        door.finish(door.picture(file(2)), remembers=True)

        with pytest.raises(RequestError) as caught:
            door.picture(**other, key="k")

        assert "idempotency_conflict" == caught.value.code
        assert 2 == len(door.jobs())

    def test_a_picture_and_its_address_are_two_requests(self, door):
        """Even if the address reads like the hash."""
        door.picture(key="k")

        with pytest.raises(RequestError) as caught:
            door.address(sha256(file(1)), key="k")

        assert "idempotency_conflict" == caught.value.code

    def test_a_request_that_was_refused_leaves_the_key_free(self, door, no_room):
        """It can be sent again as it was."""
        no_room(for_=1)
        with pytest.raises(BusyError):
            door.picture(key="k")

        assert "queued" == door.picture(key="k").state


class TestRefusals:
    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"", "empty"),
            (b"no picture", "unsupported_format"),
            (b"%PDF-1.7 ...", "unsupported_format"),
            (b"PK\x03\x04 an archive", "unsupported_format"),
            (file(1) + bytes(1 << 20), "limit_file_size"),
        ],
        ids=["empty", "text", "pdf", "zip", "large"],
    )
    @pytest.mark.parametrize("key", [None, "k"])
    def test_what_no_worker_could_decode_is_refused_at_once(self, door, data, code, key):
        """Nothing is kept of it."""
        with pytest.raises(InputError) as caught:
            door.picture(data, key=key)

        assert code == caught.value.code
        assert [] == door.jobs() == door.broker.sent
        assert not door.kept(data)

    def test_an_unknown_variant_is_refused(self, door):
        """The known ones are named."""
        with pytest.raises(RequestError, match="known: default") as caught:
            door.picture(variant="nowhere")

        assert "unknown_variant" == caught.value.code
        assert not door.kept(file(1))

    def test_a_callback_address_that_is_never_called_is_refused(self, door):
        """Before the picture is kept."""
        with pytest.raises(FetchError) as caught:
            door.picture(callback_url="https://forbidden.example/")

        assert "fetch_refused" == caught.value.code
        assert not door.kept(file(1))

    def test_a_service_that_is_about_to_stop_takes_nothing(self, door):
        """Not even what the cache could answer."""
        door.finish(door.picture(), remembers=True)
        door.draining.set()

        for ask in (door.picture, door.address):
            with pytest.raises(BusyError) as caught:
                ask()
            assert "draining" == caught.value.code
        assert 1 == len(door.jobs())

    def test_a_full_disk_refuses_and_nothing_is_accepted(self, door, no_room):
        """Nor is anything left of the picture, and there is room later."""
        no_room(for_=1)
        with pytest.raises(BusyError) as caught:
            door.picture()

        assert "storage_full" == caught.value.code
        assert caught.value.retry_after_s > 0
        assert [] == door.jobs() == door.broker.sent
        assert not door.kept(file(1))
        assert "queued" == door.picture().state

    def test_a_full_disk_is_no_reason_to_refuse_what_is_kept_or_known(self, door, no_room):
        """Both need no room."""
        door.picture(file(1))
        door.finish(door.picture(file(2)), remembers=True)
        no_room()

        assert "queued" == door.picture(file(1)).state
        assert "done" == door.picture(file(2)).state

    def test_a_store_that_is_away_refuses(self, door, store_away):
        """Nothing is sent that is not stored."""
        store_away("accept")

        with pytest.raises(BusyError) as caught:
            door.picture()

        assert "store_unavailable" == caught.value.code
        assert [] == door.broker.sent

    def test_a_full_backlog_refuses_before_anything_is_kept(self, make_door):
        """With the seconds to wait."""
        door = make_door(max_backlog=2)
        door.picture(file(1))
        door.picture(file(2))

        with pytest.raises(BusyError) as caught:
            door.picture(file(3))

        assert "backlog_full" == caught.value.code
        assert not door.kept(file(3))
        assert 2 == len(door.jobs())


class TestShadows:
    @pytest.fixture
    def door(self, make_door, variants):
        return make_door(variants=variants)

    def test_they_are_accepted_beside_and_never_told(self, door):
        """One transaction, a message each; the caller and the receiver hear of one."""
        job = door.picture(callback_url=URL)

        (shadow,) = door.jobs(shadows=True)
        assert [job.id] == [found.id for found in door.jobs()]
        assert "default" == job.work.variant
        assert ("shade", job.id) == (shadow.work.variant, shadow.shadow_of)
        assert "lighting" == shadow.work.phases
        assert (None, None, None) == (shadow.callback_url, shadow.batch_id, shadow.name)
        assert {job.id, shadow.id} == {job_id for _, job_id, _ in door.broker.sent}
        door.finish(job)
        door.finish(shadow)
        assert 1 == len(door.store.deliveries.find("default").items)

    def test_one_that_is_asked_for_by_name_does_not_score_beside_itself(self, door):
        """It answers."""
        job = door.picture(variant="shade")

        assert [job.id] == [found.id for found in door.jobs()]
        assert [] == door.jobs(shadows=True)

    def test_they_wait_in_the_standard_queue(self, door):
        """Nobody waits for them."""
        door.picture(priority="high")

        assert ["high"] == [job.queue for job in door.jobs()]
        assert ["standard"] == [job.queue for job in door.jobs(shadows=True)]

    def test_a_shadow_does_not_answer_those_who_ask(self, door):
        """Its result is remembered by nobody."""
        job = door.picture()
        (shadow,) = door.jobs(shadows=True)

        door.finish(shadow, remembers=True)

        assert remembered(door.cache, "default", job.image_hash, shadow.work) is None

    def test_the_same_request_gives_the_job_that_answers(self, door):
        """Not the one beside it."""
        first = door.picture(key="k")

        assert first.id == door.picture(key="k").id
        assert 2 == len(door.broker.sent)
