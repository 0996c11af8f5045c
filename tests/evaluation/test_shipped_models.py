"""The shipped models on real photographs of photographers they never saw."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from studio_detector import Detector, Settings
from studio_detector.decision.shipped import load_model, shipped_models
from studio_detector.learning.dataset import read_dataset
from studio_detector.learning.extract import built_in_registry, measure_photos
from studio_detector.learning.figures import phase_figures, score_figures
from studio_detector.learning.judged import Labelled
from studio_detector.learning.predict import predict

pytestmark = [pytest.mark.photos, pytest.mark.slow]

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "figures" / "shipped.json"
# Every tenth photograph is enough to see a robustness problem, and quick.
STEP = 10


@dataclass(frozen=True)
class Measured:
    photos: tuple
    table: object


@pytest.fixture(scope="module")
def test_split(photos_folder, tmp_path_factory):
    """Measurements of the whole test split, made in this run by the first process that asks."""
    photos = read_dataset(photos_folder).decided().split("test").photos
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    with (shared / "measured.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return Measured(photos, measure_photos(photos, cache=shared / "measured", workers=2))


def test_no_photograph_of_the_test_split_fails(test_split):
    """Real photographs decode and can be measured."""
    assert {} == test_split.table.failures


@pytest.mark.parametrize("name", shipped_models())
def test_figures_are_the_committed_ones(test_split, name):
    """Every figure within 1e-3 of docs/figures/shipped.json (made by tools/figures.py)."""
    committed = json.loads(COMMITTED.read_text())["models"][name]
    model = load_model(name)
    specs = [analysis.SPEC for analysis in built_in_registry()]
    judged = Labelled.of(test_split.photos, test_split.table)
    predictions = predict(model, test_split.table, specs)
    figures = {
        figure.name: figure.value
        for figure in (
            *score_figures(judged, predictions.confidence, resamples=2),
            *phase_figures(judged, predictions, resamples=2),
        )
    }
    expected = {f["name"]: f["value"] for f in (*committed["figures"], *committed["phases"])}

    assert model.identity == committed["model"]
    assert figures == pytest.approx(expected, abs=1e-3)


def test_the_default_model_is_useful():
    """Clearly better than the rules, and than what size and aspect alone give away."""
    committed = json.loads(COMMITTED.read_text())
    auc = {
        name: {f["name"]: f["value"] for f in data["figures"]}["AUC"]
        for name, data in committed["models"].items()
    }
    probe = {f["name"]: f["value"] for f in committed["shortcut"]}["AUC"]

    assert auc[Settings().model] > auc["rules"] + 0.02
    assert auc[Settings().model] > probe + 0.2


def _jpeg_85(rgb):
    _, data = cv2.imencode(".jpg", rgb[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])
    return cv2.imdecode(data, cv2.IMREAD_COLOR)[:, :, ::-1]


def _half_size(rgb):
    rows, columns = rgb.shape[:2]
    return cv2.resize(rgb, (columns // 2, rows // 2), interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize(
    ("change", "allowed"),
    [(_jpeg_85, 0.05), (_half_size, 0.06), (lambda rgb: rgb[:, ::-1], 0.03)],
    ids=["JPEG quality 85", "half size", "mirrored"],
)
def test_what_does_not_change_the_light_rarely_changes_the_verdict(
    photos_folder, change, allowed, record_property
):
    """Share of verdicts that flip; the exact share is recorded in the test report."""
    photos = read_dataset(photos_folder).decided().split("test").photos[::STEP]
    detector = Detector()
    flips = []
    for photo in photos:
        rgb = np.asarray(Image.open(photo.path).convert("RGB"))
        before, after = detector.analyse_many([rgb, np.ascontiguousarray(change(rgb))])
        flips.append(before.is_studio != after.is_studio)
    record_property("flips", f"{sum(flips)} of {len(flips)}")

    assert np.mean(flips) <= allowed


def test_library_and_table_agree_on_every_confidence(test_split):
    """What is evaluated is what users get."""
    specs = [analysis.SPEC for analysis in built_in_registry()]
    chosen = range(0, len(test_split.photos), 60)
    expected = predict(load_model("cues"), test_split.table, specs).confidence
    detector = Detector(Settings(model="cues"))

    for row in chosen:
        report = detector.analyse(test_split.photos[row].path)
        assert expected[row] == pytest.approx(report.confidence, abs=1e-12)
