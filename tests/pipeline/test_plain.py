"""Reports that were kept as data come back whole."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

import sample_reports
from kept_pictures import picture
from studio_detector import Detector, Settings
from studio_detector.pipeline.plain import (
    measurements_from_plain,
    report_from_plain,
    report_to_plain,
)


@pytest.fixture(scope="module")
def detector():
    return Detector(Settings(phases="all"))


@pytest.fixture(scope="module")
def report(detector):
    return detector.analyse(picture(1), path="a.jpg")


def specs(detector):
    return [analysis.SPEC for analysis in detector.registry]


def through_json(plain, *, shuffled=False):
    """As a store gives it back; ``shuffled`` by one with an order of its own."""
    return json.loads(json.dumps(plain, sort_keys=shuffled))


def test_a_report_survives_the_way_through_json(report):
    """Every bit of it but fractions of a microsecond."""
    again = report_from_plain(through_json(report_to_plain(report)))

    assert report == replace(again, timing=report.timing)
    assert report.timing.to_dict() == again.timing.to_dict()
    assert report.to_json(verbose=True) == again.to_json(verbose=True)


def test_a_store_that_shuffles_keys_changes_nothing(detector, report):
    """The specifications bring the running order back."""
    again = report_from_plain(
        through_json(report_to_plain(report), shuffled=True), specs=specs(detector)
    )

    assert report.to_json(verbose=True) == again.to_json(verbose=True)


def test_a_store_that_writes_whole_numbers_changes_nothing(report):
    """3.0 may come back as 3, and must be a float again."""
    plain = report_to_plain(report)
    plain["measurements"] = {
        name: {
            measure: int(value) if value is not None and value == int(value) else value
            for measure, value in values.items()
        }
        for name, values in plain["measurements"].items()
    }

    again = report_from_plain(plain)

    assert report.to_dict(verbose=True) == again.to_dict(verbose=True)
    for measurement in again.measurements.values():
        assert {type(v) for v in measurement.values.values()} <= {float, type(None)}


def test_terms_of_two_measures_keep_both_values():
    """And missing ones stay missing, with their reason."""
    plain = sample_reports.report()
    term = replace(
        plain.evidence.terms[0],
        measures=("shadow.softness_px", "shadow.depth_ratio"),
        values=(3.25, None),
    )
    report = replace(plain, evidence=replace(plain.evidence, terms=(term,)))

    again = report_from_plain(through_json(report_to_plain(report)))

    assert report.evidence == again.evidence
    assert report.measurements == again.measurements


def test_a_confidence_next_to_one_half_keeps_its_side():
    """Six digits would lose it."""
    report = sample_reports.report(0.5000000001)

    assert report_from_plain(through_json(report_to_plain(report))).is_studio


def test_what_no_specification_names_stands_behind(detector, report):
    """An analysis that is no longer installed, a measure that is no longer taken."""
    plain = through_json(report_to_plain(report), shuffled=True)
    plain["measurements"] = {"aaa": {"x": 1.0}} | plain["measurements"]
    plain["versions"]["aaa"] = 7

    found = measurements_from_plain(plain, specs=specs(detector))

    assert [*report.measurements, "aaa"] == list(found)
    assert 7 == found["aaa"].version
