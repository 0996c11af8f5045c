"""Lists of photos and two photos side by side: as pages, text, Markdown and data."""

from __future__ import annotations

import json
import math
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import html_pages
import sample_reports
from studio_detector.decision.evidence import Evidence, EvidenceTerm
from studio_detector.reporting.explanation.as_data import comparison_data, explanation_data
from studio_detector.reporting.explanation.comparison import compare
from studio_detector.reporting.explanation.markdown import comparison_markdown, explanation_markdown
from studio_detector.reporting.explanation.side_by_side import comparison_text
from studio_detector.reporting.explanation.waterfall import waterfall
from studio_detector.reporting.page.comparison_page import comparison_page
from studio_detector.reporting.page.index_page import entry, index_page

MEASURES = sample_reports.MEASURES
HOSTILE = "<script>alert(1)</script>|`x`\n\u202e*b*"


class TestIndex:
    def test_photos_and_failures_are_listed(self, seen):
        entries = [
            entry(seen(sample_reports.report(path=name)), f"000{at}-a.html")
            for at, name in enumerate(("shoot/a.jpg", HOSTILE), start=1)
        ]
        failed = sample_reports.failure(path=HOSTILE, message=HOSTILE)

        text = index_page(entries, [failed], {"studio": 2})
        page = html_pages.Page(text)

        assert [] == html_pages.problems(text)
        assert ["0001-a.html", "0002-a.html"] == [e.attributes["href"] for e in page.find("a")]
        assert "a.jpg" == page.find("a")[0].text
        assert 2 == page.text.count("<script>alert(1)</script>|`x`\\n\\u202e*b*")
        assert "3 photos: 2 studio, 1 not analysed" in " ".join(page.text.split())

    def test_without_any_photo_it_lists_the_failures(self):
        text = index_page([], [sample_reports.failure()], {})

        assert [] == html_pages.problems(text)
        assert "truncated" in text


class TestComparisonPage:
    def test_its_structure_has_no_problem(self, seen, context):
        first = seen(sample_reports.report(path=HOSTILE, warnings=("no profile",)))
        second = seen(sample_reports.detail_report(), captions=("Soft.", "Hard."))
        comparison = compare(first.explanation, second.explanation)

        page = comparison_page(comparison, first, second, context)

        assert [] == html_pages.problems(page)
        assert "different heads of the model" in page
        assert 4 == len(html_pages.Page(page).find("img")), "two photos, one overlay of both"

    def test_both_waterfalls_have_one_scale(self, seen, context):
        far = Evidence(
            intercept=-0.5,
            terms=(EvidenceTerm(measures=("shadow.softness_px",), values=(9.0,), log_odds=-7.0),),
        )
        first = seen()
        second = seen(sample_reports.report(0.1, evidence=far), waterfall=waterfall(far, MEASURES))
        page = html_pages.Page(
            comparison_page(compare(first.explanation, second.explanation), first, second, context)
        )

        axes = [e for e in page.find("th") if "axis" in (e.attributes.get("class") or "")]
        assert 2 == len(axes)
        places = [[s.attributes.get("style") for s in axis.find("span")] for axis in axes]
        assert places[0] == places[1]

    @settings(
        max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(st.data())
    def test_the_differences_shown_add_up_to_the_difference_of_the_logits(
        self, seen, context, data
    ):
        sides = [
            seen(
                sample_reports.report(evidence=(evidence := data.draw(evidences()))),
                captions=(),
                waterfall=waterfall(evidence, MEASURES),
            )
            for _ in range(2)
        ]
        comparison = compare(*(side.explanation for side in sides))
        page = html_pages.Page(comparison_page(comparison, *sides, context))

        table = next(t for t in page.find("table") if "B less A" in t.text)
        *rows, (total,) = page.numbers(table)
        logits = [side.explanation.report.evidence.logit for side in sides]
        assert math.fsum(number for (number,) in rows) == pytest.approx(total, abs=1e-9)
        assert total == pytest.approx(logits[1] - logits[0], abs=1e-9)


@st.composite
def evidences(draw):
    """Evidence of some of ten terms: not every head reads the same."""
    terms = [
        EvidenceTerm(
            measures=(f"shadow.m{number}",),
            values=(draw(st.none() | st.floats(-9, 9)),),
            log_odds=draw(st.floats(-4, 4)),
        )
        for number in sorted(draw(st.sets(st.integers(0, 9))))
    ]
    return Evidence(intercept=draw(st.floats(-3, 3)), terms=tuple(terms))


class TestComparison:
    @settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(evidences(), evidences())
    def test_every_term_of_either_is_there_once_the_largest_difference_first(self, seen, one, two):
        first, second = (
            seen(sample_reports.report(evidence=e), captions=()).explanation for e in (one, two)
        )

        found = compare(first, second).differences

        sizes = [abs(difference.difference) for difference in found]
        assert sizes == sorted(sizes, reverse=True)
        names = [difference.measures for difference in found]
        assert len(set(names)) == len(names)
        assert set(names) == {t.measures for t in (*one.terms, *two.terms)}

    def test_what_one_head_does_not_read_keeps_its_value(self, seen):
        """A measurement is there though no term reads it."""
        empty = Evidence(intercept=0.0, terms=())
        first = seen(sample_reports.report(evidence=empty)).explanation
        second = seen().explanation

        found = {d.measures[0]: d for d in compare(first, second).differences}

        assert ((3.25,), (3.25,)) == found["shadow.softness_px"].values
        assert (0.0, 1.5) == found["shadow.softness_px"].log_odds

    def test_as_text_the_rest_is_summed(self, seen):
        first, second = seen().explanation, seen(sample_reports.report(path=HOSTILE)).explanation

        said = comparison_text(compare(first, second), MEASURES, most=1)

        assert "1 other together" in said
        assert "\u202e" not in said
        assert said.startswith("A  a.jpg: studio")
        assert said.count("\n") == len(said.splitlines())

    def test_as_data_it_is_json_and_has_both(self, seen):
        comparison = compare(seen().explanation, seen().explanation)

        data = json.loads(json.dumps(comparison_data(comparison, timing=False), allow_nan=False))

        assert 2 == len(data["photos"])
        assert [0, 0] == [d["difference"] for d in data["differences"]]
        assert "timing_ms" not in data["photos"][0]["report"]


class TestData:
    def test_the_steps_add_up_and_the_report_is_there(self, seen):
        explanation = seen().explanation

        data = json.loads(json.dumps(explanation_data(explanation), allow_nan=False))

        steps = [step["log_odds"] for step in data["waterfall"]["steps"]]
        assert math.fsum(steps) == pytest.approx(explanation.report.evidence.logit, abs=1e-9)
        assert data["report"] == explanation.report.to_dict(verbose=True)
        assert data["flip"]["changes"][0]["measure"] == "shadow.softness_px"


class TestMarkdown:
    def test_hostile_names_stay_text(self, seen):
        """No element, no table cell of their own, no second line."""
        report = sample_reports.report(path=HOSTILE, warnings=(HOSTILE,))

        said = explanation_markdown(seen(report).explanation, MEASURES)

        heading, *rest = said.splitlines()
        assert (
            "### ``<script>alert(1)</script>|`x`\\n\\u202e*b*``: studio, P(studio) 0.900" == heading
        )
        assert not re.search(r"(?<!\\)[<*`]", "\n".join(line for line in rest if "note:" in line))
        tables = [line for line in rest if line.startswith("|")]
        assert {5} == {len(re.findall(r"(?<!\\)\|", line)) - 1 for line in tables}

    def test_the_table_ends_with_the_sum(self, seen):
        said = explanation_markdown(seen().explanation, MEASURES, timing=False)

        assert "| **sum, before calibration** |  |  |  | +0.7500 |" in said
        assert "time:" not in said

    def test_a_comparison_is_a_table_too(self, seen):
        first, second = seen().explanation, seen(sample_reports.report(path="`")).explanation

        said = comparison_markdown(compare(first, second), MEASURES)

        assert "- B: `` ` ``: studio" in said
        assert "| B - A | A | B | value A | value B | measure |" in said
