"""Which verdicts drift is computed from, and what is told of it."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from metric_reading import exposed, value
from service.store.store_examples import WORK, new_result
from studio_detector.decision.distribution import Bins, Distribution, dumps, path_beside
from studio_detector.decision.shipped import load_model
from studio_detector.service.metrics.drift import Drift, drift_of
from studio_detector.service.metrics.metrics import Metrics

HALVES = Bins(edges=(0.5,), counts=(500, 500), missing=0)
EXPECTED = Distribution(
    model="m@1+0",
    doubt=(0.3, 0.7),
    confidence=HALVES,
    measures={"shadow.depth": HALVES},
    in_doubt={"texture.noise": HALVES},
    card={"made_by": "hand", "training_set": {}},
)


@pytest.fixture
def metrics():
    return Metrics(models=["m@1+0"], drift=Drift(EXPECTED))


def verdict(depth=0.9, noise=None, **changes):
    """A verdict with one measurement, and one of details unless there is none."""
    details = {"texture": {"version": "1", "values": {"noise": noise}, "missing": {}}}
    made = {
        "model": "m@1+0",
        "confidence": 0.9,
        "phase1_results": {"shadow": {"version": "1", "values": {"depth": depth}, "missing": {}}},
        "phase3_results": None if noise is None else details,
        "report": {"doubt": [0.3, 0.7]},
    }
    return new_result("a", **(made | changes))


def give(metrics, result, times=500):
    for _ in range(times):
        metrics.verdicts.given(result)


def photos(metrics):
    return value(metrics, "studio_drift_window_photos")


def test_measurements_and_confidences_are_told_once_there_are_enough(metrics):
    """All on one side, of what was half and half."""
    give(metrics, verdict(), 499)
    assert 499 == photos(metrics)
    assert value(metrics, "studio_confidence_drift") is None

    give(metrics, verdict(), 1)
    assert 3 < value(metrics, "studio_measurement_drift", measurement="shadow.depth") < 4
    assert 3 < value(metrics, "studio_confidence_drift") < 4
    assert value(metrics, "studio_measurement_drift", measurement="texture.noise") is None


def test_photos_that_are_like_the_training_do_not_drift(metrics):
    """Exactly."""
    give(metrics, verdict(depth=0.1, confidence=0.1), 300)
    give(metrics, verdict(depth=0.9, confidence=0.9), 300)

    assert 0 == value(metrics, "studio_measurement_drift", measurement="shadow.depth")
    assert 0 == value(metrics, "studio_confidence_drift")


def test_a_measurement_that_is_missing_counts_as_that(metrics):
    """It was never missing in the training."""
    give(metrics, verdict(depth=None))

    assert value(metrics, "studio_measurement_drift", measurement="shadow.depth") > 3


def test_details_count_where_they_were_looked_at_in_doubt(metrics):
    """And only there: asked for, they are those of other photos."""
    give(metrics, verdict(noise=0.9, work=replace(WORK, phases="all")))
    give(metrics, verdict(noise=0.9, report={"doubt": [0.0, 1.0]}))
    assert value(metrics, "studio_measurement_drift", measurement="texture.noise") is None

    give(metrics, verdict(noise=0.9))
    assert value(metrics, "studio_measurement_drift", measurement="texture.noise") > 3


def test_confidences_of_other_policies_are_left_out(metrics):
    """They are spread otherwise; measurements are not."""
    give(metrics, verdict(work=replace(WORK, phases="lighting")))

    assert value(metrics, "studio_confidence_drift") is None
    assert value(metrics, "studio_measurement_drift", measurement="shadow.depth") > 3


@pytest.mark.parametrize("changes", [{"is_shadow": True}, {"model": "other@1+0"}])
def test_shadows_and_other_models_do_not_count(metrics, changes):
    """The distribution is one model's."""
    give(metrics, verdict(**changes), 10)

    assert 0 == photos(metrics)


class TestWhichDistribution:
    def test_shipped_models_have_theirs(self):
        """By name."""
        model = load_model("full")
        assert drift_of("full", model.identity) is not None

    def test_a_model_without_one_has_no_gauges_and_that_is_said_once(self, caplog):
        """The start says it, no scrape does."""
        with caplog.at_level(logging.INFO):
            metrics = Metrics(drift=drift_of("rules", "rules@1+0"))
            give(metrics, verdict(model="rules@1+0"), 10)
            exposed(metrics)

        assert 1 == caplog.text.count("no distribution of the training photographs of rules@1+0")
        assert photos(metrics) is None

    def test_one_of_another_model_is_not_taken(self, tmp_path, caplog):
        """As after a refit."""
        model = tmp_path / "mine.json"
        path_beside(model).write_text(dumps(EXPECTED), encoding="utf-8")

        with caplog.at_level(logging.INFO):
            assert drift_of(str(model), "m@1+1") is None
        assert drift_of(str(model), "m@1+0") is not None
        assert "m@1+1" in caplog.text

    def test_one_that_is_damaged_stops_nothing(self, tmp_path, caplog):
        """It is told how to write it again."""
        model = tmp_path / "mine.json"
        path_beside(model).write_text("{", encoding="utf-8")

        assert drift_of(str(model), "m@1+0") is None
        assert "learning.distribution" in caplog.text
