"""Splits by region, camera maker and year never share a group."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.synthetic_examples import synthetic
from studio_detector.learning.dataset import read_dataset
from studio_detector.learning.select import Examples
from studio_detector.learning.splits import folds_by_value, folds_by_year
from studio_detector.learning.transfer import transfer_folds, transfer_rows

_values = st.sampled_from(["", "a", "b", "c"])
_years = st.sampled_from(["", "2018", "2019", "2020", "2021"])


def _check(fold, groups):
    fit, held_out = fold.fit.tolist(), fold.held_out.tolist()
    assert set() == {groups[i] for i in fit} & {groups[i] for i in held_out}
    assert fit
    assert held_out


@given(examples=st.lists(st.tuples(st.integers(0, 6), _values), min_size=1, max_size=50))
def test_a_value_is_held_out_with_everyone_who_has_it(examples):
    groups, values = zip(*examples, strict=True)

    for part in folds_by_value(groups, values):
        _check(part.fold, groups)
        expected = [i for i, value in enumerate(values) if value == part.name]
        assert expected == part.fold.held_out.tolist()
        assert part.name != ""
        # Whoever has nothing to do with the value is fitted on, also with unknown values.
        outsiders = set(groups) - {groups[i] for i in expected}
        assert [i for i, g in enumerate(groups) if g in outsiders] == part.fold.fit.tolist()


@given(examples=st.lists(st.tuples(st.integers(0, 6), _years), min_size=1, max_size=50))
def test_the_future_is_never_fitted_on(examples):
    groups, years = zip(*examples, strict=True)

    for part in folds_by_year(groups, years, first_years=("2019", "2021")):
        _check(part.fold, groups)
        first = part.name.split()[0]
        assert all(years[i] >= first for i in part.fold.held_out)
        assert all("" < years[i] < first for i in part.fold.fit)
        assert sum(year >= first for year in years) == len(part.fold.held_out)


def test_values_with_too_few_examples_are_not_held_out():
    groups, values = [0, 1, 2, 3, 4], ["a", "a", "b", "", "a"]

    assert ["a"] == [part.name for part in folds_by_value(groups, values, fewest=2)]


@pytest.mark.photos
@pytest.mark.parametrize("across", ["region", "make", "year"])
def test_the_photographs_can_be_split_by_each(photos_folder, across):
    photos = read_dataset(photos_folder).decided().split("train").photos
    groups = [photo.group for photo in photos]

    parts = transfer_folds(photos, across)
    assert len(parts) >= 2
    for part in parts:
        _check(part.fold, groups)


def test_transfer_tells_what_is_lost_where_the_like_was_not_seen():
    """A measure that means the opposite in one region is worthless there."""
    data = synthetic(600, groups=30)
    there = np.array([int(group[1:]) < 10 for group in data.groups])
    matrix = data.matrix.copy()
    matrix[:, 0] = np.where(data.studio, 0.9, 0.1) + 0.05 * matrix[:, 0]
    matrix[there, 0] = 1 - matrix[there, 0]
    examples = Examples(
        keys=data.keys[:1], matrix=matrix[:, :1], studio=data.studio, groups=data.groups
    )
    parts = folds_by_value(data.groups, ["there" if t else "here" for t in there.tolist()])

    rows = transfer_rows(examples, parts, folds=3, seed=1)
    assert ["here", "there"] == [row[0] for row in rows]
    assert int(data.studio[there].sum()) == int(rows[1][1])
    assert float(rows[1][3]) < 0.1
    assert float(rows[0][4]) > float(rows[0][3])
