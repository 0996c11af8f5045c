"""When to look closer, and what to call the result."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_detector.decision import policy

_confidences = st.floats(0, 1)


@given(confidence=_confidences)
def test_detail_runs_never_or_always_when_told_so(confidence):
    bounds = {"doubt_low": 0.3, "doubt_high": 0.7}

    assert not policy.detail_wanted(confidence, "lighting", **bounds)
    assert policy.detail_wanted(confidence, "all", **bounds)


@pytest.mark.parametrize(
    ("confidence", "wanted"),
    [(0.29, False), (0.3, True), (0.5, True), (0.7, True), (0.71, False)],
)
def test_detail_runs_in_doubt_with_its_bounds_included(confidence, wanted):
    assert wanted == policy.detail_wanted(confidence, "auto", doubt_low=0.3, doubt_high=0.7)


@given(confidence=_confidences, low=st.floats(0, 0.5), high=st.floats(0.5, 1))
def test_the_label_never_contradicts_the_verdict(confidence, low, high):
    label = policy.label(confidence, uncertain_low=low, uncertain_high=high)

    assert (label == "uncertain") == (low <= confidence <= high)
    if label != "uncertain":
        assert policy.is_studio(confidence) == (label == "studio")


def test_even_odds_are_not_studio():
    assert not policy.is_studio(0.5)
