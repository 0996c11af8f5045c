"""Reduction: means of pixels, in halves, the same for pictures and masks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_detector.planes import scale


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("rows", [40, 41], ids=["even", "odd"])
def test_a_half_is_the_mean_of_two_by_two_pixels_without_an_odd_last_row(rows: int) -> None:
    image = noise(rows, 64, 3)
    expected = image[:40].reshape(20, 2, 32, 2, 3).mean(axis=(1, 3))
    assert np.abs(expected - scale.reduced(image, 32)).max() <= 0.5


def test_the_way_leads_over_halves() -> None:
    image = noise(171, 256)
    assert np.array_equal(scale.reduced(scale.reduced(image, 128), 64), scale.reduced(image, 64))


def test_what_is_small_enough_stays_as_it_is() -> None:
    image = noise(30, 40)
    assert scale.reduced(image, 40) is image


@settings(max_examples=60, deadline=None)
@given(rows=st.integers(1, 300), columns=st.integers(1, 300), side=st.integers(1, 90))
def test_the_long_side_is_the_one_wanted_and_nothing_vanishes(
    rows: int, columns: int, side: int
) -> None:
    small = scale.reduced(noise(rows, columns, 3), side)
    assert max(small.shape[:2]) == min(side, max(rows, columns))
    assert min(small.shape[:2]) >= 1


def test_cover_tells_all_from_some_and_none() -> None:
    mask = np.zeros((64, 64), dtype=np.bool_)
    mask[:30] = True
    cover = scale.cover(mask, 16)
    assert (cover[:7] == scale.COVERED).all()
    assert ((cover[7] > 0) & (cover[7] < scale.COVERED)).all()
    assert not cover[8:].any()


def test_cover_of_a_pixel_that_misses_one_is_never_whole() -> None:
    """Rounding on the way through the halves does not close a hole."""
    mask = np.ones((256, 256), dtype=np.bool_)
    mask[100, 77] = False
    assert (scale.cover(mask, 64) < scale.COVERED).sum() == 1
