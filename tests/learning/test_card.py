"""What a model's card says about how far its confidence can be trusted."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from studio_detector.learning.card import reliability_card


@given(
    st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=2, max_size=60).filter(
        lambda rows: {studio for studio, _ in rows} == {True, False}
    )
)
def test_every_photograph_is_counted_once(rows):
    """Whatever its confidence, the ends included."""
    studio, confidence = (np.array(column) for column in zip(*rows, strict=True))

    entries = reliability_card(studio, confidence)

    assert len(rows) == sum(entry["photographs"] for entry in entries)
    assert all(0 <= entry["studio"] <= 1 for entry in entries)
    assert all(a["high"] <= b["low"] for a, b in pairwise(entries))


def test_shares_are_stated_at_even_odds():
    """One studio photograph among three, three natural ones in all: it weighs as much."""
    studio = np.array([True, False, False, False])
    confidence = np.array([0.92, 0.92, 0.1, 0.3])

    entry = reliability_card(studio, confidence)[-1]

    assert (0.9, 0.95, 2) == (entry["low"], entry["high"], entry["photographs"])
    assert entry["studio"] == 0.75
