"""What fails again and again is left alone for a while."""

from __future__ import annotations

import threading

import pytest

from studio_detector.service.breaker import Breaker


class Clock:
    """Time that passes when told to."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return Breaker("the thing", failures=3, pause_s=30, clock=clock)


def _fail(breaker, times=3):
    for _ in range(times):
        breaker.failed()


class TestBreaker:
    def test_failures_in_a_row_open_it(self, breaker):
        """Not before, and not if something worked between them."""
        _fail(breaker, 2)
        breaker.succeeded()
        _fail(breaker, 2)
        assert breaker.allows()

        breaker.failed()

        assert breaker.is_open
        assert not breaker.allows()

    def test_after_the_pause_one_may_try(self, breaker, clock):
        """And the others wait for what comes of it."""
        _fail(breaker)
        clock.now += 29.9
        assert not breaker.allows()
        clock.now += 0.2

        assert [True, False, False] == [breaker.allows() for _ in range(3)]

        breaker.succeeded()
        assert not breaker.is_open
        assert [True] * 3 == [breaker.allows() for _ in range(3)]

    def test_a_trial_that_fails_costs_another_pause(self, breaker, clock):
        """One failure is enough."""
        _fail(breaker)
        clock.now += 31
        assert breaker.allows()
        breaker.failed()

        clock.now += 29.9
        assert not breaker.allows()
        clock.now += 0.2
        assert breaker.allows()

    def test_a_trial_that_never_ends_does_not_keep_it_open_for_ever(self, breaker, clock):
        """Another may try after another pause."""
        _fail(breaker)
        clock.now += 31
        assert breaker.allows()

        clock.now += 31

        assert breaker.allows()

    def test_after_it_closed_it_takes_as_many_failures_again(self, breaker, clock):
        """The old ones are forgotten."""
        _fail(breaker)
        clock.now += 31
        assert breaker.allows()
        breaker.succeeded()

        _fail(breaker, 2)

        assert breaker.allows()

    def test_of_many_threads_one_tries(self, breaker, clock):
        """Else a hundred would wait for the same timeout."""
        _fail(breaker)
        clock.now += 31
        start = threading.Barrier(16)
        allowed = []

        def ask():
            start.wait()
            allowed.append(breaker.allows())

        threads = [threading.Thread(target=ask) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert 1 == sum(allowed)

    def test_it_says_when_it_opens_and_closes_and_no_more(self, breaker, caplog):
        """One line each, not one for every failure."""
        caplog.set_level("INFO")
        _fail(breaker, 10)
        breaker.succeeded()
        breaker.succeeded()

        assert 2 == len(caplog.records)
        assert "the thing failed 3 times" in caplog.messages[0]
        assert "works again" in caplog.messages[1]
