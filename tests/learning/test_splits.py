"""Folds that keep groups whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_detector.errors import ConfigError
from studio_detector.learning.dataset import read_dataset
from studio_detector.learning.splits import grouped_folds, repeated_grouped_folds

_examples = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=2, max_size=80).filter(
    lambda examples: len({group for group, _ in examples}) >= 2
)


@given(examples=_examples, folds=st.integers(2, 6), seed=st.integers(0, 99))
def test_no_group_stands_on_both_sides_and_nothing_is_lost(examples, folds, seed):
    groups, classes = zip(*examples, strict=True)
    folds = min(folds, len(set(groups)))

    division = grouped_folds(groups, classes, folds=folds, seed=seed)

    held_out = np.concatenate([fold.held_out for fold in division])
    assert list(range(len(examples))) == sorted(held_out.tolist())
    for fold in division:
        inside = {groups[i] for i in fold.held_out}
        outside = {groups[i] for i in fold.fit}
        assert set() == inside & outside
        assert len(examples) == len(fold.held_out) + len(fold.fit)
        assert len(fold.held_out) > 0


def test_sizes_and_class_shares_are_even():
    rng = np.random.default_rng(1)
    sizes = rng.integers(2, 30, 100)
    groups = np.repeat(np.arange(100), sizes).tolist()
    shares = np.repeat(rng.random(100), sizes)
    classes = (rng.random(len(groups)) < shares).tolist()

    division = grouped_folds(groups, classes, folds=5, seed=0)

    counts = np.array([len(fold.held_out) for fold in division])
    studio = np.array([np.mean([classes[i] for i in fold.held_out]) for fold in division])
    assert np.abs(counts - len(groups) / 5).max() < 0.03 * len(groups) / 5
    assert np.abs(studio - np.mean(classes)).max() < 0.02


def test_equal_seeds_divide_equally_and_others_differently():
    groups = [index // 3 for index in range(120)]
    classes = [index % 2 for index in range(120)]

    one, two = repeated_grouped_folds(groups, classes, folds=4, repeats=2, seed=5)
    again = grouped_folds(groups, classes, folds=4, seed=5)

    assert [f.held_out.tolist() for f in one] == [f.held_out.tolist() for f in again]
    assert [f.held_out.tolist() for f in one] != [f.held_out.tolist() for f in two]


@pytest.mark.parametrize("folds", [0, 1, 4])
def test_folds_that_cannot_be_made_are_refused(folds):
    with pytest.raises(ConfigError, match=f"3 groups cannot be divided into {folds} folds"):
        grouped_folds([1, 2, 3], [0, 1, 0], folds=folds)


@pytest.mark.photos
def test_the_training_split_divides_evenly(photos_folder):
    photos = read_dataset(photos_folder).decided().split("train").photos
    studio = [photo.label == "studio" for photo in photos]

    for fold in grouped_folds([photo.group for photo in photos], studio, folds=5, seed=7):
        assert len(fold.held_out) == pytest.approx(len(photos) / 5, rel=0.1)
        assert np.mean(studio) == pytest.approx(
            np.mean([studio[i] for i in fold.held_out]), abs=0.05
        )
