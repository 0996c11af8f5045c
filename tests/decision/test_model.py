"""Evidence that adds up."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decision.model_examples import MEASURES, heads, measured, shapes, small_model, spec
from studio_detector.decision.calibration import Calibration
from studio_detector.decision.evidence import sigmoid
from studio_detector.decision.model import Head, Shape
from studio_detector.errors import ModelError

_numbers = st.one_of(st.none(), st.floats(-200, 200))
_pictures = st.fixed_dictionaries(
    {
        name: st.fixed_dictionaries({f"m{n}": _numbers for n in range(3)})
        for name in ("shadow", "texture")
    }
)


class TestHead:
    @given(head=heads(), picture=_pictures)
    def test_intercept_and_all_evidence_add_up_to_the_logit(self, head, picture):
        evidence = head.evaluate(measured(**picture))

        total = math.fsum([head.intercept, *(term.log_odds for term in evidence.terms)])
        assert total == evidence.logit
        assert head.calibration.probability(total) == head.confidence(evidence)

    @given(head=heads(), picture=_pictures)
    def test_components_share_out_all_evidence(self, head, picture):
        evidence = head.evaluate(measured(**picture))

        total = evidence.intercept + sum(evidence.by_component().values())
        assert evidence.logit == pytest.approx(total, abs=1e-9)

    @given(head=heads(), picture=_pictures)
    def test_every_term_reports_the_value_it_read(self, head, picture):
        evidence = head.evaluate(measured(**picture))

        for shape, term in zip(head.shapes, evidence.terms, strict=True):
            analysis, _, name = shape.measure.partition(".")
            assert (shape.measure,) == term.measures
            assert (picture[analysis][name],) == term.values

    @given(head=heads())
    def test_an_analysis_that_did_not_run_counts_as_missing(self, head):
        absent = head.evaluate({})
        unmeasured = head.evaluate(
            measured(**{name: dict.fromkeys(("m0", "m1", "m2")) for name in ("shadow", "texture")})
        )

        assert unmeasured == absent
        assert [s.missing for s in head.shapes] == [t.log_odds for t in absent.terms]

    def test_adds_up_by_hand(self):
        evidence = small_model().full.evaluate(measured(shadow={"m0": 0.75}, texture={"m0": None}))

        assert [0.5, -0.5] == [term.log_odds for term in evidence.terms]
        assert -0.5 == evidence.logit
        assert sigmoid(-0.5) == small_model().full.confidence(evidence)

    def test_refuses_two_shapes_of_one_measure(self):
        shape = Shape(measure="shadow.m0", knots=(0.0,), log_odds=(1.0,))

        with pytest.raises(ModelError, match=r"more than one shape reads shadow\.m0"):
            Head(intercept=0.0, shapes=(shape, shape))

    def test_refuses_an_intercept_that_is_not_finite(self):
        with pytest.raises(ModelError, match="intercept is nan"):
            Head(intercept=math.nan, shapes=())


class TestShape:
    @given(shape=shapes(MEASURES[0]), value=st.floats(-1e9, 1e9))
    def test_stays_between_its_lowest_and_highest_log_odds(self, shape, value):
        log_odds = shape.evaluate(value).log_odds

        assert min(shape.log_odds) <= log_odds <= max(shape.log_odds)

    @pytest.mark.parametrize(
        "change",
        [
            {"measure": "shadow"},
            {"measure": "Shadow.m0"},
            {"knots": (), "log_odds": ()},
            {"knots": (0.0,)},
            {"knots": (1.0, 0.0)},
            {"knots": (0.0, math.inf)},
            {"log_odds": (0.0, math.nan)},
            {"missing": math.inf},
        ],
        ids=str,
    )
    def test_refuses_parts_that_do_not_fit(self, change):
        good = {"measure": "shadow.m0", "knots": (0.0, 1.0), "log_odds": (0.0, 1.0)}
        Shape(**good)

        with pytest.raises(ModelError) as caught:
            Shape(**good | change)

        assert "model_invalid" == caught.value.code


class TestModel:
    def test_identity_names_version_and_digest(self):
        model = small_model()

        assert f"small@1+{model.digest}" == model.identity
        assert 12 == len(model.digest)

    @pytest.mark.parametrize(
        "change",
        [
            {"name": "No Name"},
            {"name": ""},
            {"version": ""},
            {"uncertain_low": 0.51},
            {"uncertain_high": 0.49},
            {"uncertain_low": -0.1},
            {"uncertain_high": 1.1},
            {"uncertain_low": math.nan},
        ],
        ids=str,
    )
    def test_refuses_a_name_or_band_that_does_not_fit(self, change):
        with pytest.raises(ModelError):
            replace(small_model(), **change)


class TestCheckAnalyses:
    """A model is made for numbers of one version; other numbers would be misread in silence."""

    def test_accepts_the_analyses_it_was_made_for(self):
        small_model().check_analyses([spec("shadow"), spec("texture", version=2)])

    def test_accepts_that_an_analysis_is_disabled(self):
        small_model().check_analyses([spec("shadow")])

    def test_accepts_analyses_it_does_not_know(self):
        small_model().check_analyses([spec("shadow"), spec("plugin", version=7)])

    def test_refuses_another_version(self):
        with pytest.raises(ModelError, match="version 2 of the analysis 'texture', but version 3"):
            small_model().check_analyses([spec("shadow"), spec("texture", version=3)])

    def test_refuses_an_analysis_without_a_measure_it_reads(self):
        with pytest.raises(ModelError, match=r"reads texture\.m0, which"):
            small_model().check_analyses([spec("texture", version=2, measures=0)])

    def test_a_model_for_any_version_still_needs_its_measures(self):
        any_version = replace(small_model(), analyses={})
        any_version.check_analyses([spec("texture", version=9)])

        with pytest.raises(ModelError, match="does not measure"):
            any_version.check_analyses([spec("texture", version=9, measures=0)])


def test_calibration_moves_the_confidence_and_not_the_evidence():
    plain = small_model().lighting
    moved = replace(plain, calibration=Calibration((0.0,), (3.0,)))
    picture = measured(shadow={"m0": 0.5})

    assert plain.evaluate(picture) == moved.evaluate(picture)
    assert sigmoid(3.5) == moved.confidence(moved.evaluate(picture))
