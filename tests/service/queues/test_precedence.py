"""Urgent work, and other work that stands back for it."""

from __future__ import annotations

import threading

import pytest

from service_workers import open_parts
from studio_detector.service.queues.leases import Leases
from studio_detector.service.queues.patience import Patience
from studio_detector.service.queues.precedence import Precedence
from studio_detector.service.queues.work import run_job
from studio_detector.service.queues.worker import Worker

FOR_EVER_S = 60.0


@pytest.fixture
def precedence():
    return Precedence(longest_s=FOR_EVER_S)


class Other:
    """A thread with other work."""

    def __init__(self, precedence):
        self.has_begun = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(precedence,), daemon=True)
        self._thread.start()

    def _work(self, precedence):
        precedence.stand_back()
        self.has_begun.set()


class TestPrecedence:
    def test_nobody_stands_back_for_nothing(self, precedence):
        precedence.stand_back()

        assert Other(precedence).has_begun.wait(10)

    def test_other_work_begins_when_the_last_urgent_one_is_done(self, precedence):
        with precedence.urgent():
            with precedence.urgent():
                other = Other(precedence)
                assert not other.has_begun.wait(0.05)
            assert not other.has_begun.wait(0.05)

        assert other.has_begun.wait(10)

    def test_urgent_work_that_fails_is_over_too(self, precedence):
        with pytest.raises(ValueError, match="by design"), precedence.urgent():
            raise ValueError("by design")

        assert Other(precedence).has_begun.wait(10)

    def test_work_that_takes_long_goes_first_at_its_begin_alone(self):
        """It may wait for a host; other work would wait with it."""
        now = [0.0]
        precedence = Precedence(longest_s=FOR_EVER_S, clock=lambda: now[0])

        with precedence.urgent():
            now[0] = FOR_EVER_S
            assert Other(precedence).has_begun.wait(10)
            with precedence.urgent():
                other = Other(precedence)
                assert not other.has_begun.wait(0.05)
            assert other.has_begun.wait(10)

    def test_other_work_has_its_turn_while_urgent_work_never_ends(self):
        hasty = Precedence(longest_s=0.01)

        with hasty.urgent():
            assert Other(hasty).has_begun.wait(10)


class TestWorkers:
    @pytest.fixture
    def parts(self, tmp_path):
        parts = open_parts(tmp_path)
        yield parts
        parts.close()

    @pytest.fixture
    def run(self, parts):
        leases = Leases(parts.store.jobs, parts.settings.lease_s)
        patience = Patience(threading.Event(), most_s=0.1)
        return lambda job, stand_back: run_job(parts, leases, patience, job.id, stand_back)

    def test_a_job_stands_back_before_each_of_its_steps(self, parts, run):
        (job,) = parts.accept(b"good 1")
        states = []

        ended = run(job, lambda: states.append(parts.store.jobs.get("default", job.id).state))

        assert "done" == ended.state
        # Before it is claimed, analysed and stored, and before others are told.
        assert ["queued", "running", "running", "done"] == states

    def test_standard_work_waits_for_the_urgent_job_of_its_worker(self, parts, monkeypatch):
        worker = Worker(parts, ("high", "standard"))
        monkeypatch.setattr(worker, "_precedence", Precedence(longest_s=FOR_EVER_S))
        (urgent,) = parts.accept(b"good 1", priority="high")
        (standard,) = parts.accept(b"good 2")
        seen = []
        analyse = parts.children.analyse

        def analysed(*arguments, **options):
            if options["is_urgent"]:
                other = threading.Thread(
                    target=worker.handle, args=("standard", str(standard.id)), daemon=True
                )
                other.start()
                other.join(0.05)
                seen.append(parts.store.jobs.get("default", standard.id).state)
                seen.append(other)
            return analyse(*arguments, **options)

        monkeypatch.setattr(parts.children, "analyse", analysed)

        worker.handle("high", str(urgent.id))

        state, other = seen
        other.join(10)
        assert "queued" == state
        assert "done" == parts.store.jobs.get("default", standard.id).state
