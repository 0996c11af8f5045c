"""Pictures come as drawn beforehand, and are judged from the moment at which they were due."""

from __future__ import annotations

import itertools
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.load.answers import Answer, line_of, read
from tools.load.arrivals import ARRIVALS, constant, poisson


@pytest.mark.parametrize("name", ARRIVALS)
@given(rate=st.floats(0.5, 200), seconds=st.floats(0.1, 20), seed=st.integers(0, 99))
def test_arrivals_ascend_within_their_time(name, rate, seconds, seed):
    times = ARRIVALS[name](rate, seconds, seed)

    assert times == sorted(times)
    assert all(0 <= time < seconds for time in times)


def test_callers_who_know_nothing_of_each_other_come_at_the_rate_and_irregularly():
    """Pauses of a Poisson process deviate by as much as they are long."""
    times = poisson(50, 400, seed=3)
    pauses = [then - now for now, then in itertools.pairwise(times)]

    assert len(times) == pytest.approx(20_000, rel=0.02)
    assert statistics.fmean(pauses) == pytest.approx(1 / 50, rel=0.02)
    assert statistics.stdev(pauses) == pytest.approx(1 / 50, rel=0.03)


def test_a_seed_gives_the_same_arrivals_and_another_one_others():
    assert poisson(10, 10, 1) == poisson(10, 10, 1) != poisson(10, 10, 2)


def test_a_steady_pace_has_equal_pauses():
    assert [0.0, 0.25, 0.5, 0.75] == constant(4, 1)


def test_what_is_sent_late_has_waited_for_being_sent():
    """Otherwise a generator that is held up would hide that the service was slow."""
    late = Answer(100.0, 103.0, 103.5, 200, 1, "a", "b", 10.0, 900)

    assert 3.5 == late.latency_s


def test_answers_are_read_as_they_were_written_in_the_order_in_which_they_were_due():
    """They are written in the order in which they were answered."""
    first = Answer(1.0, 1.1, 9.0, 202, 3, "ab", "cd", None, 12)
    second = Answer(2.0, 2.0, 2.5, 200, 1, "ef", "01", 8.25, 3400)

    assert [first, second] == read([line_of(second), line_of(first)])
