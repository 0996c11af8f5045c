"""How the numbers of training photographs are divided into bins."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from decision.model_examples import small_model
from labelled_folder import make_table
from learning.synthetic_examples import synthetic
from studio_detector.decision import model_file
from studio_detector.decision.distribution import load_distribution
from studio_detector.decision.model import Head, Shape
from studio_detector.decision.shipped import load_model
from studio_detector.learning import distribution as module
from studio_detector.learning.distribution import BINS, bins_of, distribution_of
from studio_detector.learning.judged import Labelled
from studio_detector.pipeline.settings import Settings

VALUES = st.lists(
    st.one_of(
        st.sampled_from([0.0, 1.0, 255.0, -3.5]),
        st.floats(-1e6, 1e6),
        st.just(float("nan")),
    ),
    min_size=1,
    max_size=300,
).map(np.array)


@pytest.fixture(scope="module")
def examples():
    return synthetic(300)


def model():
    """One that reads a measure of the light alone."""
    shape = Shape(measure="light.m1", knots=(0.0, 1.0), log_odds=(-2.0, 2.0))
    head = Head(intercept=0.0, shapes=(shape,))
    return model_file.sealed(replace(small_model(), lighting=head, full=head, analyses={}))


@settings(deadline=None)
@given(VALUES)
def test_every_value_is_counted_where_a_service_would_place_it(values):
    """Once, and what is missing is counted as missing."""
    found = bins_of(values)

    placed = [found.place(None if np.isnan(v) else float(v)) for v in values]
    counts = np.bincount(placed, minlength=len(found.all_counts))
    assert counts.tolist() == list(found.all_counts)


@settings(deadline=None)
@given(VALUES)
def test_there_are_few_bins(values):
    """Each edge is a number that every photo is compared with."""
    assert len(bins_of(values).counts) <= 2 * BINS


def test_bins_of_values_that_differ_hold_a_tenth_each():
    """Ten of them."""
    assert (100,) * 10 == bins_of(np.arange(1000.0)).counts


@pytest.mark.parametrize("beyond", [-1e-3, 1e-3])
def test_what_lies_beside_a_constant_is_seen(beyond):
    """Below it as well as above, though no training photograph did."""
    found = bins_of(np.full(50, 0.25))

    assert 50 == found.counts[found.place(0.25)]
    assert 0 == found.all_counts[found.place(0.25 + beyond)]


def test_what_was_computed_a_bit_otherwise_is_the_same():
    """Another machine rounds the last bit otherwise."""
    found = bins_of(np.full(50, 1 / 3))

    assert found.place(1 / 3) == found.place(np.nextafter(1 / 3, 0)) == found.place(0.1 + 0.7 / 3)


def test_a_value_that_many_have_is_a_bin_of_its_own():
    """A count of nothing, among counts that differ."""
    found = bins_of(np.concatenate([np.zeros(400), np.linspace(0.1, 1, 600)]))

    assert 400 == found.counts[found.place(0.0)]
    assert found.place(-0.1) != found.place(0.0) != found.place(0.05)


def test_what_is_never_there_has_two_bins():
    """There and missing."""
    found = bins_of(np.full(7, np.nan))

    assert (0, 7) == found.all_counts


def test_few_values_have_few_bins():
    """Twenty in each, so that chance does not look like drift."""
    assert (24, 24, 24, 23) == bins_of(np.arange(95.0)).counts


class TestOfModel:
    def test_details_are_those_of_photographs_in_doubt(self, examples):
        """The policy would not measure the others'."""
        labelled = Labelled.of(examples.photos, examples.table)
        policy = Settings(doubt_low=0.4, doubt_high=0.6)

        found = distribution_of(model(), labelled, examples.registry, settings=policy)

        in_doubt = found.card["training_set"]["in_doubt"]
        assert 300 == sum(found.confidence.all_counts)
        assert 0 < in_doubt < 300
        assert {in_doubt} == {sum(bins.all_counts) for bins in found.in_doubt.values()}
        assert {key for key in examples.keys if key.startswith("light")} == found.measures.keys()

    def test_where_none_is_in_doubt_details_are_left_out(self, examples):
        """There is nothing to compare with."""
        labelled = Labelled.of(examples.photos, examples.table)
        policy = Settings(doubt_low=0.5, doubt_high=0.5)

        found = distribution_of(model(), labelled, examples.registry, settings=policy)

        assert {} == found.in_doubt


def test_the_command_writes_it_beside_a_model_file(tmp_path, monkeypatch):
    """Of the training split, measured by the built-in analyses."""
    photos = make_table(tmp_path / "photos")
    mine = tmp_path / "mine.json"
    mine.write_text(model_file.dumps(load_model("cues")), encoding="utf-8")

    words = ["--photos", str(photos), "--model", str(mine), "--cache", str(tmp_path / "cache")]
    answer = CliRunner().invoke(module.main, [*words, "--unseen"])

    assert 0 == answer.exit_code, answer.output
    found = load_distribution(str(mine))
    assert load_model("cues").identity == found.model
    assert found.card["training_set"]["photographs"] == sum(found.confidence.all_counts) > 0
