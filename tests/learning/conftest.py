"""A labelled set that is judged once, and its report."""

from __future__ import annotations

import json

import pytest

import labelled_folder
from studio_detector.decision import model_file
from studio_detector.decision.model import Head, Model, Shape
from studio_detector.learning.dataset import read_dataset
from studio_detector.learning.report import page
from studio_detector.learning.report.assess import assess

#: Bootstrap samples of the report's intervals.
RESAMPLES = 60
#: Slices asked for.
BY = ("region", "make", "year", "group", "genre", "hard")


@pytest.fixture(scope="session")
def labelled_set(tmp_path_factory):
    return labelled_folder.make_table(tmp_path_factory.mktemp("set"))


@pytest.fixture(scope="session")
def report_cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def bright():
    """A model that reads one measure, so that its confidences are known by hand."""
    shape = Shape(measure="background.border_lightness", knots=(40.0, 100.0), log_odds=(-3.0, 3.0))
    head = Head(intercept=0.2, shapes=(shape,))
    return model_file.sealed(
        Model(
            name="bright",
            version="1",
            digest="",
            lighting=head,
            full=head,
            uncertain_low=0.2,
            uncertain_high=0.85,
        )
    )


@pytest.fixture(scope="session")
def report_assessment(labelled_set, report_cache, bright):
    return assess(
        read_dataset(labelled_set),
        [bright],
        by=BY,
        cache=report_cache,
        workers=1,
        resamples=RESAMPLES,
    )


@pytest.fixture(scope="session")
def written_report(report_assessment, tmp_path_factory):
    """Folder, JSON and HTML of the report."""
    out = tmp_path_factory.mktemp("out")
    paths = page.write(report_assessment, out)
    assert [out / "report.json", out / "report.html"] == list(paths)
    data, html = (path.read_text(encoding="utf-8") for path in paths)
    return json.loads(data), html
