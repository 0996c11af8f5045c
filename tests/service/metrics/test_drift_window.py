"""The window holds the last photos, exactly, and forgets them in order and in time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_detector.decision.distribution import Bins
from studio_detector.decision.drift import population_stability
from studio_detector.service.metrics.window import Window

TWO = {
    "a": Bins(edges=(0.0, 1.0), counts=(10, 10, 10), missing=5),
    "b": Bins(edges=(), counts=(7,), missing=1),
}
VALUES = st.dictionaries(
    st.sampled_from(["a", "b", "unknown"]), st.none() | st.floats(-2, 2), max_size=3
)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def by_hand(photos):
    """What the indices of these photos are."""
    found = {}
    for name, bins in TWO.items():
        counts = [0] * len(bins.all_counts)
        for values in photos:
            if name in values:
                counts[bins.place(values[name])] += 1
        if sum(counts):
            found[name] = population_stability(bins.all_counts, counts)
    return found


@settings(deadline=None)
@given(st.lists(VALUES, max_size=30), st.integers(1, 10))
def test_it_is_always_of_the_last_photos_alone(photos, size):
    """Counting them by hand gives the same."""
    window = Window(TWO, photos=size)
    for values in photos:
        window.add(values)

    kept = photos[-size:]
    assert len(kept) == window.photos()
    assert by_hand(kept) == pytest.approx(window.drifts(fewest=1))


@settings(deadline=None)
@given(st.lists(st.tuples(VALUES, st.floats(0, 10)), max_size=20))
def test_what_is_too_old_does_not_count(photos):
    """Though nothing came since."""
    clock = Clock()
    window = Window(TWO, photos=8, age_s=10.0, clock=clock)
    added = []
    for values, pause_s in photos:
        clock.now += pause_s
        window.add(values)
        added.append((values, clock.now))
    clock.now += 5

    kept = [values for values, at in added[-8:] if at >= clock.now - 10]
    assert len(kept) == window.photos()
    assert by_hand(kept) == pytest.approx(window.drifts(fewest=1))


def test_below_a_number_of_photos_there_is_no_index():
    """It would be chance."""
    window = Window(TWO)
    for _ in range(499):
        window.add({"a": 0.5})
    assert {} == window.drifts()

    window.add({"a": 0.5})
    assert {"a"} == window.drifts().keys()


def test_a_window_of_nothing_is_empty():
    """As where no photograph of the training was in doubt."""
    window = Window({})
    window.add({"a": 1.0})

    assert {} == window.drifts(fewest=1)


def test_a_number_may_have_many_bins():
    """More than fit in a byte, in a file that somebody else wrote."""
    expected = Bins(edges=tuple(map(float, range(300))), counts=(1,) * 301)
    window = Window({"a": expected})
    for value in range(301):
        window.add({"a": value - 0.5})
    window.add({})

    assert 302 == window.photos()
    assert 0 == window.drifts(fewest=1)["a"]


def test_photos_like_those_of_the_training_do_not_drift_and_others_do():
    """Drawn from the same, and shifted by half a deviation."""
    rng = np.random.default_rng(1)
    edges = np.quantile(rng.normal(size=2000), np.arange(1, 10) / 10)
    expected = Bins(edges=tuple(edges), counts=(200,) * 10)
    same, shifted = Window({"a": expected}), Window({"a": expected})
    for value in rng.normal(size=2000).tolist():
        same.add({"a": value})
        shifted.add({"a": value + 0.5})

    assert same.drifts()["a"] < 0.02
    assert 0.2 < shifted.drifts()["a"] < 0.4
