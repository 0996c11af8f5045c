"""A verdict from measurements alone is the verdict of a full analysis."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept_pictures import picture
from studio_detector import Detector, Settings
from studio_detector.decision import rules
from studio_detector.pipeline import detector as detector_module
from studio_detector.pipeline.judge import Lack, Verdict
from studio_detector.pipeline.report import Report
from studio_detector.planes import Planes

POLICIES = [
    {"phases": "lighting"},
    {"phases": "all"},
    {"phases": "auto"},
    {"phases": "auto", "doubt_low": 0.0, "doubt_high": 1.0},
    {"phases": "all", "model": "rules"},
    {"phases": "lighting", "model": "rules", "disabled_analyses": ("shadow", "texture")},
    {"phases": "all", "uncertain_low": 0.0, "uncertain_high": 1.0},
]


@pytest.fixture(scope="module")
def everything():
    """All there is to measure, on three pictures."""
    detector = Detector(Settings(phases="all"))
    return [detector.analyse(picture(seed)) for seed in range(3)]


def verdict_fields(report):
    return {field.name: getattr(report, field.name) for field in fields(Verdict)}


class TestDecide:
    @pytest.mark.parametrize("policy", POLICIES, ids=str)
    def test_it_is_what_a_full_analysis_gives_bit_for_bit(self, everything, policy):
        """For another model, other phases, other bounds, fewer analyses: without the picture."""
        detector = Detector(Settings(**policy))
        for seed, known in enumerate(everything):
            verdict = detector.decide(known.measurements)

            assert isinstance(verdict, Verdict)
            assert verdict_fields(detector.analyse(picture(seed))) == verdict_fields(verdict)
            assert list(detector.analyse(picture(seed)).measurements) == list(verdict.measurements)

    def test_what_was_not_measured_is_named(self):
        """Lighting first; detail only where it is wanted."""
        lighting = Detector(Settings(phases="lighting")).analyse(picture(0)).measurements
        wants = Detector(Settings(doubt_low=0.0, doubt_high=1.0))
        certain = Detector(Settings(doubt_low=0.5, doubt_high=0.5))
        detail = tuple(analysis.SPEC.name for analysis in wants.registry.phase("detail"))

        assert Lack(detail) == wants.decide(lighting)
        assert isinstance(certain.decide(lighting), Verdict)
        assert isinstance(wants.decide({}), Lack)
        assert "shadow" in wants.decide({}).analyses

    def test_another_version_of_an_analysis_counts_as_not_measured(self, everything):
        """Its numbers may mean something else."""
        found = dict(everything[0].measurements)
        found["shadow"] = replace(found["shadow"], version=found["shadow"].version + 1)

        assert Lack(("shadow",)) == Detector(Settings(phases="all")).decide(found)

    def test_the_network_is_lacking_only_where_it_is_read(self, everything):
        """The rules do without it."""
        without = {n: m for n, m in everything[0].measurements.items() if n != "network"}

        assert Lack(("network",)) == Detector(Settings()).decide(without)
        assert isinstance(Detector(Settings(model=rules.NAME)).decide(without), Verdict)


class TestKnown:
    """Measurements handed in are not taken again."""

    @pytest.fixture
    def measured(self, monkeypatch):
        """Names of what is measured."""
        names = []

        def measured(analysis, planes, real=detector_module.measured):
            names.append(analysis.SPEC.name)
            return real(analysis, planes)

        monkeypatch.setattr(detector_module, "measured", measured)
        return names

    @pytest.mark.parametrize("phases", ["auto", "all", "lighting"])
    @pytest.mark.parametrize("seed", [0, 1])
    def test_in_two_goes_is_as_in_one(self, measured, phases, seed):
        """Lighting in one, the rest in another: the same report, each measured once."""
        whole = Detector(Settings(phases=phases, doubt_low=0, doubt_high=1))
        first = Detector(Settings(phases="lighting"))
        at_once = whole.analyse(picture(seed))
        measured.clear()

        partial = first.analyse(picture(seed))
        rest = whole.analyse_frame(whole.decode(picture(seed)), known=partial.measurements)

        assert at_once == replace(rest, timing=at_once.timing)
        assert list(at_once.measurements) == measured

    def test_numbers_of_another_version_are_measured_again(self, measured):
        """As if they were not there."""
        detector = Detector(Settings(phases="lighting", model="rules"))
        report = detector.analyse(picture(0))
        wrong = {
            name: replace(found, version=found.version + (name == "highlight"), values={})
            for name, found in report.measurements.items()
        }
        measured.clear()

        again = detector.analyse_frame(detector.decode(picture(0)), known=wrong)

        assert ["highlight"] == measured
        assert report.measurements["highlight"] == again.measurements["highlight"]

    def test_what_does_not_run_is_left_out(self, everything):
        """A disabled analysis stays so."""
        detector = Detector(Settings(model="rules", disabled_analyses=("shadow",)))

        again = detector.analyse_frame(
            detector.decode(picture(0)), known=everything[0].measurements
        )

        assert "shadow" not in again.measurements

    def test_planes_are_still_those_handed_in(self):
        """Only what is not known is measured on them."""
        detector = Detector(Settings(model="rules", phases="lighting"))
        frame = detector.decode(picture(0))
        other = Planes(np.ascontiguousarray(frame.rgb[:, ::-1]))
        known = {"shadow": detector.analyse(picture(1)).measurements["shadow"]}

        report = detector.analyse_frame(frame, planes=other, known=known)

        assert isinstance(report, Report)
        assert known["shadow"] == report.measurements["shadow"]


@given(st.floats(0, 1), st.floats(0, 0.5), st.floats(0.5, 1))
def test_the_second_look_follows_the_exact_confidence(confidence, low, high):
    """Whether it is taken depends on the policy alone."""
    judge = Detector(Settings(model="rules", doubt_low=low, doubt_high=high)).judge
    verdict = Verdict(
        confidence=confidence,
        label="studio",
        phase="lighting",
        lighting_confidence=confidence,
        evidence=None,
        measurements={},
    )

    assert (low <= confidence <= high) == judge.wants_detail(verdict)
