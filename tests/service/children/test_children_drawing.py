"""Pages and overlays, drawn where the picture is decoded."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import html_pages
from kept_pictures import file, sha256
from studio_detector import Detector, Settings
from studio_detector.errors import BusyError, FetchError, InputError, IsolationError, RequestError
from studio_detector.imaging.child import describe_error, rebuild_error
from studio_detector.pipeline.versions import pipeline_version
from studio_detector.reporting.overlays import jpeg_bytes
from studio_detector.service.children.outcome import new_result
from studio_detector.service.children.plain_jpeg import is_plain_jpeg
from studio_detector.service.records import Work

PICTURE = file(1)


@pytest.fixture(scope="module")
def result(children):
    """Of a picture that was looked at in full."""
    row = children.analyse(PICTURE, sha256=sha256(PICTURE), variant="default", phases="all")
    version = pipeline_version(Detector(Settings(phases="all")))
    work = Work(variant="default", pipeline_version=version, phases="all")
    return new_result(row, tenant="t", work=work)


@pytest.fixture(scope="module")
def page(children, result):
    return children.report_page(PICTURE, result, name="folder/a.jpg")


class TestPage:
    def test_it_is_a_whole_page(self, page, children, result):
        """With its name, its verdict, a picture for each overlay, and no script."""
        read = html_pages.Page(page)

        assert [] == html_pages.problems(page)
        assert "a.jpg" in read.text
        assert f"P(studio) {result.confidence:.3f}" in read.text
        assert 1 + len(children.overlay_names(result)) == len(read.find("img"))
        assert "What would turn the verdict" in read.text
        assert "Settings that differ from the defaults" in read.text

    def test_without_the_picture_it_still_tells_everything_else(self, children, result, page):
        """The tables are the same to the letter."""
        gone = children.report_page(None, result, name="folder/a.jpg")

        assert [] == html_pages.problems(gone)
        assert "no longer kept" in gone
        assert "data:image" not in gone
        tables = [[t.text for t in html_pages.Page(p).find("table")] for p in (page, gone)]
        assert tables[0] == tables[1]

    def test_a_result_of_other_versions_is_shown_as_it_was(self, children, result):
        """Nothing is made up from what is installed now."""
        old = replace(
            result,
            model="full@0+000000000000",
            work=replace(result.work, variant="gone", pipeline_version="0.0+000000000000"),
            report={**result.report, "band": [0.25, 0.75], "doubt": [0.125, 0.875]},
            label="uncertain",
        )
        page = children.report_page(PICTURE, old)
        text = html_pages.Page(page).text

        assert [] == html_pages.problems(page)
        assert "full@0+000000000000" in text
        assert "no longer installed" in text
        assert "no longer known" in text
        assert "from 0.25 to 0.75 are called uncertain" in text

    def test_a_model_that_another_variant_has_is_found(self, children, result):
        """As after a shadow became the default."""
        moved = replace(result, work=replace(result.work, variant="rules"))

        assert "What would turn the verdict" in children.report_page(PICTURE, moved)

    def test_pictures_measured_otherwise_get_no_overlays(self, children, result):
        """They would not show what was measured."""
        other = {**result.report["basis"], "decode": 99}
        old = replace(result, report={**result.report, "basis": other})

        assert 1 == len(html_pages.Page(children.report_page(PICTURE, old)).find("img"))


class TestOverlays:
    def test_each_is_a_picture(self, children, result):
        """PNG, as wide as in a folder of overlays."""
        names = children.overlay_names(result)

        assert {"saliency", "evidence_map", "highlights"} <= set(names)
        for name in names:
            data = children.overlay(PICTURE, result, name)
            with Image.open(io.BytesIO(data)) as image:
                assert ("PNG", 512) == (image.format, image.width)

    def test_equal_requests_give_equal_pictures(self, children, result):
        """In whatever child."""
        first = children.overlay(PICTURE, result, "backdrop")

        assert first == children.overlay(PICTURE, result, "backdrop")

    def test_what_was_not_measured_has_no_overlay(self, children, result):
        """The message names those that there are."""
        lighting = replace(result, phase3_results=None)

        with pytest.raises(RequestError, match=r"'saliency'.*highlights") as caught:
            children.overlay(PICTURE, lighting, "saliency")

        assert "overlay_unknown" == caught.value.code
        assert "saliency" not in children.overlay_names(lighting)

    def test_without_the_picture_there_is_none(self, children, result):
        """It is gone."""
        with pytest.raises(RequestError) as caught:
            children.overlay(None, result, "saliency")

        assert "picture_gone" == caught.value.code

    def test_by_other_versions_there_is_none(self, children, result):
        """The map of the evidence needs the model, all of them the versions of analyses."""
        other_model = replace(result, model="full@0+000000000000")
        shadow = {**result.phase1_results["shadow"], "version": 99}
        other_analysis = replace(result, phase1_results={**result.phase1_results, "shadow": shadow})

        children.overlay(PICTURE, other_model, "saliency")
        for old, name in ((other_model, "evidence_map"), (other_analysis, "saliency")):
            with pytest.raises(RequestError, match="other versions") as caught:
                children.overlay(PICTURE, old, name)
            assert "overlay_unknown" == caught.value.code

    def test_a_picture_that_cannot_be_decoded_says_so(self, children, result):
        """And the next can be drawn."""
        with pytest.raises(InputError) as caught:
            children.overlay(b"no picture", result, "saliency")

        assert "unsupported_format" == caught.value.code
        children.overlay(PICTURE, result, "saliency")


class TestExplanation:
    def test_its_terms_add_up_to_the_verdict(self, children, result):
        """Along the steps, and over the cards with the intercept."""
        found = children.explanation(result)
        steps, logit = found["waterfall"]["steps"], found["waterfall"]["logit"]

        assert result.evidence["logit"] == logit
        assert logit == pytest.approx(sum(step["log_odds"] for step in steps), abs=1e-9)
        assert logit == pytest.approx(steps[-1]["sum"], abs=1e-9)
        cards = sum(card["log_odds"] for card in found["cards"])
        assert logit == pytest.approx(result.evidence["intercept"] + cards, abs=1e-9)

    def test_it_says_what_a_page_needs(self, children, result):
        """Flips in words, values with their spread in both classes, cautions, milliseconds."""
        found = children.explanation(result)
        terms = [term for card in found["cards"] for term in (*card["terms"], *card["unread"])]
        spread = [term["spread"] for term in terms if term["spread"]]

        assert found["flip"]["turns_to"] == ("natural" if result.is_studio else "studio")
        assert all(change["words"] and change["needed"] for change in found["flip"]["changes"])
        assert spread
        assert all(len(s["shares"]) == len(s["studio"]) == len(s["natural"]) for s in spread)
        assert result.report["timing_ms"] == found["timing_ms"]
        measured = {*result.phase1_results, *result.phase3_results}
        assert measured <= {card["name"] for card in found["cards"]}

    def test_without_the_model_it_says_no_more_than_it_knows(self, children, result):
        """Neither flips nor how reliable it is."""
        found = children.explanation(replace(result, model="full@0+000000000000"))

        assert (None, None, None) == (found["flip"], found["flip_of_cues"], found["reliability"])
        assert found["cards"]


class TestThumbnail:
    def test_it_is_a_small_picture_of_the_same_shape(self, children, result):
        """JPEG without metadata, no larger than the picture itself."""
        large = jpeg_bytes(np.full((600, 900, 3), (200, 40, 60), np.uint8))

        for data, size in ((large, (320, 213)), (PICTURE, (128, 96))):
            thumbnail = children.thumbnail(data, result)
            with Image.open(io.BytesIO(thumbnail)) as image:
                assert ("JPEG", size) == (image.format, image.size)
                colour = image.convert("RGB").getpixel((60, 60))
            assert is_plain_jpeg(thumbnail)
            assert data is PICTURE or (200, 40, 60) == pytest.approx(colour, abs=4)

    def test_it_does_not_depend_on_versions(self, children, result):
        """It shows the picture, not what was measured."""
        other = {**result.report["basis"], "decode": 99}
        old = replace(result, report={**result.report, "basis": other})

        assert children.thumbnail(PICTURE, result) == children.thumbnail(PICTURE, old)


class TestApart:
    def test_drawing_leaves_the_analysts_alone(self, make_children, result):
        """Who looks at a page starts a child of its own."""
        with make_children() as children:
            children.report_page(None, result)

            assert children._analysts[0]._child is None
            assert children._drawers[0]._child is not None

    def test_drawing_too_long_is_a_timeout(self, make_children, result):
        """Raised, as there is no row."""
        with make_children(timeout_s=0.01) as children, pytest.raises(IsolationError) as caught:
            children.report_page(PICTURE, result)

        assert "timeout" == caught.value.code

    def test_after_closing_nothing_is_drawn(self, make_children, result):
        """Who asks is told to come back."""
        children = make_children()
        children.close()

        with pytest.raises(BusyError):
            children.report_page(None, result)


@pytest.mark.parametrize(
    "error",
    [
        RequestError("gone", code="picture_gone"),
        BusyError("busy", code="backlog_full"),
        FetchError("no", code="fetch_failed"),
    ],
    ids=str,
)
def test_errors_of_the_service_cross_the_pipe(error):
    """As their kind, code and message."""
    again = rebuild_error(describe_error(error))

    assert (type(error), error.code, error.message) == (type(again), again.code, again.message)
