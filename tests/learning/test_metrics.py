"""Figures against scikit-learn, by hand, and by what they mean."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_detector.learning import metrics

sklearn_metrics = pytest.importorskip("sklearn.metrics")


@st.composite
def judged(draw, *, weighted=True):
    """Truth of both classes, confidences with many ties, and weights."""
    size = draw(st.integers(2, 40))
    studio = np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size)))
    studio[:2] = [True, False]
    steps = draw(st.lists(st.integers(0, 20), min_size=size, max_size=size))
    weights = draw(st.lists(st.integers(1, 5), min_size=size, max_size=size))
    return studio, np.array(steps) / 20, np.array(weights, dtype=float) if weighted else None


#: Each comparison calls scikit-learn, which takes milliseconds.
_few = settings(max_examples=30, deadline=None)


class TestAgainstScikitLearn:
    @_few
    @given(judged())
    def test_auc(self, case):
        studio, confidence, weights = case
        expected = sklearn_metrics.roc_auc_score(studio, confidence, sample_weight=weights)

        assert expected == pytest.approx(metrics.auc(studio, confidence, weights))

    @_few
    @given(judged())
    def test_average_precision(self, case):
        studio, confidence, weights = case
        expected = sklearn_metrics.average_precision_score(
            studio, confidence, sample_weight=weights
        )

        assert expected == pytest.approx(metrics.average_precision(studio, confidence, weights))

    @_few
    @given(judged())
    def test_accuracy_and_balanced_accuracy(self, case):
        studio, confidence, weights = case
        called = confidence > 0.5

        accuracy = sklearn_metrics.accuracy_score(studio, called, sample_weight=weights)
        balanced = sklearn_metrics.balanced_accuracy_score(studio, called, sample_weight=weights)
        assert accuracy == pytest.approx(metrics.accuracy(studio, confidence, weights))
        assert balanced == pytest.approx(metrics.balanced_accuracy(studio, confidence, weights))

    @_few
    @given(judged())
    def test_precision_recall_and_f1_of_both_classes(self, case):
        studio, confidence, weights = case
        expected = sklearn_metrics.precision_recall_fscore_support(
            studio,
            confidence > 0.5,
            sample_weight=weights,
            labels=[True, False],
            zero_division=np.nan,
        )

        for column, figures in enumerate(
            (
                metrics.class_figures(studio, confidence, weights),
                metrics.natural_figures(studio, confidence, weights),
            )
        ):
            precision, recall, f1 = (expected[row][column] for row in range(3))
            assert (None if np.isnan(precision) else pytest.approx(precision)) == figures.precision
            assert pytest.approx(recall) == figures.recall
            assert pytest.approx(f1) == figures.f1

    @_few
    @given(judged())
    def test_brier_and_log_loss(self, case):
        studio, confidence, weights = case
        confidence = confidence.clip(0.01, 0.99)

        brier = sklearn_metrics.brier_score_loss(studio, confidence, sample_weight=weights)
        loss = sklearn_metrics.log_loss(studio, confidence, sample_weight=weights)
        assert brier == pytest.approx(metrics.brier(studio, confidence, weights))
        assert loss == pytest.approx(metrics.log_loss(studio, confidence, weights))


class TestWeights:
    @given(judged())
    def test_a_weight_of_two_is_an_example_twice(self, case):
        studio, confidence, weights = case
        copies = weights.astype(int)
        twice = np.repeat(studio, copies), np.repeat(confidence, copies)

        for figure in (metrics.auc, metrics.average_precision, metrics.brier, metrics.accuracy):
            assert figure(*twice) == pytest.approx(figure(studio, confidence, weights))

    @given(judged(weighted=False), st.floats(0.05, 0.95))
    def test_prevalence_weights_give_that_share_of_studio(self, case, prevalence):
        studio, _, _ = case
        weights = metrics.weights_at_prevalence(studio, prevalence)

        assert 1 == pytest.approx(weights.sum())
        assert prevalence == pytest.approx(weights[studio].sum())

    def test_figures_that_do_not_exist_are_none(self):
        nobody = np.zeros(3, dtype=bool)
        confidence = np.array([0.1, 0.2, 0.9])

        assert metrics.auc(nobody, confidence) is None
        assert metrics.average_precision(nobody, confidence) is None
        assert metrics.balanced_accuracy(nobody, confidence) is None
        assert metrics.class_figures(nobody, confidence).recall is None
        assert metrics.class_figures(nobody, confidence * 0).precision is None
        assert metrics.calibration_error(nobody, confidence, np.zeros(3)) is None


class TestCalibrationError:
    def test_by_hand(self):
        """Two bins: mean confidence 0.15 with 0 of 2, and 0.85 with 1 of 2."""
        confidence = np.array([0.1, 0.2, 0.8, 0.9])
        studio = np.array([False, False, False, True])

        expected = (0.15 + 0.35) / 2
        assert expected == pytest.approx(metrics.calibration_error(studio, confidence, bins=2))

    def test_a_calibrated_model_scores_near_zero_and_an_overconfident_one_high(self):
        rng = np.random.default_rng(0)
        confidence = rng.random(40_000)
        studio = rng.random(40_000) < confidence
        overconfident = (confidence > 0.5).astype(float)

        assert metrics.calibration_error(studio, confidence) < 0.02
        assert metrics.calibration_error(studio, overconfident) == pytest.approx(0.25, abs=0.02)

    @given(judged(), st.randoms(use_true_random=False))
    def test_does_not_depend_on_the_order_of_the_examples(self, case, random):
        studio, confidence, weights = case
        order = list(range(len(studio)))
        random.shuffle(order)

        expected = metrics.calibration_error(studio, confidence, weights)
        shuffled = metrics.calibration_error(studio[order], confidence[order], weights[order])
        assert expected == pytest.approx(shuffled)


class TestMacroAccuracy:
    def test_every_group_counts_once(self):
        studio = np.array([True, True, True, False])
        confidence = np.array([0.9, 0.9, 0.1, 0.9])

        expected = (2 / 3 + 0) / 2
        assert expected == metrics.macro_accuracy(studio, confidence, ["a", "a", "a", "b"])

    def test_a_group_drawn_twice_counts_twice(self):
        studio = np.array([True, True, False])
        confidence = np.array([0.9, 0.1, 0.1])
        weights = np.array([1.0, 1.0, 2.0])

        expected = (0.5 + 1 + 1) / 3
        assert expected == pytest.approx(
            metrics.macro_accuracy(studio, confidence, ["a", "a", "b"], weights)
        )


class TestRiskCoverage:
    @given(judged())
    def test_ends_with_everything_and_its_error(self, case):
        studio, confidence, weights = case
        curve = metrics.risk_coverage(studio, confidence, weights)

        assert 1 == pytest.approx(curve.coverage[-1])
        assert 1 - curve.risk[-1] == pytest.approx(metrics.accuracy(studio, confidence, weights))
        assert (np.diff(curve.coverage) > 0).all()
        assert (np.diff(curve.certainty) < 0).all()

    def test_by_hand(self):
        studio = np.array([True, False, True, False])
        confidence = np.array([0.9, 0.1, 0.3, 0.7])

        curve = metrics.risk_coverage(studio, confidence)

        assert [0.4, 0.2] == curve.certainty.tolist()
        assert [0.5, 1.0] == curve.coverage.tolist()
        assert [0.0, 0.5] == curve.risk.tolist()


class TestGroupInterval:
    def test_holds_the_truth_about_as_often_as_it_says(self):
        """Groups of ten equal examples: the interval must know there are 40, not 400."""
        rng = np.random.default_rng(4)
        hits = 0
        for seed in range(60):
            value = np.repeat(rng.random(40) < 0.7, 10).astype(float)
            low, high = metrics.group_interval(
                lambda w, v=value: float(w @ v / w.sum()),
                np.repeat(np.arange(40), 10).tolist(),
                resamples=300,
                seed=seed,
            )
            hits += low <= 0.7 <= high

        assert 50 <= hits

    def test_a_figure_that_seldom_exists_has_no_interval(self):
        interval = metrics.group_interval(lambda _: None, ["a", "b"], resamples=10)

        assert interval is None

    def test_equal_seeds_give_equal_intervals(self):
        values = np.arange(12.0)

        def mean(weights):
            return float(weights @ values / weights.sum())

        groups = [index // 2 for index in range(12)]
        one = metrics.group_interval(mean, groups, resamples=50, seed=1)
        assert one == metrics.group_interval(mean, groups, resamples=50, seed=1)
        assert one != metrics.group_interval(mean, groups, resamples=50, seed=2)
        assert all(map(math.isfinite, one))
