"""Why a photo got its verdict: sums that add up, and changes that really turn it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sample_reports import MEASURES, report
from studio_detector.decision.calibration import Calibration
from studio_detector.decision.evidence import Evidence
from studio_detector.decision.model import Head, Shape
from studio_detector.decision.policy import is_studio
from studio_detector.decision.shipped import load_model
from studio_detector.pipeline.settings import Settings
from studio_detector.reporting.explanation.cautions import cautions
from studio_detector.reporting.explanation.explain import explain
from studio_detector.reporting.explanation.flips import smallest_flip
from studio_detector.reporting.explanation.reliability import reliability_of, reliability_words
from studio_detector.reporting.explanation.terminal import explanation_text
from studio_detector.reporting.explanation.waterfall import number_words, waterfall

LOG_ODDS = st.floats(-4, 4).map(lambda x: round(x, 4))


@st.composite
def heads(draw):
    """A head with a value for each of its measures."""
    count = draw(st.integers(1, 8))
    shapes, values = [], {}
    for number in range(count):
        knots = sorted(draw(st.sets(st.integers(-50, 50), min_size=2, max_size=5)))
        shapes.append(
            Shape(
                measure=f"part{number % 3}.m{number}",
                knots=tuple(map(float, knots)),
                log_odds=tuple(draw(LOG_ODDS) for _ in knots),
                missing=draw(LOG_ODDS),
            )
        )
        values[shapes[-1].measure] = draw(st.none() | st.floats(-60, 60))
    slope = draw(st.floats(0.2, 3))
    calibration = Calibration((-8.0, 8.0), (-8 * slope, 8 * slope + draw(st.floats(0, 1))))
    head = Head(intercept=draw(LOG_ODDS), shapes=tuple(shapes), calibration=calibration)
    return head, values


def evidence_of(head, values):
    terms = tuple(shape.evaluate(values[shape.measure]) for shape in head.shapes)
    return Evidence(intercept=head.intercept, terms=terms)


class TestWaterfall:
    @given(heads(), st.integers(1, 10) | st.none())
    def test_its_steps_add_up_to_the_verdict(self, drawn, most):
        evidence = evidence_of(*drawn)

        fall = waterfall(evidence, {}, most=most)

        assert fall.steps[-1].after == pytest.approx(evidence.logit, abs=1e-9)
        assert math.fsum(s.log_odds for s in fall.steps) == pytest.approx(fall.logit, abs=1e-9)
        for before, after in zip(fall.steps, fall.steps[1:], strict=False):
            assert before.after == after.before

    @given(heads())
    def test_the_strongest_come_first(self, drawn):
        fall = waterfall(evidence_of(*drawn), {}, most=None)

        sizes = [abs(step.log_odds) for step in fall.steps[1:]]
        assert sizes == sorted(sizes, reverse=True)

    def test_a_step_says_what_was_measured_with_its_unit(self):
        fall = waterfall(report().evidence, MEASURES)

        assert "shadow: width of shadow edges | wide is soft" == fall.steps[1].words
        assert "3.25 px" == fall.steps[1].value
        assert "missing" == fall.steps[2].value


@pytest.mark.parametrize(
    ("value", "words"), [(-0.0, "0"), (-0.0001, "-0.0001"), (2.5, "2.5"), (None, "missing")]
)
def test_numbers_read_as_people_write_them(value, words):
    """Nothing is minus zero, as the entropy of one tone would be."""
    assert words == number_words(value, None)


class TestFlips:
    @given(heads())
    def test_the_changes_named_turn_the_verdict(self, drawn):
        head, values = drawn
        evidence = evidence_of(head, values)

        flip = smallest_flip(head, evidence)

        changed = values | {change.measure: change.needed for change in flip.changes}
        before = is_studio(head.confidence(evidence))
        after = is_studio(head.confidence(evidence_of(head, changed)))
        assert flip.turns_to == ("natural" if before else "studio")
        assert after == (before if not flip.changes else not before)

    @given(heads())
    def test_no_smaller_set_would_do(self, drawn):
        """With the last change undone, even its furthest reach by any one other is too little."""
        head, values = drawn
        evidence = evidence_of(head, values)
        flip = smallest_flip(head, evidence)
        if not flip.changes:
            return

        up = flip.turns_to == "studio"
        reach = sorted(
            (
                abs((max if up else min)(shape.log_odds) - term.log_odds)
                for shape, term in zip(head.shapes, evidence.terms, strict=True)
                if ((max if up else min)(shape.log_odds) > term.log_odds) == up
            ),
            reverse=True,
        )
        assert sum(reach[: len(flip.changes) - 1]) < flip.missing_log_odds + 1e-9

    @given(heads())
    def test_nothing_is_named_only_where_nothing_suffices(self, drawn):
        head, values = drawn
        evidence = evidence_of(head, values)
        flip = smallest_flip(head, evidence)
        if flip.changes:
            return

        up = flip.turns_to == "studio"
        extreme = [(max if up else min)(shape.log_odds) for shape in head.shapes]
        best = [
            (max if up else min)(e, t.log_odds)
            for e, t in zip(extreme, evidence.terms, strict=True)
        ]
        logit = math.fsum((head.intercept, *best))
        assert is_studio(head.calibration.probability(logit)) != up or abs(
            head.calibration.logit(logit)
        ) == pytest.approx(0, abs=1e-4)

    @given(heads())
    def test_what_is_fixed_is_not_touched(self, drawn):
        head, values = drawn

        flip = smallest_flip(head, evidence_of(head, values), fixed=("part0",))

        assert not [c for c in flip.changes if c.measure.startswith("part0.")]


class TestReliability:
    CARD = {  # noqa: RUF012 - plain data
        "reliability": [
            {"low": 0.0, "high": 0.5, "photographs": 40, "studio": 0.1},
            {"low": 0.5, "high": 1.0, "photographs": 60, "studio": 0.93},
        ]
    }

    @pytest.mark.parametrize(("confidence", "studio"), [(0, 0.1), (0.5, 0.93), (1, 0.93)])
    def test_every_confidence_has_its_part(self, confidence, studio):
        assert studio == reliability_of(confidence, self.CARD).studio

    def test_it_is_said_in_a_sentence(self):
        words = reliability_words(reliability_of(0.8, self.CARD))

        assert words.startswith("Of 60 training photographs with a confidence of 0.5 to 1,")
        assert "93.0% were studio" in words

    def test_a_card_without_it_is_no_error(self):
        assert "does not say" in reliability_words(reliability_of(0.8, {}))


class TestCautions:
    def test_small_pictures_and_missing_measurements_are_told(self):
        said = cautions(report(original_rows_px=100, original_columns_px=80))

        assert any("small (100 px" in caution for caution in said)
        assert any("1 of the 2 measurements" in caution for caution in said)

    def test_warnings_of_the_report_come_first(self):
        assert "no profile" == cautions(report(warnings=("no profile",)))[0]


class TestText:
    def test_hostile_names_stay_text(self):
        """Nothing in a name may move the cursor or end the line."""
        model = load_model("rules")
        hostile = "a\n\x1b[31m\u202egpj.exe"
        found = report(path=hostile)
        found = replace(found, evidence=Evidence(intercept=0.5, terms=()))

        said = explanation_text(explain(found, model, Settings(), MEASURES), MEASURES)

        assert "\x1b" not in said
        assert "\u202e" not in said
        assert "nothing;" in said
