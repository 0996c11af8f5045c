"""The sweeper finds what fell between two chairs, and floods nobody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from service_workers import Clock, open_parts
from studio_detector.errors import BusyError
from studio_detector.service.queues.sweeper import RETENTION, Sweeper


class Broker:
    """Notes what is sent.

    Attributes:
        sent: Queue and name, in order.
        is_away: Whether the server is.
        waiting: Depth of each queue; what is sent does not add to it.
    """

    def __init__(self):
        self.sent = []
        self.is_away = False
        self.waiting = {}

    def send(self, queue, name):
        if not self.is_away:
            self.sent.append((queue, name))
        return not self.is_away

    def depth(self, queue):
        return None if self.is_away else self.waiting.get(queue, 0)

    def ping(self):
        return not self.is_away

    def close(self):
        pass

    def jobs(self):
        return [sent for sent in self.sent if sent[0] != "maintenance"]


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def parts(tmp_path, clock):
    parts = replace(open_parts(tmp_path, clock=clock), broker=Broker())
    yield parts
    parts.close()


@pytest.fixture
def sweep(parts):
    return Sweeper(parts.store, parts.broker, parts.watch, 1.0).sweep


class TestJobs:
    def test_a_job_without_a_message_gets_one(self, parts, sweep):
        (job,) = parts.accept(b"good 1", priority="high")
        sweep()
        assert parts.broker.jobs() == [("high", job.id)]
        sweep()
        assert len(parts.broker.jobs()) == 1

    def test_thousands_get_theirs_in_one_sweep(self, parts, sweep):
        jobs = parts.accept(*[f"good {i}".encode() for i in range(1200)])
        sweep()
        assert sorted(name for _, name in parts.broker.jobs()) == sorted(job.id for job in jobs)

    def test_a_job_that_is_to_be_tried_again_gets_its_message_when_due(self, parts, sweep, clock):
        (job,) = parts.accept(b"good 1")
        claimed = parts.store.jobs.claim(job.id, "me")
        parts.store.jobs.fail(
            job.id, claimed.lease_token, "fetch_failed", "x", is_passing=True, retry_after_s=30
        )
        sweep()
        assert parts.broker.jobs() == []
        clock.add(31)
        sweep()
        assert parts.broker.jobs() == [("standard", job.id)]

    def test_a_job_whose_worker_died_goes_to_another(self, parts, sweep, clock):
        (job,) = parts.accept(b"good 1")
        parts.store.jobs.claim(job.id, "somebody who died")
        sweep()
        assert parts.broker.jobs() == []
        clock.add(2)
        sweep()
        assert parts.broker.jobs() == [("standard", job.id)]
        assert parts.job(job).state == "queued"

    def test_a_job_whose_last_worker_died_is_dead_and_told(self, parts, sweep, clock):
        (job,) = parts.accept(b"good 1", max_attempts=1)
        parts.store.jobs.claim(job.id, "somebody who died")
        clock.add(2)
        sweep()
        assert [job.error_code for job in parts.watch.told] == ["attempts_exhausted"]

    @pytest.mark.parametrize("queue", ["high", "standard"])
    def test_a_lost_message_is_sent_again(self, parts, sweep, clock, queue):
        """One is lost that is old and not in its queue."""
        (job,) = parts.accept(b"good 1", priority=queue)
        parts.store.jobs.sent([job.id])
        sweep()
        assert parts.broker.jobs() == []
        clock.add(11)
        sweep()
        sweep()
        assert parts.broker.jobs() == [(queue, job.id)]

    def test_messages_that_only_wait_are_not_sent_again(self, parts, sweep, clock):
        (job,) = parts.accept(b"good 1")
        parts.store.jobs.sent([job.id])
        parts.broker.waiting["standard"] = 1
        clock.add(60)
        sweep()
        assert parts.broker.jobs() == []

    def test_a_message_lost_behind_a_queue_that_is_never_empty_is_sent_again(
        self, parts, sweep, clock
    ):
        (job,) = parts.accept(b"good 1")
        parts.store.jobs.sent([job.id])
        parts.broker.waiting["standard"] = 1
        clock.add(601)
        sweep()
        assert parts.broker.jobs() == [("standard", job.id)]

    def test_a_clock_set_back_an_hour_delays_nothing(self, parts, sweep, clock):
        waiting, running, lost = parts.accept(b"good 1", b"good 2", b"good 3")
        claimed = parts.store.jobs.claim(waiting.id, "me")
        parts.store.jobs.fail(waiting.id, claimed.lease_token, "x", "x", is_passing=True)
        parts.store.jobs.claim(running.id, "somebody who died")
        parts.store.jobs.sent([lost.id])
        clock.add(-3600)
        sweep()
        clock.add(601)
        sweep()
        names = {name for _, name in parts.broker.jobs()}
        assert names == {waiting.id, running.id, lost.id}


class TestServersAway:
    def test_a_broker_that_is_away_loses_no_message(self, parts, sweep):
        (job,) = parts.accept(b"good 1")
        parts.broker.is_away = True
        sweep()
        parts.broker.is_away = False
        sweep()
        assert parts.broker.jobs() == [("standard", job.id)]

    def test_a_broker_that_goes_in_the_midst_loses_no_message(self, parts, sweep):
        jobs = parts.accept(*[f"good {i}".encode() for i in range(20)])
        send = parts.broker.send

        def send_ten(queue, name):
            parts.broker.is_away = len(parts.broker.sent) >= 10
            return send(queue, name)

        parts.broker.send = send_ten
        sweep()
        parts.broker.send, parts.broker.is_away = send, False
        sweep()
        assert sorted(name for _, name in parts.broker.jobs()) == sorted(job.id for job in jobs)

    def test_a_store_that_is_away_ends_no_sweeper(self, parts, monkeypatch, eventually):
        (job,) = parts.accept(b"good 1")
        expire, calls = parts.store.jobs.expire, []

        def away():
            calls.append(1)
            if len(calls) < 3:
                raise BusyError("away", code="store_unavailable")
            if len(calls) == 3:
                raise ZeroDivisionError("a defect")
            return expire()

        monkeypatch.setattr(parts.store.jobs, "expire", away)
        sweeper = Sweeper(parts.store, parts.broker, parts.watch, 0.02)
        sweeper.start()
        eventually(parts.broker.jobs)
        sweeper.stop()
        assert parts.broker.jobs() == [("standard", job.id)]


class TestCallbacks:
    def test_a_callback_that_is_due_gets_a_message_once(self, parts, sweep):
        (job,) = parts.accept(b"good 1", callback_url="https://example.com/")
        claimed = parts.store.jobs.claim(job.id, "me")
        parts.store.jobs.fail(job.id, claimed.lease_token, "corrupt", "x", is_passing=False)
        sweep()
        sweep()
        ((queue, name),) = parts.broker.jobs()
        assert queue == "webhook"
        assert parts.store.deliveries.claim(name).event == "job.dead"

    def test_slow_receivers_do_not_fill_the_broker(self, parts, sweep, clock):
        """Callbacks wait in the store, however often they are due."""
        jobs = parts.accept(
            *[f"good {i}".encode() for i in range(300)], callback_url="https://example.com/"
        )
        for job in jobs:
            claimed = parts.store.jobs.claim(job.id, "me")
            parts.store.jobs.fail(job.id, claimed.lease_token, "corrupt", "x", is_passing=False)
        sweep()
        assert len(parts.broker.jobs()) == 200
        parts.broker.waiting["webhook"] = 200
        for _ in range(5):
            clock.add(60)
            sweep()
        assert len(parts.broker.jobs()) == 200
        parts.broker.waiting["webhook"] = 150
        sweep()
        assert len(parts.broker.jobs()) == 250


class TestRetention:
    def test_it_is_asked_for_once_a_minute(self, parts, sweep):
        sweep()
        sweep()
        assert parts.broker.sent == [("maintenance", RETENTION)]
