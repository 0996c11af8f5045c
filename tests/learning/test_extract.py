"""Every photograph measured once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import synthetic_scenes
from studio_detector import Detector, Settings
from studio_detector.learning import extract
from studio_detector.learning.dataset import Photo
from studio_detector.learning.extract import built_in_registry, measure_photos, measuring_key
from studio_detector.learning.measurements import FILE_FACTS


@pytest.fixture
def photos(tmp_path):
    """Three scenes, one of them twice under another name, and one broken file."""
    found = []
    for name, scene in zip(("a", "b", "c"), synthetic_scenes.SAMPLES, strict=False):
        path = tmp_path / f"{name}.png"
        Image.fromarray(synthetic_scenes.sample(scene)).save(path)
        found.append(path)
    twin = tmp_path / "twin.png"
    twin.write_bytes(found[0].read_bytes())
    broken = tmp_path / "broken.png"
    broken.write_bytes(found[1].read_bytes()[:200])
    return [
        Photo(path=path, name=path.name, label="studio", group="g")
        for path in (*found, twin, broken, tmp_path / "absent.png")
    ]


def test_the_numbers_are_those_of_the_detector(photos):
    table = measure_photos(photos[:1], cache=None, workers=1)
    report = Detector(Settings(phases="all", model="rules")).analyse(photos[0].path)

    specs = [analysis.SPEC for analysis in built_in_registry()]
    found = table.measurements(0, specs)
    assert {n: dict(m.values) for n, m in report.measurements.items()} == {
        n: dict(m.values) for n, m in found.items()
    }
    facts = table.columns(FILE_FACTS)[0].tolist()
    size = photos[0].path.stat().st_size
    assert [report.original_rows_px, report.original_columns_px, size] == facts


def test_failures_are_recorded_and_the_others_measured(photos):
    table = measure_photos(photos, cache=None, workers=1)

    assert {"broken.png", "absent.png"} == set(table.failures)
    assert "not_found" == table.failures["absent.png"][0]
    assert np.isnan(table.values[-2:]).all()
    assert np.isfinite(table.values[:4, 0]).all()


def test_equal_files_have_equal_rows(photos):
    table = measure_photos(photos, cache=None, workers=1)

    assert table.sha256[0] == table.sha256[3]
    np.testing.assert_array_equal(table.values[0], table.values[3])


def test_what_was_measured_is_not_measured_again(photos, tmp_path, monkeypatch):
    pytest.importorskip("pyarrow")
    cache = tmp_path / "cache"
    told = []

    def progress(done, total):
        told.append((done, total))

    first = measure_photos(photos[:5], cache=cache, workers=1, progress=progress)
    relabelled = [replace(photo, label="natural", group="h") for photo in photos[:5]]
    monkeypatch.setattr(extract, "_measure", pytest.fail)
    second = measure_photos(relabelled, cache=cache, workers=1)

    assert [(1, 4), (2, 4), (3, 4), (4, 4)] == told
    np.testing.assert_array_equal(first.values, second.values)
    assert first.failures == second.failures
    assert [f"{measuring_key(built_in_registry())}.parquet"] == [p.name for p in cache.iterdir()]


def test_a_cache_of_other_columns_is_measured_anew(photos, tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    store = tmp_path / f"{measuring_key(built_in_registry())}.parquet"
    parquet.write_table(pyarrow.table({"sha256": ["x"]}), store)

    table = measure_photos(photos[:1], cache=tmp_path, workers=1)
    assert np.isfinite(table.values[0, 0])
    assert parquet.read_table(store).num_rows == 1


@pytest.mark.slow
def test_processes_give_the_same_numbers_in_order(photos, monkeypatch):
    monkeypatch.setattr(extract, "_CHUNK", 1)

    one = measure_photos(photos, cache=None, workers=1)
    two = measure_photos(photos, cache=None, workers=2)
    np.testing.assert_array_equal(one.values, two.values)
    assert one.failures == two.failures


def test_rows_are_found_by_name(photos):
    table = measure_photos(photos[:3], cache=None, workers=1)

    chosen = table.of(["c.png", "a.png"])
    assert ("c.png", "a.png") == chosen.names
    np.testing.assert_array_equal(table.values[[2, 0]], chosen.values)
