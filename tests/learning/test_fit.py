"""The solver, the basis and the shapes they recover."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decision.model_examples import measured
from learning.synthetic_examples import bend, rise, synthetic
from studio_detector.learning.basis import TermBasis, choose_basis
from studio_detector.learning.fit import FitOptions, example_weights, fit_terms
from studio_detector.learning.solver import fit_logistic, probabilities

_OPTIONS = FitOptions(smoothness=1.0, shrinkage=0.3)


@pytest.fixture(scope="module")
def fitted():
    data = synthetic(6000)
    return fit_terms(data.keys, data.matrix, data.studio, np.ones(6000), options=_OPTIONS)


class TestSolver:
    @settings(max_examples=20, deadline=None)
    @given(seed=st.integers(0, 999), strength=st.floats(0.01, 100))
    def test_ends_where_the_gradient_is_zero(self, seed, strength):
        rng = np.random.default_rng(seed)
        design = rng.normal(size=(60, 4)) * 3
        studio = rng.random(60) < 0.4
        weights = rng.random(60) + 0.1
        penalty = strength * np.eye(4)

        found = fit_logistic(design, studio, weights, penalty)

        error = probabilities(design @ found) - studio
        gradient = design.T @ (weights * error) + penalty @ found
        assert np.abs(gradient).max() < 1e-5

    def test_agrees_with_scikit_learn(self):
        linear_model = pytest.importorskip("sklearn.linear_model")
        rng = np.random.default_rng(0)
        design = rng.normal(size=(300, 5))
        studio = rng.random(300) < probabilities(design @ np.array([1.0, -2, 0.5, 0, 0]))
        theirs = linear_model.LogisticRegression(C=0.5, fit_intercept=False, tol=1e-10)

        expected = theirs.fit(design, studio).coef_[0]
        found = fit_logistic(design, studio, np.ones(300), 2.0 * np.eye(5))
        assert expected == pytest.approx(found, abs=1e-4)

    def test_classes_that_separate_still_end(self):
        design = np.array([[-1.0], [1.0]])

        found = fit_logistic(design, np.array([False, True]), np.ones(2), 1e-3 * np.eye(1))
        assert 0 < found[0] < 20

    def test_the_start_does_not_change_the_result(self):
        data = synthetic(200)
        design = data.matrix[:, :3]
        weights, penalty = np.ones(200), np.eye(3)

        cold = fit_logistic(design, data.studio, weights, penalty)
        warm = fit_logistic(design, data.studio, weights, penalty, start=np.full(3, 5.0))
        assert cold == pytest.approx(warm, abs=1e-8)


class TestBasis:
    @given(
        values=st.lists(st.one_of(st.none(), st.floats(-10, 10)), min_size=1, max_size=20),
        marked=st.booleans(),
    )
    def test_hats_interpolate_like_the_model_does(self, values, marked):
        """Columns times coefficients are what `Shape` says, missing included."""
        term = TermBasis(measure="a.b", column=0, knots=(-3.0, 0.0, 1.0, 4.0), has_missing=marked)
        coefficients = np.array([1.0, -2.0, 0.5, 3.0, 7.0][: term.width])
        matrix = np.array([[v] for v in values], dtype=float)

        known = [
            np.nan if v is None else np.interp(v, term.knots, coefficients[:4]) for v in values
        ]
        expected = np.nan_to_num(known, nan=7.0 if marked else 0.0)
        assert expected == pytest.approx(term.columns(matrix) @ coefficients)

    def test_knots_are_rounded_and_rise(self):
        values = np.random.default_rng(0).lognormal(size=(500, 1)) * 1234.5678

        (term,) = choose_basis(("a.b",), values, knots=7)
        assert list(term.knots) == sorted(set(term.knots))
        assert [float(f"{k:.3g}") for k in term.knots] == list(term.knots)
        assert 7 == len(term.knots)

    def test_rounding_dust_beside_zero_is_zero(self):
        values = np.array([[-1.0], [-2e-9], [1e-9], [3e-9], [1.0]])

        (term,) = choose_basis(("a.b",), values, knots=5)
        assert [k for k in term.knots if abs(k) < 0.5] == [0.0]

    def test_a_measure_of_one_value_says_nothing(self):
        matrix = np.array([[1.0, np.nan, 2.0], [1.0, np.nan, 3.0]])

        terms = choose_basis(("a.b", "a.c", "a.d"), matrix, knots=5)
        assert ["a.d"] == [term.measure for term in terms]

    @given(count=st.integers(2, 9), missing=st.booleans())
    def test_the_penalty_is_positive_definite_and_spares_level_steps_least(self, count, missing):
        term = TermBasis(
            measure="a.b", column=0, knots=tuple(map(float, range(count))), has_missing=missing
        )
        penalty = term.penalty(smoothness=5.0, shrinkage=2.0)

        assert penalty == pytest.approx(penalty.T)
        assert np.linalg.eigvalsh(penalty).min() > 0


class TestWeights:
    @given(st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=2, max_size=50))
    def test_both_classes_weigh_the_same_and_the_mean_is_one(self, examples):
        studio = np.array([truth for truth, _ in examples])
        studio[:2] = [True, False]

        weights = example_weights(studio, [group for _, group in examples], group_power=0.5)
        assert len(examples) / 2 == pytest.approx(weights[studio].sum())
        assert 1 == pytest.approx(weights.mean())

    def test_a_group_weighs_the_root_of_its_size(self):
        """Nine photographs of one group weigh three times as much as a single one."""
        studio = np.array([True] * 10 + [False])
        groups = ["big"] * 9 + ["small", "other"]

        weights = example_weights(studio, groups, group_power=0.5)
        assert 3 == pytest.approx(weights[:9].sum() / weights[9])


class TestShapes:
    def test_the_shapes_that_made_the_labels_are_recovered(self, fitted):
        shapes = {shape.measure: shape for shape in fitted.head().shapes}
        x = np.linspace(0.05, 0.95, 19)

        for key, truth in (("light.m0", bend), ("light.m1", rise)):
            found = np.interp(x, shapes[key].knots, shapes[key].log_odds)
            difference = found - truth(x)
            # The peak of the bend lies between two knots and is cut off a little.
            assert np.abs(difference - difference.mean()).max() < 0.45, key

    def test_noise_carries_next_to_nothing(self, fitted):
        strength = dict(zip((t.measure for t in fitted.terms), fitted.strength, strict=True))

        noise = max(strength[key] for key in ("light.m2", "detail.m1", "detail.m2"))
        assert strength["light.m0"] > strength["light.m1"] > strength["detail.m0"] > 2 * noise

    def test_the_model_file_says_what_the_solver_says(self, fitted):
        """Rounding aside, evidence plus intercept is the solver's logit."""
        data = synthetic(50, seed=9)
        head = fitted.head()

        for row, logit in zip(data.matrix, fitted.logits(data.matrix), strict=True):
            values = dict(zip(data.keys, row.tolist(), strict=True))
            picture = {
                a: {k.partition(".")[2]: v for k, v in values.items() if k.startswith(a)}
                for a in ("light", "detail")
            }
            evidence = head.evaluate(measured(**picture))
            assert logit == pytest.approx(evidence.logit, abs=1e-3)

    def test_shapes_have_mean_zero_where_they_were_fitted(self, fitted):
        data = synthetic(6000)

        for shape in fitted.head().shapes:
            column = data.matrix[:, data.keys.index(shape.measure)]
            mean = np.interp(column, shape.knots, shape.log_odds).mean()
            assert 0 == pytest.approx(mean, abs=1e-3)

    def test_smoothness_straightens_a_shape(self):
        data = synthetic(2000)

        def bends(smoothness: float) -> float:
            options = FitOptions(smoothness=smoothness, shrinkage=0.1)
            fitted = fit_terms(data.keys, data.matrix, data.studio, np.ones(2000), options=options)
            return max(np.abs(np.diff(s.log_odds, n=2)).max() for s in fitted.head().shapes)

        assert bends(0.1) > bends(100) > bends(100_000)

    def test_a_telling_absence_becomes_evidence(self):
        data = synthetic(1500)
        absent = data.studio & (np.arange(1500) % 2 == 0)
        data.matrix[absent, 2] = np.nan

        head = fit_terms(
            data.keys, data.matrix, data.studio, np.ones(1500), options=_OPTIONS
        ).head()
        missing = {shape.measure: shape.missing for shape in head.shapes}
        assert missing["light.m2"] > 1
        assert 0 == missing["light.m0"]
