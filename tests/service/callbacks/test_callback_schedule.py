"""Tries are spread over a day, with jitter, and later where the receiver asks for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_detector.service.callbacks.schedule import (
    JITTER_RATIO,
    MOST_ASKED_S,
    MOST_TRIES,
    TRIES_AFTER_S,
    pause_s,
)

DAY_S = 86_400


def middle():
    return 0.5


def test_the_times_are_those_of_the_specification():
    minute, hour = 60, 3600
    assert TRIES_AFTER_S == (
        0,
        5,
        5 * minute,
        30 * minute,
        2 * hour,
        5 * hour,
        10 * hour,
        14 * hour,
        20 * hour,
        24 * hour,
    )


def test_without_jitter_the_tries_come_at_these_times_and_the_last_after_a_day():
    pauses = [pause_s(tries, randomly=middle) for tries in range(1, MOST_TRIES)]
    times = [sum(pauses[:count]) for count in range(MOST_TRIES)]
    assert times == pytest.approx(list(TRIES_AFTER_S))
    assert pause_s(MOST_TRIES, randomly=middle) is None


@given(tries=st.integers(1, MOST_TRIES - 1), random=st.floats(0, 1))
def test_jitter_is_a_tenth_either_way(tries, random):
    planned = pause_s(tries, randomly=middle)
    pause = pause_s(tries, randomly=lambda: random)
    assert abs(pause - planned) <= JITTER_RATIO * planned * 1.000001


@given(
    tries=st.integers(1, MOST_TRIES - 1),
    asked=st.one_of(st.none(), st.floats(0, 10 * DAY_S)),
    random=st.floats(0, 1),
)
def test_a_receiver_can_ask_for_more_time_within_bounds_and_never_for_less(tries, asked, random):
    planned = pause_s(tries, randomly=lambda: random)
    pause = pause_s(tries, asked_s=asked, randomly=lambda: random)
    assert pause == max(planned, min(asked or 0.0, MOST_ASKED_S))


@pytest.mark.parametrize("tries", [MOST_TRIES, MOST_TRIES + 1, 1000])
def test_after_the_last_try_there_is_none(tries):
    assert pause_s(tries, asked_s=5.0, randomly=middle) is None


@pytest.mark.parametrize("tries", [0, -3])
def test_a_count_that_cannot_be_still_gives_a_pause(tries):
    assert pause_s(tries, randomly=middle) == 5.0
