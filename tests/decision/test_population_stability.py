"""The population stability index: what it is for samples of which that is known."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from studio_detector.decision.drift import population_stability

COUNTS = st.lists(st.integers(0, 10_000), min_size=2, max_size=12).filter(sum)


@st.composite
def pairs(draw):
    """Two samples in the same bins."""
    expected = draw(COUNTS)
    size = len(expected)
    found = draw(st.lists(st.integers(0, 10_000), min_size=size, max_size=size).filter(sum))
    return expected, found


def test_it_is_what_the_formula_gives_where_samples_are_large():
    """Ten per cent of photographs that went from one bin to the other."""
    expected, found = [500_000, 500_000], [400_000, 600_000]

    by_hand = -0.1 * math.log(0.4 / 0.5) + 0.1 * math.log(0.6 / 0.5)

    assert by_hand == pytest.approx(population_stability(expected, found), abs=1e-5)


@given(pairs())
def test_it_is_never_below_nothing_and_never_without_end(samples):
    """Whatever is empty."""
    index = population_stability(*samples)

    assert 0 <= index < math.inf


@given(pairs())
def test_it_does_not_matter_which_of_two_is_compared_with_which(samples):
    """It is symmetric."""
    expected, found = samples

    forth, back = population_stability(expected, found), population_stability(found, expected)

    assert forth == pytest.approx(back, rel=1e-9, abs=1e-12)


@given(COUNTS, st.integers(1, 50))
def test_equal_shares_are_exactly_nothing(counts, times):
    """Whatever the sizes are."""
    assert 0 == population_stability(counts, [count * times for count in counts])


@given(st.integers(1, 5000), st.integers(0, 5000), st.integers(0, 4999))
def test_it_grows_with_the_photographs_that_moved(stay, moved, more):
    """From one bin into another that was as full."""
    assume(moved + more < stay)

    def shifted(by):
        return population_stability([stay, stay], [stay - by, stay + by])

    assert shifted(moved) <= shifted(moved + more)


def test_a_bin_that_was_empty_is_told():
    """Half a photograph beforehand keeps it finite."""
    index = population_stability([1000, 0], [500, 500])

    assert 3 < index < 4


@pytest.mark.parametrize(
    ("expected", "found"), [([1, 2], [1, 2, 3]), ([0, 0], [1, 2]), ([1, 2], [0, 0]), ([], [])]
)
def test_what_cannot_be_compared_is_refused(expected, found):
    """Other bins, or no photographs."""
    with pytest.raises(ValueError, match="bins"):
        population_stability(expected, found)
