"""The registry: built-in analyses and plugins through one door."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from types import SimpleNamespace

import pytest

from studio_detector.analysis import registry as registry_module
from studio_detector.analysis.base import AnalysisSpec, Measurement, MeasureSpec
from studio_detector.analysis.registry import Registry
from studio_detector.errors import ConfigError


def analysis(name="grain", measures=("level",)):
    spec = AnalysisSpec(
        name=name,
        version=1,
        phase="lighting",
        title=name.title(),
        summary="",
        measures=tuple(
            MeasureSpec(name=measure, summary="", unit="1", low=0, high=1) for measure in measures
        ),
    )
    return SimpleNamespace(SPEC=spec, measure=lambda planes: Measurement.of(spec, {}))  # noqa: ARG005


def test_the_built_in_analyses_are_four_of_lighting_and_four_of_detail():
    """In running order, lighting first."""
    names = {
        phase: [a.SPEC.name for a in Registry.load().phase(phase)]
        for phase in ("lighting", "detail")
    }

    assert names == {
        "lighting": ["shadow", "highlight", "colour_temperature", "background"],
        "detail": ["frequency", "depth_of_field", "composition", "texture"],
    }


def test_a_disabled_analysis_is_left_out():
    """Feature flags work by name."""
    names = [a.SPEC.name for a in Registry.load(disabled=["texture"])]

    assert "texture" not in names
    assert "frequency" in names


def test_disabling_an_unknown_analysis_suggests_the_nearest_name():
    """A typing mistake is an error with a way out."""
    with pytest.raises(ConfigError, match="did you mean 'shadow'") as caught:
        Registry.load(disabled=["shadows"])

    assert caught.value.code == "unknown_analysis"


def test_two_analyses_of_one_name_are_refused():
    """Otherwise one would silently hide the other."""
    with pytest.raises(ConfigError, match="two analyses are named 'grain'") as caught:
        Registry.of([analysis(), analysis()])

    assert caught.value.code == "plugin_invalid"


@pytest.mark.parametrize(
    "candidate",
    [
        object(),
        SimpleNamespace(SPEC="no specification", measure=print),
        SimpleNamespace(SPEC=analysis().SPEC),
        analysis(measures=()),
        analysis(measures=("level", "level")),
        analysis(name="film.grain"),
        analysis(measures=("mean level",)),
    ],
    ids=[
        "nothing",
        "wrong SPEC",
        "no measure",
        "declares nothing",
        "declares twice",
        "dot in its name",
        "blank in a measure's name",
    ],
)
def test_what_is_no_analysis_is_refused(candidate):
    """A plugin that lacks a part fails when it is registered, not on the first photo."""
    with pytest.raises(ConfigError) as caught:
        Registry.of([candidate])

    assert caught.value.code == "plugin_invalid"


def test_a_plugin_that_cannot_be_imported_is_named(monkeypatch):
    """The message says which package to mend or uninstall."""
    broken = EntryPoint("broken", "no_such_package.module", registry_module.ENTRY_POINT_GROUP)
    monkeypatch.setattr(registry_module, "entry_points", lambda **_: [broken])

    with pytest.raises(ConfigError, match=r"'broken' \(no_such_package.module\)"):
        Registry.load()


def test_full_measure_names_are_unique_over_all_analyses():
    """Models and columns refer to measures by full name."""
    loaded = Registry.load()

    assert len(loaded.measures()) == sum(len(a.SPEC.measures) for a in loaded)


def test_a_measurement_never_holds_a_number_that_is_none():
    """NaN and infinity become None with a reason; undeclared names are a defect."""
    spec = analysis(measures=("a", "b", "c")).SPEC

    measurement = Measurement.of(
        spec, {"a": float("nan"), "b": 2.0}, missing={"a": "flat"}, reason="too small"
    )

    assert measurement.values == {"a": None, "b": 2.0, "c": None}
    assert measurement.missing == {"a": "flat", "c": "too small"}
    with pytest.raises(KeyError, match="d"):
        Measurement.of(spec, {"d": 1.0})
