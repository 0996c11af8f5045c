"""Choosing measures and penalties without looking at held-out groups."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.synthetic_examples import synthetic
from studio_detector.errors import ModelError
from studio_detector.learning.calibrate import calibrated, platt, uncertain_band
from studio_detector.learning.fit import FitOptions
from studio_detector.learning.select import (
    FEWEST,
    Examples,
    eliminate,
    elimination_curve,
    elimination_sizes,
)
from studio_detector.learning.solver import probabilities
from studio_detector.learning.splits import repeated_grouped_folds

_OPTIONS = FitOptions(smoothness=1.0, shrinkage=1.0)


def _examples(data) -> Examples:
    return Examples(keys=data.keys, matrix=data.matrix, studio=data.studio, groups=data.groups)


class TestElimination:
    @given(st.integers(1, 400))
    def test_sizes_fall_to_the_fewest(self, count):
        sizes = elimination_sizes(count)

        assert count == sizes[0]
        assert list(sizes) == sorted(set(sizes), reverse=True)
        assert min(count, FEWEST) == sizes[-1]

    def test_noise_goes_first(self):
        *_, last = eliminate(_examples(synthetic()), _OPTIONS, (6, 5, 4, 3))

        assert {"light.m0", "light.m1", "detail.m0"} == {t.measure for t in last.terms}

    def test_a_measure_without_values_does_not_take_anothers_place(self):
        data = synthetic()
        data.matrix[:, 5] = np.nan

        sizes = [len(f.terms) for f in eliminate(_examples(data), _OPTIONS, (6, 5, 3))]
        assert [5, 5, 3] == sizes

    def test_the_curve_keeps_what_tells_and_prefers_fewer(self):
        data = synthetic(1000)
        divisions = repeated_grouped_folds(data.groups, data.studio.tolist(), folds=3)

        curve = elimination_curve(_examples(data), _OPTIONS, divisions, sizes=(6, 4, 3, 2, 1))

        assert (1, 5, 1000) == curve.logits.shape
        assert curve.loss[4] > curve.loss[3] > curve.loss[2]
        assert 3 == curve.sizes[curve.smallest_good(0.5)]
        assert 1 == curve.sizes[curve.smallest_good(1e9)]

    def test_held_out_labels_have_no_say(self):
        """Turning the labels of a fold round changes no logit of that fold."""
        data = synthetic(300)
        (division,) = repeated_grouped_folds(data.groups, data.studio.tolist(), folds=3)
        before = elimination_curve(_examples(data), _OPTIONS, [division], sizes=(6, 3))
        fold = division[0]
        data.studio[fold.held_out] = ~data.studio[fold.held_out]
        after = elimination_curve(_examples(data), _OPTIONS, [division], sizes=(6, 3))

        held_out = np.s_[:, :, fold.held_out]
        assert before.logits[held_out].tolist() == after.logits[held_out].tolist()


class TestPlatt:
    @pytest.mark.parametrize("slope", [0.3, 1.0, 2.5])
    def test_learns_how_far_the_logits_can_be_trusted(self, slope):
        rng = np.random.default_rng(2)
        logits = rng.normal(size=20_000) * 3
        studio = rng.random(20_000) < probabilities(slope * logits + 0.4)

        calibration = platt(logits, studio, np.ones(20_000))
        assert 0.4 == pytest.approx(calibration.logit(0.0), abs=0.1)
        assert slope == pytest.approx(calibration.logit(1.0) - calibration.logit(0.0), rel=0.1)

    # From a slope that 200 pictures show in spite of chance; below, a refusal is right.
    @given(st.floats(0.5, 3), st.integers(0, 50))
    def test_keeps_the_order_of_pictures(self, slope, seed):
        rng = np.random.default_rng(seed)
        logits = np.sort(rng.normal(size=200) * 2)
        studio = rng.random(200) < probabilities(slope * logits)
        studio[:3], studio[-3:] = False, True

        confidence = calibrated(platt(logits, studio, np.ones(200)), logits)
        assert (np.diff(confidence) >= 0).all()

    def test_logits_that_point_the_wrong_way_are_refused(self):
        logits = np.array([-2.0, -1.0, 1.0, 2.0, 0.0, 0.1])
        studio = np.array([True, True, False, False, True, False])

        with pytest.raises(ModelError, match="wrong way"):
            platt(logits, studio, np.ones(6))


class TestUncertainBand:
    def test_is_as_narrow_as_the_error_allows(self):
        """All errors have confidences from 0.4 to 0.6, so the band ends there."""
        rng = np.random.default_rng(0)
        confidence = rng.random(5000)
        doubtful = np.abs(confidence - 0.5) < 0.1
        studio = np.where(doubtful, rng.random(5000) < 0.5, confidence > 0.5)

        band = uncertain_band(studio, confidence, np.ones(5000), error=0.001)
        assert (0.4, 0.6) == pytest.approx((band.low, band.high), abs=0.011)
        assert 0.8 == pytest.approx(band.coverage, abs=0.03)
        assert band.risk <= 0.001

    def test_closes_when_there_are_few_errors_anyway(self):
        confidence = np.array([0.1, 0.9])

        band = uncertain_band(np.array([False, True]), confidence, np.ones(2))
        assert (0.5, 0.5, 1.0) == (band.low, band.high, band.coverage)

    def test_is_everything_when_even_the_surest_err(self):
        confidence = np.array([0.01, 0.99])

        band = uncertain_band(np.array([True, False]), confidence, np.ones(2))
        assert (0.0, 1.0, 0.0) == (band.low, band.high, band.coverage)
