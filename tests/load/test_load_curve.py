"""Percentiles, and from which rate on a service is full."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.load.answers import Answer
from tools.load.curve import answered_per_s, is_full, percentile, saturation, step


def _answers(latencies_s, *, every_s=0.1, status=200):
    return [
        Answer(every_s * n, every_s * n, every_s * n + wait, status, 1, f"{n}", "", 1.0, 10)
        for n, wait in enumerate(latencies_s)
    ]


@pytest.mark.parametrize(
    ("part", "value"), [(0.01, 1), (0.5, 50), (0.95, 95), (0.951, 96), (0.99, 99), (1, 100)]
)
def test_a_percentile_is_a_value_that_so_many_do_not_exceed(part, value):
    assert value == percentile(list(range(100, 0, -1)), part)


@given(
    values=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60),
    part=st.floats(0.001, 1),
)
def test_a_percentile_is_the_least_value_below_which_enough_lie(values, part):
    found = percentile(values, part)
    below = sum(value < found for value in values)
    up_to = sum(value <= found for value in values)

    assert found in values
    assert up_to >= part * len(values) - 1e-6
    assert below < part * len(values)


@pytest.mark.parametrize(("values", "part"), [([], 0.5), ([1.0], 0.0), ([1.0], 1.1)])
def test_there_is_no_percentile_of_nothing(values, part):
    with pytest.raises(ValueError, match="percentile"):
        percentile(values, part)


def test_a_step_counts_what_came_of_its_pictures():
    answers = [
        *_answers([0.1] * 90),
        *_answers([0.1] * 4, status=429),
        *_answers([40.0] * 3, status=202),
        *_answers([5.0] * 2, status=0),
        *_answers([0.2], status=503),
    ]

    found = step(answers, rate_per_s=10, seconds=10)

    assert 100 == found["offered"]
    assert 90 == found["answered"] == found["answered_in_time"]
    assert (4, 3, 3) == (found["too_many"], found["not_in_time"], found["failed"])
    assert 100.0 == pytest.approx(found["p50_ms"])


def test_who_got_no_result_has_waited_without_end():
    """Or a service that turns callers away at once would look fast."""
    answers = [*_answers([0.1] * 94), *_answers([0.001] * 6, status=503)]

    found = step(answers, rate_per_s=10, seconds=10)

    assert 100.0 == pytest.approx(found["p50_ms"])
    assert (None, None, None) == (found["mean_ms"], found["p95_ms"], found["p99_ms"])


def test_slow_ones_and_refused_ones_together_are_saturation():
    """Each kind alone is less than one in twenty; of all callers, 8 % have waited too long."""
    fine, slow, refused = [0.1] * 92, [3.0] * 4, [0.001] * 4
    all_ = [*_answers(fine), *_answers(slow), *_answers(refused, status=503)]

    assert is_full(step(all_, 10, 10))
    assert not is_full(step([*_answers(fine), *_answers(slow)], 10, 10))


def test_results_that_come_long_after_a_step_are_answered_and_not_in_time():
    """They are how a queue that only grows looks from outside."""
    found = step(_answers([0.15 * n for n in range(100)]), rate_per_s=10, seconds=10)

    assert 100 == found["answered"]
    # The n-th is due at n / 10 and answered at n / 4; two seconds of grace follow the ten.
    assert 49 == found["answered_in_time"]
    assert is_full(found)


def test_a_step_without_any_result_has_no_latencies_and_is_full():
    found = step(_answers([0.01] * 10, status=503), rate_per_s=10, seconds=1)

    assert found["p95_ms"] is None
    assert is_full(found)


def test_a_few_slow_ones_are_no_sign_of_saturation_and_one_in_ten_is():
    slow = [3.0] * 4

    assert not is_full(step(_answers([0.1] * 96 + slow), 10, 20))
    assert is_full(step(_answers([0.1] * 36 + slow), 10, 20))


def _step(rate, *, p95_ms=100.0, in_time=1.0):
    return {
        "rate_per_s": rate,
        "seconds": 10.0,
        "p95_ms": p95_ms,
        "offered": 10 * rate,
        "answered_in_time": round(10 * rate * in_time),
    }


def test_a_service_that_was_full_has_had_the_time_of_grace_to_answer_in():
    """Divided by the step alone, it would take more than it can."""
    assert 45.0 == answered_per_s(_step(60, in_time=0.9))
    assert 57.6 == answered_per_s(_step(60, in_time=0.96))
    assert 60.0 == answered_per_s(_step(60))


@given(rate=st.integers(5, 80), can=st.integers(10, 40))
def test_nobody_is_said_to_answer_more_than_it_can(rate, can):
    """One after the other, each taking as long as all others."""
    seconds, free, answers = 20, 0.0, []
    for n in range(rate * seconds):
        free = max(free, n / rate) + 1 / can
        answers.append(Answer(n / rate, n / rate, free, 200, 1, f"{n}", "", 1.0, 10))

    found = step(answers, rate, seconds)

    if is_full(found):
        assert found["answered_per_s"] <= can + 0.1
    else:
        assert 0.95 * rate <= found["answered_per_s"] <= rate


def test_saturation_is_the_lowest_rate_that_is_too_much():
    found = saturation([_step(10), _step(20), _step(30, p95_ms=2500.0), _step(40, in_time=0.9)])

    assert {"full_per_s": 30, "most_per_s": 30.0, "saturation_per_s": 30} == found


def test_what_is_answered_bounds_saturation_where_steps_are_far_apart():
    """Full at 100, and 600 answered in twelve seconds: 70 % of 100 would be too much for it."""
    found = saturation([_step(10), _step(100, in_time=0.6)])

    assert 50.0 == found["saturation_per_s"]


def test_a_service_that_was_never_full_has_shown_what_it_was_asked_for():
    found = saturation([_step(10), _step(20)])

    assert found["full_per_s"] is None
    assert 20 == found["saturation_per_s"]
