"""Addresses come in, one or many; workers fetch them later."""

from __future__ import annotations

import pytest

from service.store.store_examples import at_once
from studio_detector.errors import BusyError, FetchError, RequestError
from studio_detector.service.intake.wishes import NamedAddress, Wishes

URL = "https://pictures.example/1.jpg"
FORBIDDEN = "https://forbidden.example/1.jpg"


def named(*urls):
    return [NamedAddress(url=url) for url in urls]


@pytest.fixture
def batch(door):
    """Accept addresses as a batch; its jobs by position."""

    def batch(items, *, key=None, **wishes):
        found = door.intake.addresses(
            items, Wishes(**wishes), tenant="default", idempotency_key=key
        )
        return found, door.batch_jobs(found)

    return batch


class TestOneAddress:
    def test_it_is_accepted_without_being_fetched(self, door):
        """Its hash is not known yet."""
        job = door.address(URL)

        assert ("queued", URL, None) == (job.state, job.image_url, job.image_hash)
        assert [("standard", job.id, "queued")] == door.broker.sent

    def test_one_that_would_never_be_fetched_is_refused(self, door):
        """At once."""
        with pytest.raises(FetchError) as caught:
            door.address(FORBIDDEN)

        assert "fetch_refused" == caught.value.code
        assert [] == door.jobs()

    def test_without_a_broker_it_waits_for_the_sweeper(self, door):
        """Accepted all the same."""
        door.broker.is_away = True

        assert [door.address().id] == door.unsent()

    def test_the_same_request_gives_the_same_job(self, door):
        """And another address under the key is a conflict."""
        first = door.address(URL, key="k")

        assert first.id == door.address(URL, key="k").id
        with pytest.raises(RequestError) as caught:
            door.address(URL + "?2", key="k")
        assert "idempotency_conflict" == caught.value.code

    def test_the_variant_hangs_on_the_address_alone(self, make_door, variants):
        """So that it is the same on every machine."""
        door = make_door(variants=variants)

        jobs = [door.address(URL) for _ in range(3)]

        assert 1 == len({job.work for job in jobs})
        assert [URL] * 3 == [job.image_url for job in door.jobs(shadows=True)]


class TestManyAddresses:
    def test_jobs_stand_in_the_order_sent(self, batch, door):
        """With the name given, else the address."""
        items = [NamedAddress(url=f"{URL}?{n}", name=f"n{n}" if n % 2 else None) for n in range(7)]

        batch_id, jobs = batch(items, priority="high", phases="lighting")

        assert [item.url for item in items] == [job.image_url for job in jobs]
        assert [item.name or item.url for item in items] == [job.name for job in jobs]
        assert list(range(7)) == [job.position for job in jobs]
        assert {("high", "lighting", batch_id)} == {
            (job.queue, job.work.phases, job.batch_id) for job in jobs
        }
        assert {job.id for job in jobs} == {job_id for _, job_id, _ in door.broker.sent}
        assert {"queued"} == {state for _, _, state in door.broker.sent}

    def test_one_that_would_never_be_fetched_is_a_dead_job(self, batch, door):
        """The others go on."""
        batch_id, jobs = batch(named(URL, FORBIDDEN, URL + "?2"))

        assert ["queued", "dead", "queued"] == [job.state for job in jobs]
        assert ("fetch_refused", FORBIDDEN) == (jobs[1].error_code, jobs[1].name)
        assert 2 == len(door.broker.sent)
        assert {"queued": 2, "dead": 1} == door.store.batches.get("default", batch_id).counts

    def test_a_batch_of_nothing_but_dead_jobs_is_over(self, batch, door):
        """And its sender is told."""
        batch_id, _ = batch(named(FORBIDDEN, FORBIDDEN), callback_url="https://receiver.example/")

        assert door.store.batches.get("default", batch_id).finished_at is not None
        (delivery,) = door.store.deliveries.find("default").items
        assert "batch.finished" == delivery.event

    def test_the_batch_is_called_back_for_and_not_its_jobs(self, batch, door):
        """One message for all."""
        batch_id, jobs = batch(named(URL), callback_url="https://receiver.example/")

        assert jobs[0].callback_url is None
        assert "https://receiver.example/" == (
            door.store.batches.get("default", batch_id).callback_url
        )

    @pytest.mark.parametrize("count", [0, 6])
    def test_none_and_too_many_are_refused(self, make_door, count):
        """With the bound in the message."""
        door = make_door(max_batch_items=5)

        with pytest.raises(RequestError, match=f"{count} photos; send 1 to 5") as caught:
            door.intake.addresses(named(*[URL] * count), Wishes(), tenant="default")

        assert "request_invalid" == caught.value.code
        assert [] == door.jobs()

    def test_more_than_may_ever_wait_are_no_matter_of_time(self, make_door):
        """To come again later would not help."""
        door = make_door(max_backlog=3)

        with pytest.raises(RequestError, match="send 1 to 3"):
            door.intake.addresses(named(*[URL] * 4), Wishes(), tenant="default")

        door.intake.addresses(named(*[URL] * 3), Wishes(), tenant="default")

    def test_a_full_backlog_refuses_all_of_them(self, make_door):
        """Not some."""
        door = make_door(max_backlog=3)
        door.address()

        with pytest.raises(BusyError) as caught:
            door.intake.addresses(named(*[URL] * 3), Wishes(), tenant="default")

        assert "backlog_full" == caught.value.code
        assert 1 == len(door.jobs())

    def test_shadows_stand_beside_the_batch(self, make_door, variants):
        """They are none of its jobs."""
        door = make_door(variants=variants)

        batch_id = door.intake.addresses(
            named(URL, FORBIDDEN), Wishes(callback_url=URL), tenant="default"
        )

        assert 2 == door.store.batches.get("default", batch_id).total
        (shadow,) = door.jobs(shadows=True)
        assert (None, None, URL) == (shadow.batch_id, shadow.callback_url, shadow.image_url)

    def test_a_service_that_is_about_to_stop_takes_none(self, batch, door):
        """Nor does one whose receiver is refused."""
        with pytest.raises(FetchError):
            batch(named(URL), callback_url=FORBIDDEN)
        with pytest.raises(RequestError):
            batch(named(URL), variant="nowhere")
        door.draining.set()
        with pytest.raises(BusyError) as caught:
            batch(named(URL))

        assert "draining" == caught.value.code
        assert [] == door.jobs()


class TestIdempotencyOfBatches:
    ITEMS = (NamedAddress(url=URL), NamedAddress(url=FORBIDDEN), NamedAddress(url=URL, name="b"))

    def test_the_same_request_gives_the_same_batch(self, batch, door):
        """Also when twenty come at once."""
        first, _ = batch(self.ITEMS, key="k")

        again = at_once(20, lambda _: batch(self.ITEMS, key="k")[0])

        assert {first} == set(again)
        assert 3 == len(door.jobs())
        assert 2 == len(door.broker.sent)

    @pytest.mark.parametrize(
        "items",
        [
            ITEMS[:2],
            ITEMS[::-1],
            (*ITEMS[:2], NamedAddress(url=URL, name="c")),
            (NamedAddress(url=URL, name="None"), *ITEMS[1:]),
        ],
        ids=["fewer", "another order", "another name", "a name like none"],
    )
    def test_another_request_under_the_key_is_refused(self, batch, door, items):
        """However small the difference."""
        batch(self.ITEMS, key="k")

        with pytest.raises(RequestError) as caught:
            batch(items, key="k")

        assert "idempotency_conflict" == caught.value.code
        assert 3 == len(door.jobs())
