"""How much may wait, and when to come again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.store.store_examples import at_once
from studio_detector.errors import BusyError
from studio_detector.service.intake.backlog import Backlog

# Longer than a count is trusted.
LATER_S = 0.3


class Line:
    """Jobs that wait, and a clock in the test's hand."""

    def __init__(self, waiting=0):
        self.waiting = waiting
        self.now = 1000.0
        self.asked = 0

    def count(self):
        self.asked += 1
        return self.waiting

    def backlog(self, most):
        return Backlog(self.count, most, monotonic=lambda: self.now)


def refused(backlog, jobs=1):
    with pytest.raises(BusyError) as caught:
        backlog.admit(jobs)
    assert "backlog_full" == caught.value.code
    return caught.value


class TestBound:
    def test_as_many_as_may_wait_are_taken_and_not_one_more(self):
        """Whether they come one by one or at once."""
        for sizes in ([1] * 10, [4, 6], [10]):
            backlog = Line().backlog(10)
            for size in sizes:
                backlog.admit(size)
            refused(backlog)

    def test_a_lot_that_does_not_fit_leaves_room_for_a_smaller_one(self):
        """It is refused as a whole."""
        backlog = Line(waiting=5).backlog(10)

        refused(backlog, 6)

        backlog.admit(5)

    def test_what_waits_already_counts(self):
        """Also what other processes have accepted."""
        line = Line(waiting=9)
        backlog = line.backlog(10)
        backlog.admit(1)

        line.now += LATER_S
        line.waiting = 4

        backlog.admit(6)
        error = refused(backlog)
        assert "10 jobs wait or run and 10 may" in error.message

    @given(st.lists(st.integers(1, 5), max_size=30), st.integers(1, 40))
    def test_the_bound_holds_for_any_sizes(self, sizes, most):
        """And nobody is refused who would have fitted."""
        backlog, taken = Line().backlog(most), 0
        for size in sizes:
            try:
                backlog.admit(size)
            except BusyError:
                assert taken + size > most
            else:
                taken += size
        assert taken <= most

    def test_threads_together_keep_to_it(self):
        """Forty at once find room for ten."""
        backlog = Line().backlog(10)

        outcomes = at_once(40, lambda _: backlog.admit(1))

        assert 10 == outcomes.count(None)
        assert 30 == sum(isinstance(outcome, BusyError) for outcome in outcomes)


class TestCounting:
    def test_the_store_is_asked_once_in_a_while(self):
        """Not for every picture."""
        line = Line()
        backlog = line.backlog(1000)

        for _ in range(100):
            backlog.admit(1)
        assert 1 == line.asked
        line.now += LATER_S
        backlog.admit(1)

        assert 2 == line.asked

    def test_the_store_being_away_is_told_and_asked_again(self):
        """A failed count is none."""

        def count():
            answers.append(None)
            if len(answers) == 1:
                raise BusyError("away", code="store_unavailable")
            return 0

        answers = []
        backlog = Backlog(count, 10, monotonic=lambda: 0.0)
        with pytest.raises(BusyError) as caught:
            backlog.admit(1)
        assert "store_unavailable" == caught.value.code

        backlog.admit(1)

        assert 2 == len(answers)


class TestRetryAfter:
    def test_it_is_the_time_in_which_a_tenth_is_done(self):
        """Of what may wait, at the pace of late."""
        line = Line(waiting=1000)
        backlog = line.backlog(1000)
        refused(backlog)

        line.now += 2.0
        line.waiting = 980  # ten in a second
        backlog.admit(20)

        assert pytest.approx(10.0) == refused(backlog).retry_after_s

    def test_it_counts_what_was_done_while_more_came(self):
        """The line is as long as before, and yet ten a second were done."""
        line = Line(waiting=990)
        backlog = line.backlog(1000)
        backlog.admit(10)

        line.now += 1.0

        assert pytest.approx(10.0) == (backlog.admit(10) or refused(backlog).retry_after_s)

    @pytest.mark.parametrize(("done", "expected_s"), [(1, 60.0), (2_000_000, 1.0)])
    def test_it_is_neither_too_soon_nor_too_late(self, done, expected_s):
        """However fast or slow the work is."""
        line = Line(waiting=2_000_000)
        backlog = line.backlog(2_000_000)
        refused(backlog)
        line.now += 1.0
        line.waiting -= done
        backlog.admit(done)

        assert expected_s == refused(backlog).retry_after_s

    def test_nothing_done_is_some_seconds(self):
        """While nobody works there is no pace."""
        line = Line(waiting=10)
        backlog = line.backlog(10)
        refused(backlog)
        line.now += LATER_S

        assert 1.0 <= refused(backlog).retry_after_s <= 60.0
