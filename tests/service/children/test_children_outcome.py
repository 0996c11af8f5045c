"""Rows become results and come back as the same report."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from kept_pictures import picture
from studio_detector import Detector, Settings
from studio_detector.pipeline.versions import basis
from studio_detector.service.children.outcome import (
    detail_wanted,
    new_result,
    new_row,
    report_of,
    row_of,
)
from studio_detector.service.records import Work


def work(phases):
    return Work(variant="default", pipeline_version="1+0", phases=phases)


def row_and_report(seed=1, **settings):
    detector = Detector(Settings(**settings))
    report = replace(detector.analyse(picture(seed)), sha256=64 * "a")
    row = new_row(
        report, detector, measured_on=basis(detector.settings), perceptual_hash=("0f" * 32, 99)
    )
    return json.loads(json.dumps(row)), report, detector


def stored(result, *, shuffled):
    """As a database gives it back, in its own order of keys where it has one."""

    def kept(value):
        return json.loads(json.dumps(value, sort_keys=shuffled))

    return replace(
        result,
        phase1_results=kept(result.phase1_results),
        phase3_results=kept(result.phase3_results),
        evidence=kept(result.evidence),
        report=kept(result.report),
    )


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("phases", ["auto", "lighting", "all"])
def test_a_report_comes_back_bit_for_bit(phases, shuffled):
    """From whatever order the store has brought its keys into."""
    row, report, detector = row_and_report(phases=phases)
    result = stored(new_result(row, tenant="t", work=work(phases)), shuffled=shuffled)

    again = report_of(result, specs=[a.SPEC for a in detector.registry], name="a.jpg")

    assert "a.jpg" == again.path
    assert report.to_json(verbose=True) == replace(again, path=None).to_json(verbose=True)
    assert report.evidence == again.evidence
    assert report.confidence == again.confidence
    assert row == row_of(result)


def test_the_columns_hold_what_they_are_called():
    """Phase 1 with the network, phase 3, and evidence with its values."""
    row, report, detector = row_and_report(phases="all")
    result = new_result(row, tenant="t", work=work("all"), is_shadow=True)

    assert {"shadow", "highlight", "colour_temperature", "background", "network"} == set(
        result.phase1_results
    )
    assert {a.SPEC.name for a in detector.registry.phase("detail")} == set(result.phase3_results)
    shadow = report.measurements["shadow"]
    assert {
        "version": shadow.version,
        "values": dict(shadow.values),
        "missing": dict(shadow.missing),
    } == result.phase1_results["shadow"]
    assert [
        {"measures": list(t.measures), "values": list(t.values), "log_odds": t.log_odds}
        for t in report.evidence.terms
    ] == result.evidence["terms"]
    assert report.evidence.logit == result.evidence["logit"]
    assert (64 * "a", "0f" * 32, 99) == (
        result.image_hash,
        result.perceptual_hash,
        result.perceptual_quality,
    )
    assert (report.is_studio, report.label, report.model) == (
        result.is_studio,
        result.label,
        result.model,
    )
    assert report.timing.to_dict()["total"] == result.processing_time_ms
    assert result.is_shadow
    assert "confidence" not in result.report


def test_details_that_did_not_run_are_none():
    """Which is not the same as having found nothing."""
    lighting, _, _ = row_and_report(phases="lighting")
    names = ("frequency", "depth_of_field", "composition", "texture")
    without, _, _ = row_and_report(phases="all", disabled_analyses=names)

    assert new_result(lighting, tenant="t", work=work("lighting")).phase3_results is None
    assert {} == new_result(without, tenant="t", work=work("all")).phase3_results


class TestPhasesApart:
    @pytest.mark.parametrize("seed", range(4))
    @pytest.mark.parametrize("bounds", [(0.0, 1.0), (0.3, 0.7), (0.5, 0.5)], ids=str)
    def test_whether_details_follow_is_what_one_go_decides(self, seed, bounds):
        """By the confidence in full."""
        low, high = bounds
        chosen = {"doubt_low": low, "doubt_high": high, "model": "rules"}
        first, _, detector = row_and_report(seed, phases="lighting", **chosen)
        _, at_once, _ = row_and_report(seed, phases="auto", **chosen)

        wanted = detail_wanted(first, detector.settings, "auto")

        assert wanted == (at_once.phase == "detail")
        assert detail_wanted(first, detector.settings, "all")
        assert not detail_wanted(first, detector.settings, "lighting")

    def test_a_bound_that_is_the_confidence_itself_is_in_doubt(self):
        """Which six digits would miss."""
        first, report, detector = row_and_report(phases="lighting", model="rules")
        exact = replace(
            detector.settings,
            doubt_low=min(report.confidence, 0.5),
            doubt_high=max(report.confidence, 0.5),
        )

        assert detail_wanted(first, exact, "auto")

    def test_where_no_details_follow_the_first_row_stands_for_all(self):
        """The same result as in one go."""
        certain = {"doubt_low": 0.5, "doubt_high": 0.5, "model": "rules"}
        first, _, _ = row_and_report(phases="lighting", **certain)
        whole, report, _ = row_and_report(phases="auto", **certain)

        apart = new_result(first, tenant="t", work=work("auto"))
        at_once = new_result(whole, tenant="t", work=work("auto"))

        timed = {"processing_time_ms": 0.0, "report": {}}
        assert replace(apart, **timed) == replace(at_once, **timed)
        assert "auto" == report_of(apart).phases
        assert report.to_json(timing=False) == report_of(apart).to_json(timing=False)
