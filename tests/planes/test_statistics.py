"""Histogram: equal to what sorting and summing would give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from studio_detector.planes.statistics import Histogram, mean, medians, percentiles, share

PLANES = arrays.arrays(
    np.uint8, arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=30)
)


@given(plane=PLANES)
def test_moments_are_those_of_the_pixels(plane: np.ndarray) -> None:
    histogram = Histogram.of(plane)
    assert plane.size == histogram.total
    assert plane.mean() == pytest.approx(histogram.mean())
    assert plane.std() == pytest.approx(histogram.standard_deviation(), abs=1e-9)


@given(plane=PLANES, percent=st.floats(0, 100))
def test_percentile_is_a_level_that_occurs_with_enough_pixels_below(
    plane: np.ndarray, percent: float
) -> None:
    level = Histogram.of(plane).percentile(percent)
    assert np.count_nonzero(plane <= level) >= percent / 100 * plane.size - 1e-9
    assert np.count_nonzero(plane < level) < max(percent / 100 * plane.size, 1e-12)


@given(plane=PLANES, level=st.integers(0, 255))
def test_fraction_counts_the_pixels_at_or_above(plane: np.ndarray, level: int) -> None:
    assert (plane >= level).mean() == pytest.approx(Histogram.of(plane).fraction_at_least(level))


@given(plane=PLANES, seed=st.integers(0, 99))
def test_only_pixels_inside_the_mask_count(plane: np.ndarray, seed: int) -> None:
    mask = np.random.default_rng(seed).random(plane.shape) > 0.5
    assert np.array_equal(np.bincount(plane[mask], minlength=256), Histogram.of(plane, mask).counts)


@given(plane=PLANES)
def test_entropy_is_zero_for_one_level_and_at_most_eight_bits(plane: np.ndarray) -> None:
    entropy = Histogram.of(plane).entropy_bits()
    assert -1e-12 <= entropy <= 8 + 1e-12
    assert (len(np.unique(plane)) == 1) == (abs(entropy) < 1e-12)


def test_nothing_counted_gives_zeros() -> None:
    empty = Histogram.of(np.zeros((3, 3), dtype=np.uint8), np.zeros((3, 3), dtype=np.bool_))
    assert empty.total == 0
    assert empty.percentile(50) == 0
    assert empty.mean() == 0
    assert empty.standard_deviation() == 0
    assert empty.fraction_at_least(0) == 0
    assert empty.entropy_bits() == 0


def test_counts_refuse_writing() -> None:
    counts = Histogram.of(np.zeros((3, 3), dtype=np.uint8)).counts
    with pytest.raises(ValueError, match="read-only"):
        counts[0] = 1


def test_a_channel_is_counted_like_a_plane() -> None:
    image = np.random.default_rng(1).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    alone = Histogram.of(np.ascontiguousarray(image[:, :, 2]))
    assert np.array_equal(alone.counts, Histogram.of(image, channel=2).counts)


FLOATS = arrays.arrays(
    np.float32,
    arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=30),
    elements=st.floats(-1000, 1000, width=32),
)


@given(plane=FLOATS, percent=st.floats(0, 100))
def test_percentiles_are_those_of_numpy(plane: np.ndarray, percent: float) -> None:
    expected = np.percentile(plane.astype(np.float64), [percent, 50])
    assert expected == pytest.approx(percentiles(plane, percent, 50), abs=1e-6)


@given(plane=FLOATS)
def test_medians_are_those_of_numpy(plane: np.ndarray) -> None:
    assert np.median(plane.astype(np.float64), axis=1) == pytest.approx(medians(plane))


@given(plane=FLOATS)
def test_mean_and_share_are_those_of_the_pixels(plane: np.ndarray) -> None:
    mask = plane >= plane.mean()
    assert mask.mean() == pytest.approx(share(mask))
    assert plane.mean(dtype=np.float64) == pytest.approx(mean(plane))
    if mask.any():
        assert plane[mask].mean(dtype=np.float64) == pytest.approx(mean(plane, mask))
