"""Leases are kept alive for as long as somebody is at the job, and no longer."""

from __future__ import annotations

import threading
from collections import Counter

import pytest

from service_workers import open_parts
from studio_detector.errors import BusyError
from studio_detector.service.queues.leases import Leases
from studio_detector.service.queues.patience import Patience


class Jobs:
    """Counts what it is asked.

    Attributes:
        away: Calls that raise `BusyError` before one succeeds.
    """

    def __init__(self):
        self.renewed = Counter()
        self.released = []
        self.away = 0

    def renew(self, owner):
        self._answer()
        self.renewed[owner] += 1
        return 1

    def release(self, owner):
        self._answer()
        self.released.append(owner)
        return ["job"]

    def _answer(self):
        if self.away:
            self.away -= 1
            raise BusyError("away", code="store_unavailable")


@pytest.fixture
def jobs():
    return Jobs()


@pytest.fixture
def leases(jobs):
    leases = Leases(jobs, 0.06)
    leases.start()
    yield leases
    leases.stop()


class TestLeases:
    def test_a_lease_is_kept_alive_until_its_block_ends(self, leases, jobs, eventually):
        with leases.owner() as owner:
            eventually(lambda: jobs.renewed[owner] >= 3)
        with leases.owner() as other:
            eventually(lambda: jobs.renewed[other] >= 1)
            seen = jobs.renewed[owner]
            eventually(lambda: jobs.renewed[other] >= 4)
        # A beat that was under way when the block ended may still count.
        assert jobs.renewed[owner] <= seen + 1

    def test_every_try_has_an_owner_of_its_own(self, leases):
        with leases.owner() as first, leases.owner() as second:
            assert first != second

    def test_a_store_that_is_away_ends_nothing(self, leases, jobs, eventually):
        jobs.away = 3
        with leases.owner() as owner:
            eventually(lambda: jobs.renewed[owner] >= 2)

    def test_what_is_still_held_is_given_back(self, leases, jobs):
        with leases.owner() as first, leases.owner() as second:
            assert leases.release() == 2
        assert set(jobs.released) == {first, second}
        assert leases.release() == 0

    def test_giving_back_to_a_store_that_is_away_is_no_error(self, leases, jobs):
        jobs.away = 1
        with leases.owner():
            assert leases.release() == 0

    def test_a_block_that_ends_because_a_part_is_away_gives_its_job_back(self, leases, jobs):
        with pytest.raises(BusyError), leases.owner() as owner:
            raise BusyError("away", code="storage_unavailable")
        assert jobs.released == [owner]

    def test_a_lease_outlives_its_length_on_the_real_store(self, tmp_path, eventually):
        parts = open_parts(tmp_path, lease_s=0.6)
        leases = Leases(parts.store.jobs, 0.6)
        leases.start()
        held, left = parts.accept(b"good 1", b"good 2")
        try:
            with leases.owner() as owner:
                parts.store.jobs.claim(held.id, owner)
                parts.store.jobs.claim(left.id, "somebody who died")
                expired = eventually(parts.store.jobs.expire)
                assert [job.id for job in expired] == [left.id]
                assert parts.job(held).state == "running"
        finally:
            leases.stop()
            parts.close()


class TestPatience:
    def test_it_asks_until_there_is_an_answer(self):
        answers = iter([BusyError("away", code="store_unavailable")] * 2 + [7])

        def question():
            answer = next(answers)
            if isinstance(answer, Exception):
                raise answer
            return answer

        assert Patience(threading.Event()).ask(question) == 7

    def test_it_ends_when_time_is_up(self):
        now = iter(range(100))
        patience = Patience(threading.Event(), most_s=2, clock=lambda: float(next(now)))
        asked = []

        def question():
            asked.append(1)
            raise BusyError("away", code="store_unavailable")

        with pytest.raises(BusyError, match="away"):
            patience.ask(question)
        assert len(asked) == 2

    def test_it_asks_once_when_the_process_is_to_end(self):
        stopping = threading.Event()
        stopping.set()
        patience = Patience(stopping)
        assert patience.ask(lambda: 7) == 7
        asked = []

        def question():
            asked.append(1)
            raise BusyError("away", code="store_unavailable")

        with pytest.raises(BusyError):
            patience.ask(question)
        assert asked == [1]

    def test_it_stops_waiting_in_the_midst(self):
        stopping = threading.Event()
        begun = threading.Event()
        errors = []

        def question():
            begun.set()
            raise BusyError("away", code="store_unavailable")

        def ask():
            try:
                Patience(stopping).ask(question)
            except BusyError as error:
                errors.append(error.code)

        thread = threading.Thread(target=ask)
        thread.start()
        begun.wait()
        stopping.set()
        thread.join(5)
        assert errors == ["store_unavailable"]

    def test_other_errors_are_not_waited_for(self):
        def question():
            raise ValueError("wrong")

        with pytest.raises(ValueError, match="wrong"):
            Patience(threading.Event()).ask(question)
