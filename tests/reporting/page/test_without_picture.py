"""Pages of results whose picture, model or settings are no longer there."""

from __future__ import annotations

from dataclasses import replace

import pytest

import html_pages
import sample_reports
from studio_detector.decision.shipped import load_model
from studio_detector.pipeline.settings import Settings
from studio_detector.reporting.explanation.as_data import explanation_data
from studio_detector.reporting.explanation.comparison import compare
from studio_detector.reporting.explanation.explain import explain
from studio_detector.reporting.explanation.terminal import explanation_text
from studio_detector.reporting.page.comparison_page import comparison_page
from studio_detector.reporting.page.index_page import entry, index_page
from studio_detector.reporting.page.photo_page import photo_page

MEASURES = sample_reports.MEASURES


@pytest.fixture
def gone(seen):
    """A photo whose picture is gone."""
    return replace(seen(captions=()), rgb=None)


class TestPicture:
    def test_the_page_says_so_and_shows_the_numbers(self, gone, seen, context):
        """All of it but pictures."""
        page = photo_page(gone, context)
        read = html_pages.Page(page)

        assert [] == html_pages.problems(page)
        assert "no longer kept" in read.text
        assert [] == read.find("img")
        whole = html_pages.Page(photo_page(seen(captions=()), context))
        assert [t.text for t in whole.find("table")] == [t.text for t in read.find("table")]
        assert "no longer kept" not in whole.text

    def test_a_list_names_it_without_its_picture(self, gone, seen):
        """Beside others that have theirs."""
        page = index_page([entry(gone, "1.html"), entry(seen(), "2.html")], [], {"studio": 2})

        assert [] == html_pages.problems(page)
        assert 1 == len(html_pages.Page(page).find("img"))

    def test_it_can_be_compared(self, gone, seen, context):
        """With one that has its picture."""
        other = seen(captions=())
        page = comparison_page(compare(gone.explanation, other.explanation), gone, other, context)

        assert [] == html_pages.problems(page)
        assert 1 == len(html_pages.Page(page).find("img"))


class TestModel:
    @pytest.fixture
    def explanation(self):
        return explain(sample_reports.report(), None, Settings(), MEASURES)

    def test_nothing_is_said_that_only_the_model_knows(self, explanation):
        """What would turn the verdict, and how often such a confidence is right."""
        assert (explanation.flip, explanation.flip_of_cues) == (None, None)
        assert explanation.reliability is None
        assert explanation.report.evidence.logit == explanation.waterfall.logit

    def test_the_page_says_why(self, explanation, seen, context):
        """By the name of the model."""
        page = photo_page(replace(seen(), explanation=explanation), context)

        assert [] == html_pages.problems(page)
        text = html_pages.Page(page).text
        assert "which gave this verdict, is no longer installed" in text
        assert "What would turn the verdict" not in text

    def test_terminal_and_data_leave_it_out(self, explanation):
        """Without failing."""
        assert "would turn" not in explanation_text(explanation, MEASURES)
        data = explanation_data(explanation)
        assert (data["flip"], data["flip_of_cues"]) == (None, None)

    def test_with_the_model_both_are_there(self):
        """As before."""
        report = sample_reports.report()
        model = load_model("rules")

        assert explain(report, model, Settings(), MEASURES).flip is not None


class TestVersions:
    def test_those_it_was_measured_with_are_shown(self, seen, context):
        """Not the installed ones."""
        report = sample_reports.report()
        old = {"shadow": replace(report.measurements["shadow"], version=41)}
        page = photo_page(seen(replace(report, measurements=old)), context)

        assert "shadow 41, far_backdrop 3" in html_pages.Page(page).text

    def test_unknown_settings_are_called_unknown(self, seen, context):
        """Rather than default."""
        unknown = html_pages.Page(photo_page(seen(), replace(context, settings=None)))
        empty = html_pages.Page(photo_page(seen(), replace(context, settings=())))

        assert "no longer known" in unknown.text
        assert "at its default" not in unknown.text
        assert "at its default" in empty.text
