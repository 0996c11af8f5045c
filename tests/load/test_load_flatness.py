"""Memory that grows is told from memory that warms up, wavers or shrinks."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.load.flatness import flatness

_HOUR = [float(minute) for minute in range(60)]


def test_a_leak_is_found_and_its_slope_told():
    """Two MiB a minute, in noise."""
    chance = random.Random(1)
    mib = [300 + 2 * minute + chance.gauss(0, 3) for minute in _HOUR]

    found = flatness(_HOUR, mib)

    assert found["is_flat"] is False
    assert found["slope_mib_per_h"] == pytest.approx(120, rel=0.05)
    assert found["growth_mib"] == pytest.approx(2 * 39, rel=0.1)


def test_warming_up_is_no_leak():
    """The first third is not looked at: caches fill, processes that were killed come back."""
    mib = [200.0 + 10 * min(minute, 18) for minute in _HOUR]

    found = flatness(_HOUR, mib)

    assert found["is_flat"] is True
    assert 0 == found["slope_mib_per_h"]
    assert 380 == found["median_mib"]


def test_wavering_and_shrinking_are_flat():
    chance = random.Random(2)

    assert flatness(_HOUR, [300 + chance.gauss(0, 10) for _ in _HOUR])["is_flat"] is True
    assert flatness(_HOUR, [900 - 10 * minute for minute in _HOUR])["is_flat"] is True


@pytest.mark.parametrize(
    ("median_mib", "growth_mib", "is_flat"),
    [(100, 31, True), (100, 33, False), (1000, 99, True), (1000, 106, False)],
)
def test_it_may_grow_by_a_tenth_or_by_32_mib(median_mib, growth_mib, is_flat):
    """Whichever is more; over the time that is looked at."""
    mib = [median_mib - growth_mib / 2 + growth_mib * (minute - 20) / 39 for minute in _HOUR]

    assert flatness(_HOUR, mib)["is_flat"] is is_flat


@pytest.mark.parametrize("count", [0, 1, 5])
def test_a_short_run_tells_nothing(count):
    """Rather than that all is well."""
    assert flatness(_HOUR[:count], [100.0] * count)["is_flat"] is None


@given(st.lists(st.floats(1, 1e5), min_size=60, max_size=60), st.floats(0.5, 2))
def test_a_process_twice_as_large_grows_twice_as_much(mib, factor):
    one = flatness(_HOUR, mib)
    other = flatness(_HOUR, [factor * value for value in mib])

    assert other["growth_mib"] == pytest.approx(factor * one["growth_mib"], rel=1e-3, abs=0.02)
