"""The report: every text as text, nothing from outside, and sets of every kind."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import labelled_folder
from studio_detector.decision import model_file
from studio_detector.decision.model import Model
from studio_detector.decision.shipped import load_model
from studio_detector.errors import ConfigError
from studio_detector.learning import metrics
from studio_detector.learning.card import training_set_card
from studio_detector.learning.dataset import read_dataset
from studio_detector.learning.extract import measure_photos
from studio_detector.learning.report import page
from studio_detector.learning.report.assess import assess
from studio_detector.learning.report.console import assessment_text


class _Page(HTMLParser):
    """Collects tags, attributes and text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.texts = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attributes]

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture(scope="module")
def html(written_report):
    return _Page(written_report[1])


class TestPage:
    @pytest.mark.parametrize(
        "shown",
        [
            "<script>alert(1)<_script>.png",
            "quote\"'&amp;.png",
            "line\\nbreak.png",
            "<b>hostile</b>",
        ],
    )
    def test_hostile_names_are_text(self, html, shown):
        """Whatever they hold, and line ends are seen as such."""
        assert any(shown in text for text in html.texts)
        assert not {"script", "b "} & set(html.tags)
        assert "alt" in {name for _, name, _ in html.attributes}

    def test_only_the_templates_own_bold_is_bold(self, written_report):
        """The group `<b>hostile</b>` adds none."""
        assert "<b>hostile" not in written_report[1]
        assert "<script" not in written_report[1]

    def test_nothing_outside_is_referred_to(self, written_report, html):
        """No address, no script, pictures and references inside the page only."""
        text = re.sub(r"data:image/jpeg;base64,[A-Za-z0-9+/=]+", "", written_report[1])
        assert [] == re.findall(r"(?i)https?://|//[a-z]|@import|\burl\((?!#)", text)
        forbidden = {"script", "iframe", "object", "embed", "link", "base", "form", "foreignobject"}
        assert set() == forbidden & set(html.tags)
        for tag, name, value in html.attributes:
            assert not name.startswith("on"), (tag, name)
            if name in {"src", "href", "xlink:href", "srcset"}:
                assert value.startswith(("data:image/jpeg;base64,", "#")), (tag, name)
        assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in written_report[1]

    def test_identifiers_are_unique_and_references_lead_somewhere(self, written_report, html):
        """Though several charts share the page."""
        names = [value for _, name, value in html.attributes if name == "id"]
        targets = re.findall(r'(?:href="#|url\(#)([^")]+)', written_report[1])

        assert len(set(names)) == len(names)
        assert targets
        assert set(targets) <= set(names)

    def test_every_part_is_there(self, written_report, html):
        """Charts of both models, every slice, every group, every error with its picture."""
        data, _ = written_report
        text = " ".join(html.texts)

        assert 6 == html.tags.count("svg")
        assert sum(len(model["worst"]) for model in data["models"]) == html.tags.count("img")
        assert all(row["group"] in text for row in data["models"][0]["groups"])
        assert all(row["value"] in text for row in data["models"][0]["slices"])
        assert sum(r["too_few"] for m in data["models"] for r in m["slices"]) == sum(
            ("tr", "class", "few") == attribute for attribute in html.attributes
        )
        assert "broken.png" in text

    def test_equal_assessments_give_equal_bytes(self, report_assessment, written_report):
        """No date, nothing drawn at random, no path of this machine."""
        assert written_report[1] == page.html(report_assessment)
        assert str(Path.cwd()) not in written_report[1] + json.dumps(written_report[0])
        assert "pytest" not in json.dumps(written_report[0])

    def test_a_picture_that_went_away_is_no_error(
        self, labelled_set, report_cache, bright, tmp_path
    ):
        """The page says so in its place."""
        found = assess(
            read_dataset(labelled_set),
            [bright],
            cache=report_cache,
            workers=1,
            resamples=0,
            worst=1,
        )
        path = found.models[0].worst[0].path
        moved = path.rename(tmp_path / "moved.png")
        try:
            assert "no longer readable" in page.html(found)
        finally:
            moved.rename(path)

    def test_a_folder_that_cannot_be_written_is_a_message(self, report_assessment, tmp_path):
        """Not a traceback."""
        (tmp_path / "file").write_text("", encoding="utf-8")

        with pytest.raises(ConfigError, match="cannot be written"):
            page.write(report_assessment, tmp_path / "file")


class TestSets:
    def test_without_a_test_split_all_is_judged_and_rivals_are_cross_validated(
        self, tmp_path, bright
    ):
        """So that a plain folder of a user can be judged at once."""
        labelled_folder.make_folders(tmp_path)

        found = assess(read_dataset(tmp_path), [bright], cache=None, workers=1, resamples=0)
        assert "all" == found.judged.split
        assert 6 == found.judged.groups
        assert "cross-validation" in found.rivals[0].fitted_on
        assert found.rivals[2].figures
        assert found.models[0].doubt is None

    def test_one_class_alone_leaves_gaps_not_errors(self, tmp_path, bright):
        """Recall can be had, ranking cannot."""
        labelled_folder.make_folders(tmp_path, groups=2)
        for path in (tmp_path / "natural").rglob("*.png"):
            path.unlink()

        found = assess(read_dataset(tmp_path), [bright], cache=None, workers=1, resamples=20)
        figures = {figure.name: figure.value for figure in found.models[0].figures}
        assert figures["AUC"] is None
        assert figures["studio recall"] is not None
        assert all(rival.figures == () for rival in found.rivals)
        assert "Too few photographs to fit it" in page.html(found)
        assert "AUC" in assessment_text(found)

    def test_few_groups_have_no_intervals(self, tmp_path, bright):
        """Four groups drawn again and again would claim a certainty that is not there."""
        labelled_folder.make_folders(tmp_path, groups=4, each=4)

        found = assess(read_dataset(tmp_path), [bright], cache=None, workers=1, resamples=50)
        assert 0 == found.resamples
        assert {None} == {figure.low for figure in found.models[0].figures}
        assert "bootstrap" not in page.html(found)

    def test_nothing_readable_is_an_error(self, tmp_path, bright):
        """With what to look at."""
        (tmp_path / "labels.csv").write_text("file,label\nabsent.png,studio\n", encoding="utf-8")

        with pytest.raises(ConfigError, match="could be analysed"):
            assess(read_dataset(tmp_path), [bright], cache=None, workers=1, resamples=0)

    @pytest.mark.parametrize("recalibrated", [False, True])
    def test_a_model_judged_on_its_own_training_set_is_marked(
        self, labelled_set, report_cache, bright, recalibrated
    ):
        """By the fingerprint in its card, also after its confidences were calibrated anew."""
        photos = read_dataset(labelled_set).split("train").decided().photos
        table = measure_photos(photos, cache=report_cache, workers=1)
        card = {"training_set": training_set_card(photos, table)}
        fitted = model_file.sealed(
            Model(
                name="own",
                version="1",
                digest="",
                lighting=bright.lighting,
                full=bright.full,
                uncertain_low=0.5,
                uncertain_high=0.5,
                card={"before": card} if recalibrated else card,
            )
        )

        def notes(split):
            found = assess(
                read_dataset(labelled_set),
                [fitted],
                split=split,
                cache=report_cache,
                workers=1,
                resamples=0,
            )
            return found.models[0].notes

        assert () == notes("test")
        (note,) = notes("train")
        assert "fitted on exactly these photographs" in note

    def test_the_text_names_every_model_and_rival(self, report_assessment):
        """With the figures of the report."""
        text = assessment_text(report_assessment)

        assert "bright@1" in text
        assert "rules@1" in text
        assert "smooth border (fitted on the training split)" in text
        assert "hard (" in text

    def test_rules_alone_are_judged_once(self, labelled_set, report_cache):
        """Though they would be added otherwise."""
        found = assess(
            read_dataset(labelled_set),
            [load_model("rules")],
            cache=report_cache,
            workers=1,
            resamples=0,
        )
        assert 1 == len(found.models)
        assert metrics.THRESHOLD == 0.5
