"""Reports and failures as data."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

from studio_detector import Detector, Failure, Settings
from studio_detector.decision.evidence import sigmoid
from studio_detector.errors import DecodeError


@pytest.fixture(scope="module")
def report():
    rng = np.random.default_rng(7)
    picture = rng.integers(0, 255, (120, 90, 3), dtype=np.uint8)
    return Detector(Settings(phases="all")).analyse(picture, path="some/photo.jpg")


def test_a_line_of_json_holds_these_keys_in_this_order(report):
    """Readers of the JSON rely on the names; adding one is a change of the schema."""
    assert [
        "path",
        "is_studio",
        "confidence",
        "label",
        "phase",
        "components",
        "model",
        "variant",
        "version",
        "timing_ms",
        "warnings",
    ] == list(json.loads(report.to_json()))


def test_json_is_one_line_of_ascii(report):
    """Any file name fits on one line, whatever its bytes."""
    failure = Failure.of("naïve\n\udcff.jpg", DecodeError("cut", code="truncated"))

    for text in (report.to_json(verbose=True), failure.to_json()):
        assert text.isascii()
        assert "\n" not in text


def test_a_path_survives_json_exactly():
    """Also one whose bytes are no valid text."""
    path = "a\nb\udcff\u202e.jpg"

    line = Failure.of(path, DecodeError("cut", code="truncated")).to_json()

    assert path == json.loads(line)["path"]


def test_scores_are_the_sigmoid_of_a_components_evidence(report):
    """Scores never contradict the verdict."""
    for name, score in report.components.items():
        evidence = sum(t.log_odds for t in report.evidence.terms if t.component == name)

        assert score == pytest.approx(sigmoid(evidence), abs=1e-12)


def test_verbose_json_carries_every_measurement_and_its_evidence(report):
    """From the JSON alone the sum can be checked."""
    data = json.loads(report.to_json(verbose=True))
    total = data["intercept"] + sum(term["log_odds"] for term in data["evidence"])

    assert total == pytest.approx(data["logit"], abs=1e-9)
    assert set(data["measurements"]) == set(report.measurements)
    for key, reason in data["missing"].items():
        analysis, _, measure = key.partition(".")
        assert data["measurements"][analysis][measure] is None
        assert reason


def test_without_timing_nothing_of_the_clock_is_left(report):
    """So that equal pixels give equal bytes."""
    assert "timing" not in report.to_json(verbose=True, timing=False)


def test_reports_cross_process_borders_whole(report):
    """Batches and services pass them between processes."""
    copy = pickle.loads(pickle.dumps(report))

    assert report.to_json(verbose=True) == copy.to_json(verbose=True)


def test_reports_cannot_be_changed(report):
    """A result is what was found, for everyone who holds it."""
    with pytest.raises(AttributeError):
        report.confidence = 0.5
