"""Counts in memory: the window slides, and memory is bounded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_detector.errors import ConfigError
from studio_detector.service.rate import Rate, read_rate
from studio_detector.service.rates.memory import MemoryRates
from studio_detector.service.rates.open import open_rates
from studio_detector.service.rates.redis_rates import RedisRates
from studio_detector.service.settings import ServiceSettings

WINDOW_S = 10


class Clock:
    """Stands still until it is moved."""

    def __init__(self):
        self.now = 12_345.0

    def __call__(self):
        return self.now


def counted(most):
    clock = Clock()
    return clock, MemoryRates({"key": Rate(most=most, window_s=WINDOW_S)}, clock=clock)


@given(
    most=st.integers(1, 20),
    steps=st.lists(st.tuples(st.floats(0, 8), st.integers(1, 5)), min_size=1, max_size=60),
)
def test_in_no_fixed_window_passes_more_than_the_limit(most, steps):
    """Whatever the pauses and the costs."""
    clock, rates = counted(most)
    passed = {}
    for pause_s, cost in steps:
        clock.now += pause_s
        if rates.hit({"key": "a"}, cost=cost).is_allowed:
            window = clock.now // WINDOW_S
            passed[window] = passed.get(window, 0) + cost

    assert all(count <= most for count in passed.values())


@given(
    most=st.integers(1, 20),
    steps=st.lists(st.tuples(st.floats(0, 8), st.integers(1, 5)), min_size=1, max_size=60),
)
def test_who_comes_back_when_told_is_let_in(most, steps):
    """`reset_s` is enough; half of it is not, unless it is next to nothing."""
    clock, rates = counted(most)
    for pause_s, cost in steps:
        clock.now += pause_s
        verdict = rates.hit({"key": "a"}, cost=cost)
        if verdict.is_allowed or cost > most:
            continue
        clock.now += verdict.reset_s / 2
        if verdict.reset_s > 0.01:
            assert not rates.hit({"key": "a"}, cost=cost).is_allowed
        clock.now += verdict.reset_s / 2 + 1e-6
        assert rates.hit({"key": "a"}, cost=cost).is_allowed


def test_a_burst_at_the_turn_of_a_window_is_no_way_around():
    """With fixed windows, twice the limit would pass within a moment."""
    clock, rates = counted(10)
    clock.now = 2 * WINDOW_S - 0.1
    before = sum(rates.hit({"key": "a"}).is_allowed for _ in range(20))
    clock.now = 2 * WINDOW_S + 0.1

    after = sum(rates.hit({"key": "a"}).is_allowed for _ in range(20))

    assert (10, 0) == (before, after)


def test_names_are_forgotten_when_there_are_too_many():
    """Those first that were seen longest ago."""
    rates = MemoryRates({"address": Rate(most=1, window_s=60)}, clock=Clock(), most_names=3)
    for who in "abc":
        rates.hit({"address": who})
    rates.hit({"address": "d"})

    assert [True, False] == [rates.hit({"address": who}).is_allowed for who in "ad"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("60/minute", (60, 60)),
        (" 5 / second ", (5, 1)),
        ("1/hour", (1, 3600)),
        ("999999999999/day", (999_999_999_999, 86_400)),
    ],
)
def test_rates_are_read(text, expected):
    """A number and a unit."""
    rate = read_rate(text, name="rate_key")

    assert expected == (rate.most, rate.window_s)


def test_none_is_no_limit():
    """Said in a word, since 0 could mean nothing at all."""
    assert read_rate("none", name="rate_key") is None


@pytest.mark.parametrize(
    "text",
    [
        *("", "0/minute", "-1/minute", "1/week", "1", "minute", "1/2/minute", "1e3/minute"),
        *("1/minutes", "1.5/second", "1000000000000/second", "NONE", "\u0663/minute"),
    ],
)
def test_what_is_no_rate_is_refused_at_once(text):
    """When the settings are made, and not at the first request."""
    with pytest.raises(ConfigError, match="rate_tenant is") as caught:
        ServiceSettings(rate_tenant=text)

    assert "config_invalid_value" == caught.value.code


def test_the_settings_say_where_and_how_much():
    """The place of the cache, unless another is named."""
    far = open_rates(ServiceSettings(cache_url="redis://127.0.0.1:1/0"))
    near = open_rates(
        ServiceSettings(cache_url="redis://127.0.0.1:1/0", rates_url="memory://", rate_key="7/day")
    )

    assert isinstance(far, RedisRates)
    assert far.is_far
    assert not near.is_far
    assert 6 == near.hit({"key": "a"}).remaining
    assert open_rates(ServiceSettings(rate_key="none")).hit({"key": "a"}) is None


@pytest.mark.parametrize("url", ["smoke://signals", "redis://host:port/0", ""])
def test_a_place_that_is_none_is_refused(url):
    """With what can be set."""
    if not url:
        assert not open_rates(ServiceSettings(rates_url=url)).is_far
        return
    with pytest.raises(ConfigError, match="rates_url"):
        open_rates(ServiceSettings(rates_url=url))
