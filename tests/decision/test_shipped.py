"""Models by name or path."""

from __future__ import annotations

import pytest

from decision.model_examples import small_model
from studio_detector.analysis.registry import Registry
from studio_detector.decision import model_file
from studio_detector.decision.shipped import load_model, shipped_models
from studio_detector.errors import ConfigError, ModelError


def test_rules_and_the_trained_model_are_shipped():
    assert {"rules", "cues"} <= set(shipped_models())


@pytest.mark.parametrize("name", shipped_models())
class TestShippedModel:
    def test_goes_by_its_name(self, name):
        assert name == load_model(name, rule_weights=None).name

    def test_fits_the_analyses_of_this_release(self, name):
        load_model(name).check_analyses(a.SPEC for a in Registry.load())

    def test_reads_only_measures_that_exist(self, name):
        model = load_model(name)
        measures = Registry.load().measures()

        read = {s.measure for head in (model.lighting, model.full) for s in head.shapes}
        assert set() == read - set(measures)

    def test_judges_light_by_lighting_measures_alone(self, name):
        """Detail has not run yet when the lighting head is asked."""
        lighting = {a.SPEC.name for a in Registry.load() if a.SPEC.phase != "detail"}

        used = {s.measure.partition(".")[0] for s in load_model(name).lighting.shapes}
        assert used <= lighting

    def test_a_mirrored_picture_gets_the_same_verdict(self, name):
        """No shape reads a measure that the mirror changes, but for the network's opinion.

        How rarely that one changes a verdict is measured on photographs, in tests/evaluation.
        """
        measures = Registry.load().measures()
        model = load_model(name)

        read = [s.measure for head in (model.lighting, model.full) for s in head.shapes]
        cues = [key for key in read if not key.startswith("network.")]
        assert {"invariant"} == {measures[key].mirror for key in cues}


def test_a_path_loads_that_file(tmp_path):
    path = tmp_path / "own.json"
    path.write_text(model_file.dumps(small_model()), encoding="utf-8")

    assert small_model() == load_model(str(path), rule_weights=None)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("cue", "did you mean 'cues'"), ("rule", "did you mean 'rules'"), ("zzz", "known: rules, ")],
)
def test_an_unknown_name_gets_a_suggestion(name, hint):
    with pytest.raises(ConfigError, match=hint) as caught:
        load_model(name, rule_weights=None)

    assert "unknown_model" == caught.value.code


def test_a_file_that_is_not_there_names_the_shipped_models(tmp_path):
    with pytest.raises(ConfigError, match="shipped models: rules") as caught:
        load_model(str(tmp_path / "absent.json"), rule_weights=None)

    assert "unknown_model" == caught.value.code


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"{}"], ids=["no text", "no model"])
def test_a_damaged_file_is_a_model_error_that_names_it(tmp_path, content):
    path = tmp_path / "damaged.json"
    path.write_bytes(content)

    with pytest.raises(ModelError, match=r"damaged\.json"):
        load_model(str(path), rule_weights=None)


def test_a_folder_is_not_a_model(tmp_path):
    folder = tmp_path / "folder.json"
    folder.mkdir()

    with pytest.raises(ModelError, match="cannot be read"):
        load_model(str(folder), rule_weights=None)
