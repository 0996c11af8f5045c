"""From the summed evidence to a probability."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decision.model_examples import calibrations, finite, rising
from studio_detector.decision.calibration import Calibration, interpolate
from studio_detector.decision.evidence import sigmoid
from studio_detector.errors import ModelError


class TestInterpolate:
    @given(x=st.floats(-200, 200), knots=rising(4), values=st.tuples(*[st.floats(-9, 9)] * 4))
    def test_agrees_with_numpy(self, x, knots, values):
        expected = np.interp(x, knots, values)

        assert expected == pytest.approx(interpolate(x, knots, values), abs=1e-9)

    def test_keeps_the_outer_values(self):
        assert 5.0 == interpolate(-10, (0, 1), (5, 7))
        assert 7.0 == interpolate(10, (0, 1), (5, 7))

    def test_one_knot_is_a_constant(self):
        assert [3, 3, 3] == [interpolate(x, (0,), (3,)) for x in (-1, 0, 1)]

    @given(knots=rising(5), values=st.tuples(*[st.floats(-9, 9)] * 5))
    def test_passes_through_its_knots(self, knots, values):
        assert list(values) == [interpolate(k, knots, values) for k in knots]


class TestCalibration:
    @given(calibration=calibrations(), x=finite, y=finite)
    def test_never_turns_the_order_of_two_pictures_round(self, calibration, x, y):
        low, high = sorted((x, y))

        assert calibration.logit(low) <= calibration.logit(high)
        assert 0 <= calibration.probability(low) <= calibration.probability(high) <= 1

    @given(x=finite)
    def test_without_knots_it_is_the_sigmoid(self, x):
        assert sigmoid(x) == Calibration().probability(x)

    def test_goes_on_with_slope_one_beyond_its_knots(self):
        calibration = Calibration((-1.0, 1.0), (-3.0, 5.0))

        assert -13.0 == calibration.logit(-11.0)
        assert 15.0 == calibration.logit(11.0)

    @pytest.mark.parametrize(
        ("knots", "values"),
        [
            ((0.0, 1.0), (0.0,)),
            ((1.0, 0.0), (0.0, 1.0)),
            ((0.0, 0.0), (0.0, 1.0)),
            ((0.0, 1.0), (1.0, 0.0)),
            ((0.0, math.nan), (0.0, 1.0)),
            ((0.0, 1.0), (0.0, math.inf)),
        ],
        ids=["lengths", "falling knots", "equal knots", "falling values", "NaN", "infinite"],
    )
    def test_refuses_what_would_lose_the_order(self, knots, values):
        with pytest.raises(ModelError, match="calibration") as caught:
            Calibration(knots, values)

        assert "model_invalid" == caught.value.code


class TestSigmoid:
    @given(x=st.floats(-1e308, 1e308))
    def test_is_a_probability_for_every_logit(self, x):
        assert 0 <= sigmoid(x) <= 1

    @given(x=st.floats(-30, 30))
    def test_opposite_logits_are_complements(self, x):
        assert 1 - sigmoid(x) == pytest.approx(sigmoid(-x), abs=1e-12)
