"""Equal pipeline versions mean equal numbers, and nothing else changes them."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from studio_detector import Detector, Settings
from studio_detector.analysis.network.engines import engine_identity, open_engine
from studio_detector.analysis.registry import Registry
from studio_detector.errors import MissingExtraError
from studio_detector.imaging.limits import Limits
from studio_detector.pipeline.versions import basis, pipeline_version
from studio_detector.version import VERSION


def version(registry=None, **settings):
    return pipeline_version(Detector(Settings(**settings), registry=registry))


def test_it_is_the_version_of_the_package_and_a_digest():
    """The same every time."""
    assert re.fullmatch(re.escape(VERSION) + r"\+[0-9a-f]{12}", version())
    assert version() == version()


@pytest.mark.parametrize(
    "settings",
    [
        {"working_size_px": 256},
        {"limits": Limits(max_metadata_bytes=1000)},
        {"disabled_analyses": ("shadow",)},
        {"model": "rules"},
        {"phases": "all"},
        {"phases": "lighting"},
        {"doubt_low": 0.1},
        {"doubt_high": 0.9},
        {"uncertain_low": 0.1},
        {"uncertain_high": 0.9},
    ],
    ids=str,
)
def test_what_changes_numbers_changes_it(settings):
    """Pixels, analyses, model, phases, bounds."""
    assert version() != version(**settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"variant": "other"},
        {"isolate": True},
        {"limits": Limits(max_pixels=1000, max_file_bytes=9, max_decode_bytes=10_000)},
        {"rule_weights": {"shadow": 1.0}},
    ],
    ids=str,
)
def test_what_changes_no_number_does_not(settings):
    """Names, isolation, limits that only refuse, weights that the model does not read."""
    detector = Detector(Settings(**settings))
    detector.close()

    assert version() == pipeline_version(detector)


def test_weights_of_the_rules_change_it():
    """Because they are the model."""
    assert version(model="rules") != version(model="rules", rule_weights={"shadow": 1.0})


def test_doubt_matters_only_where_it_is_asked():
    """Not where detail always or never runs."""
    for phases in ("lighting", "all"):
        assert version(phases=phases) == version(phases=phases, doubt_low=0.1)


def test_another_version_of_an_analysis_changes_it():
    """If it may run."""

    def bumped(name):
        class Bumped:
            SPEC = replace(Registry.load().get(name).SPEC, version=99)
            measure = staticmethod(Registry.load().get(name).measure)

        return Registry.of(Bumped if a.SPEC.name == name else a for a in Registry.load())

    rules = {"model": "rules", "phases": "lighting"}
    assert version(**rules) != version(bumped("shadow"), **rules)
    assert version(**rules) == version(bumped("texture"), **rules)
    assert version(**rules) == version(bumped("network"), **rules)


@pytest.mark.parametrize("engine", ["opencv", "onnxruntime", "auto"])
def test_an_engine_is_named_without_opening_it(engine):
    """By the name it has when it is open."""
    try:
        opened = open_engine(engine).name
    except MissingExtraError:
        pytest.skip(f"{engine} is not installed")

    assert opened == engine_identity(engine)


def test_the_engine_matters_where_the_network_runs():
    """The rules do not read it."""
    if engine_identity("auto") == engine_identity("opencv"):
        pytest.skip("one engine is installed")
    assert version() != version(network_engine="opencv")
    assert version(model="rules") == version(model="rules", network_engine="opencv")
    assert basis(Settings()) != basis(Settings(network_engine="opencv"))
