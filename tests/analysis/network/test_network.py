"""The network: one number for every picture, the same wherever and whenever it is asked."""

from __future__ import annotations

import numpy as np
import pytest

import synthetic_scenes as scenes
from studio_detector import Detector, Settings
from studio_detector.analysis.network import network
from studio_detector.planes import Planes


def logit(rgb):
    return network.measure(Planes(rgb)).values["studio_logit"]


@pytest.fixture(scope="module")
def packshot():
    """A ball on a seamless, lit by a softbox."""
    return scenes.one_soft_light().rgb


def test_a_seamless_looks_more_like_a_studio_than_a_hard_sun(packshot):
    """The order any network worth its weights must see."""
    assert logit(packshot) > logit(scenes.hard_sun().rgb)


@pytest.mark.parametrize(("model", "runs"), [("full", True), ("cues", False), ("rules", False)])
def test_the_network_runs_only_for_models_that_read_it(packshot, model, runs):
    """Whoever chooses `cues` does not pay for the network."""
    report = Detector(Settings(model=model)).analyse(packshot)

    assert runs == ("network" in report.measurements)
    assert runs == ("network" in report.components)
    assert runs == (report.timing.network_ms is not None)


def test_a_disabled_network_is_missing_evidence(packshot):
    """Its term then adds nothing, and the cues decide."""
    report = Detector(Settings(model="full", disabled_analyses=("network",))).analyse(packshot)
    (term,) = [t for t in report.evidence.terms if t.component == "network"]

    assert (None,) == term.values
    assert term.log_odds == 0.0


def test_asking_for_all_phases_measures_the_network_whatever_the_model(packshot):
    """Measurements for training come from here; the model's evidence is not changed by it."""
    everything = Detector(Settings(model="cues", phases="all")).analyse(packshot)

    assert everything.measurements["network"].values["studio_logit"] == logit(packshot)
    assert "network" not in everything.components


def test_a_picture_in_grey_is_still_measured():
    """Monochrome pictures have a logit like any other."""
    grey = np.repeat(scenes.one_soft_light().rgb.mean(axis=2, keepdims=True), 3, axis=2)

    assert np.isfinite(logit(grey.astype(np.uint8)))
