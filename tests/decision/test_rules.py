"""The published weights with written ramps."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decision.model_examples import finite
from studio_detector.analysis.base import Measurement
from studio_detector.analysis.registry import Registry
from studio_detector.decision import rules
from studio_detector.decision.evidence import sigmoid
from studio_detector.errors import ConfigError

COMPONENTS = rules.LIGHTING + rules.DETAIL


def _at(scores: dict[str, float]) -> dict[str, Measurement]:
    """Measurements at which every ramp of a component stands at its score, 0..1."""
    found: dict[str, dict[str, float]] = {name: {} for name in scores}
    for ramp in rules.RAMPS:
        component, _, measure = ramp.measure.partition(".")
        if component in scores:
            share = scores[component]
            found[component][measure] = ramp.natural + share * (ramp.studio - ramp.natural)
    return {
        name: Measurement(analysis=name, version=1, values=values) for name, values in found.items()
    }


def _confidence(head, scores: dict[str, float]) -> float:
    return head.confidence(head.evaluate(_at(scores)))


class TestPublishedWeights:
    def test_are_those_of_the_design(self):
        assert [25, 25, 25, 25] == [rules.DEFAULT_RULE_WEIGHTS[name] for name in rules.LIGHTING]
        assert [30, 25, 25, 20] == [rules.DEFAULT_RULE_WEIGHTS[name] for name in rules.DETAIL]
        assert (0.6, 0.4) == (rules.LIGHTING_SHARE, rules.DETAIL_SHARE)

    @pytest.mark.parametrize(("score", "confidence"), [(0, 0.119), (0.5, 0.5), (1, 0.881)])
    def test_ramps_at_their_ends_give_the_documented_confidences(self, score, confidence):
        model = rules.build()
        everywhere = dict.fromkeys(COMPONENTS, score)

        assert confidence == pytest.approx(_confidence(model.lighting, everywhere), abs=5e-4)
        assert confidence == pytest.approx(_confidence(model.full, everywhere), abs=5e-4)

    @pytest.mark.parametrize("component", rules.LIGHTING)
    def test_a_lighting_component_is_a_quarter_of_lighting(self, component):
        scores = dict.fromkeys(rules.LIGHTING, 0.5) | {component: 1.0}

        expected = sigmoid(4 * 0.25 * 0.5)
        assert expected == pytest.approx(_confidence(rules.build().lighting, scores))

    @pytest.mark.parametrize(
        ("component", "share"),
        [
            ("shadow", 0.6 * 0.25),
            ("frequency", 0.4 * 0.3),
            ("depth_of_field", 0.4 * 0.25),
            ("composition", 0.4 * 0.25),
            ("texture", 0.4 * 0.2),
        ],
    )
    def test_components_share_sixty_to_forty_together(self, component, share):
        scores = dict.fromkeys(COMPONENTS, 0.5) | {component: 0.0}

        expected = sigmoid(-4 * share * 0.5)
        assert expected == pytest.approx(_confidence(rules.build().full, scores))

    @given(scores=st.fixed_dictionaries(dict.fromkeys(COMPONENTS, st.floats(0, 1))))
    def test_evidence_is_the_gain_times_the_weighted_score(self, scores):
        evidence = rules.build().full.evaluate(_at(scores))

        lighting = sum(0.25 * scores[name] for name in rules.LIGHTING)
        weights = zip(rules.DETAIL, (0.3, 0.25, 0.25, 0.2), strict=True)
        score = 0.6 * lighting + 0.4 * sum(weight * scores[name] for name, weight in weights)
        assert 4 * (score - 0.5) == pytest.approx(evidence.logit, abs=1e-6)


class TestMissing:
    def test_knowing_nothing_is_even_odds(self):
        model = rules.build()

        assert 0.5 == model.lighting.confidence(model.lighting.evaluate({}))

    @given(value=finite)
    def test_a_missing_measure_speaks_for_neither_side(self, value):
        ramp = rules.RAMPS[0]
        shape = ramp.shape(1.0)

        assert 0 == shape.evaluate(None).log_odds
        assert -1 <= shape.evaluate(value).log_odds <= 1


class TestRamps:
    def test_every_component_has_at_least_two(self):
        counts = {
            name: sum(r.measure.startswith(f"{name}.") for r in rules.RAMPS) for name in COMPONENTS
        }

        assert min(counts.values()) >= 2

    def test_every_ramp_lies_within_the_range_of_its_measure(self):
        measures = Registry.load().measures()

        for ramp in rules.RAMPS:
            spec = measures[ramp.measure]
            assert spec.low <= min(ramp.natural, ramp.studio), ramp.measure
            assert max(ramp.natural, ramp.studio) <= spec.high, ramp.measure

    def test_no_ramp_contradicts_the_declared_direction_of_its_measure(self):
        measures = Registry.load().measures()

        contrary = [
            ramp.measure
            for ramp in rules.RAMPS
            if measures[ramp.measure].studio * (ramp.studio - ramp.natural) < 0
        ]
        assert [] == contrary


class TestOwnWeights:
    def test_only_the_ratios_within_a_group_matter(self):
        plain = rules.build({"shadow": 1, "highlight": 1, "colour_temperature": 1, "background": 1})

        scores = {"shadow": 0.9, "highlight": 0.2, "colour_temperature": 0.4, "background": 0.8}
        expected = _confidence(rules.build().lighting, scores)
        assert expected == pytest.approx(_confidence(plain.lighting, scores))

    def test_weight_can_be_moved_to_one_component(self):
        alone = rules.build({"highlight": 0, "colour_temperature": 0, "background": 0})

        scores = dict.fromkeys(rules.LIGHTING, 0.0) | {"shadow": 1.0}
        assert sigmoid(2.0) == pytest.approx(_confidence(alone.lighting, scores))

    def test_other_weights_are_another_model(self):
        assert rules.build().digest != rules.build({"shadow": 50}).digest
        assert rules.build().digest == rules.build({"shadow": 25}).digest

    def test_an_unknown_component_gets_a_suggestion(self):
        with pytest.raises(ConfigError, match="did you mean 'shadow'") as caught:
            rules.build({"shadows": 1})

        assert "config_unknown_key" == caught.value.code

    @pytest.mark.parametrize("weight", [-1, math.nan, math.inf])
    def test_a_weight_that_is_no_weight_is_refused(self, weight):
        with pytest.raises(ConfigError, match="at least 0") as caught:
            rules.build({"shadow": weight})

        assert "config_invalid_value" == caught.value.code

    @pytest.mark.parametrize("group", [rules.LIGHTING, rules.DETAIL], ids=["lighting", "detail"])
    def test_a_group_without_any_weight_is_refused(self, group):
        with pytest.raises(ConfigError, match="give at least one"):
            rules.build(dict.fromkeys(group, 0))
