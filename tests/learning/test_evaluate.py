"""A model judged the way the pipeline runs it."""

from __future__ import annotations

import numpy as np
import pytest

from learning.synthetic_examples import synthetic
from studio_detector import Detector, Settings
from studio_detector.decision.shipped import load_model, shipped_models
from studio_detector.learning import metrics
from studio_detector.learning.dataset import read_dataset
from studio_detector.learning.extract import built_in_registry, measure_photos
from studio_detector.learning.figures import Figure, phase_figures, score_figures
from studio_detector.learning.judged import Labelled
from studio_detector.learning.predict import combine, predict
from studio_detector.learning.shortcut import fit_shortcut, shortcut_facts


@pytest.fixture(scope="module")
def data():
    return synthetic(400)


@pytest.fixture(scope="module")
def judged(data):
    return Labelled.of(data.photos, data.table)


@pytest.fixture(scope="module")
def confidence(judged):
    rng = np.random.default_rng(5)
    return np.clip(judged.studio * 0.4 + 0.3 + rng.normal(0, 0.2, judged.studio.size), 0, 1)


def _by_name(figures: list[Figure]) -> dict[str, Figure]:
    return {figure.name: figure for figure in figures}


class TestFigures:
    def test_each_lies_within_its_interval(self, judged, confidence):
        for figure in score_figures(judged, confidence, resamples=100):
            # Calibration error is biased upwards by resampling, as its docstring says.
            if figure.name != "calibration error":
                assert figure.low <= figure.value <= figure.high, figure.name

    def test_are_stated_at_even_odds(self, judged, confidence):
        figures = _by_name(score_figures(judged, confidence, resamples=20))

        called = confidence > 0.5
        recall = called[judged.studio].mean()
        false_alarm = called[~judged.studio].mean()
        assert recall == pytest.approx(figures["studio recall"].value)
        assert recall / (recall + false_alarm) == pytest.approx(figures["studio precision"].value)

    def test_phases_share_out_the_photographs(self, judged, confidence):
        predictions = combine(confidence, np.full(confidence.size, 0.9), settings=Settings())

        figures = _by_name(phase_figures(judged, predictions, resamples=20))
        settled = (confidence < 0.3) | (confidence > 0.7)
        wrong = (confidence > 0.5) != judged.studio
        even = metrics.weights_at_prevalence(judged.studio, 0.5)
        share = even[settled].sum()
        assert share == pytest.approx(figures["settled by lighting"].value)
        assert even[settled & wrong].sum() / share == pytest.approx(
            figures["error where lighting settled"].value
        )

    def test_a_figure_that_does_not_exist_says_so(self):
        assert str(Figure(name="x", value=None)).endswith("-")


class TestShortcut:
    def test_sees_nothing_but_the_file(self, data):
        facts = shortcut_facts(data.table)

        changed = data.table.values.copy()
        changed[:, 3:] = np.nan
        blind = data.table.of(data.table.names)
        object.__setattr__(blind, "values", changed)
        np.testing.assert_array_equal(facts, shortcut_facts(blind))

    def test_finds_labels_that_size_gives_away(self, data):
        values = data.table.values.copy()
        values[:, 0] = np.where(data.studio, 600.0, 400.0)
        leaking = data.table.of(data.table.names)
        object.__setattr__(leaking, "values", values)

        groups = list(data.groups)
        probe = fit_shortcut(leaking, data.studio, groups)
        honest = fit_shortcut(data.table, data.studio, groups)
        assert metrics.auc(data.studio, probe.logits(shortcut_facts(leaking))) > 0.99
        assert metrics.auc(data.studio, honest.logits(shortcut_facts(data.table))) < 0.7


@pytest.fixture(scope="module")
def sample(photos_folder):
    """Eight photographs of the training split, from both classes."""
    photos = read_dataset(photos_folder).decided().split("train").photos
    return photos[:: len(photos) // 8][:8]


@pytest.mark.photos
class TestOnPhotographs:
    @pytest.mark.parametrize("name", shipped_models())
    def test_predictions_are_those_of_the_detector(self, sample, name):
        """The table's confidences agree with `Detector.analyse` to the last bit."""
        specs = [analysis.SPEC for analysis in built_in_registry()]
        table = measure_photos(sample, cache=None, workers=1)

        found = predict(load_model(name), table, specs)
        with Detector(Settings(model=name)) as detector:
            reports = [detector.analyse(photo.path) for photo in sample]
        assert [r.confidence for r in reports] == found.confidence.tolist()
        assert [r.lighting_confidence for r in reports] == found.lighting.tolist()
        assert [r.phase == "lighting" for r in reports] == found.settled.tolist()
