"""What a notebook shows of a report: small, needing nothing beside it, hostile text as text."""

from __future__ import annotations

import math
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sample_reports
from studio_detector.decision.evidence import Evidence, EvidenceTerm
from studio_detector.pipeline.notebook import MOST_TERMS

HOSTILE = "<script>alert('x')</script>\"&\n\x1b[2J\u202egpj.exe\udcff"
# Log-odds of models have four decimals; a bar of 1e-300 has no side.
NUMBERS = st.floats(-20, 20, allow_nan=False).map(lambda number: round(number, 4))


class Seen(HTMLParser):
    """Tags in order, their attributes, the text, and the rows of the table."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.tags, self.open, self.styles, self.rows = [], [], [], []
        self.text = ""
        self.feed(html)
        self.close()
        assert [] == self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.open.append(tag)
        assert {name for name, _ in attrs} <= {"class", "style", "scope", "aria-hidden"}
        self.styles += [value for name, value in attrs if name == "style"]
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert tag == self.open.pop()

    def handle_data(self, data):
        self.text += data
        if self.open[-1] in {"td", "th"}:
            self.rows[-1][-1] += data


def with_terms(log_odds, intercept=0.25):
    terms = tuple(
        EvidenceTerm(measures=(f"shadow.m{i}_px",), values=(float(i),), log_odds=value)
        for i, value in enumerate(log_odds)
    )
    return sample_reports.report(evidence=Evidence(intercept=intercept, terms=terms))


def test_a_report_shows_its_verdict_and_its_evidence():
    """In words and numbers, strongest first, a missing value said to be missing."""
    seen = Seen(sample_reports.report()._repr_html_())

    assert "a.jpg: studio, P(studio) 0.900" in seen.text
    assert [
        ["before anything is measured", "", "-0.50", ""],
        ["shadow: softness px", "3.25", "+1.50", ""],
        ["shadow: depth ratio", "missing", "-0.25", ""],
        ["sum, before calibration", "", "+0.75", ""],
    ] == seen.rows[1:]
    assert "test@1+0123456789ab" in seen.text


@given(st.lists(NUMBERS, max_size=30), NUMBERS)
def test_the_terms_shown_add_up_to_the_sum_shown(log_odds, intercept):
    """The weaker ones stand together in one row, so that nothing is left out."""
    report = with_terms(log_odds, intercept)

    rows = Seen(report._repr_html_()).rows[1:]

    numbers = [float(row[2]) for row in rows]
    assert math.isclose(math.fsum(numbers[:-1]), numbers[-1], abs_tol=0.005 * len(rows) + 1e-9)
    assert f"{report.evidence.logit:+.2f}" == rows[-1][2]
    strengths = [abs(number) for number in numbers[1 : 1 + min(len(log_odds), MOST_TERMS)]]
    assert sorted(strengths, reverse=True) == strengths
    assert len(rows) == 2 + min(len(log_odds), MOST_TERMS) + (len(log_odds) > MOST_TERMS)


@given(st.lists(NUMBERS, min_size=1, max_size=6))
def test_bars_lean_to_the_side_of_their_light(log_odds):
    """Right of the middle for studio, left for natural, never beyond their cell."""
    html = with_terms(log_odds)._repr_html_()

    bars = [
        (float(left), float(width), colour)
        for left, width, colour in re.findall(
            r"left:([\d.]+)%;width:([\d.]+)%;height:100%;background:(#\w+)", html
        )
    ]
    expected = [0.25, *sorted(log_odds, key=lambda value: -abs(value))]
    assert len(expected) == len(bars)
    for value, (left, width, colour) in zip(expected, bars, strict=True):
        assert left >= 0
        assert left + width <= 100.1
        if value > 0:
            assert (50.0, "#d55e00") == (left, colour)
        else:
            assert "#0072b2" == colour
            assert abs(left + width - 50) <= 0.11


@pytest.mark.parametrize(
    "shown",
    [
        lambda text: sample_reports.report(path=text),
        lambda text: sample_reports.report(warnings=(text,)),
        lambda text: sample_reports.report(model=text, variant=text, version=text),
        lambda text: sample_reports.failure(path=text),
        lambda text: sample_reports.failure(message=text),
    ],
    ids=["path", "warning", "model", "failed path", "message"],
)
def test_hostile_text_stays_text(shown):
    """No tag, no line end, no invisible character of it reaches the notebook."""
    html = shown(HOSTILE)._repr_html_()

    seen = Seen(html)
    assert not {"script", "img", "a", "link", "iframe"} & set(seen.tags)
    assert "<script>alert(" in seen.text
    assert html.isprintable()


@given(st.text(), st.text())
def test_any_text_gives_sound_html(path, message):
    """Every tag is closed, every attribute is one of ours, and it can be written as UTF-8."""
    for shown in (
        sample_reports.report(path=path, warnings=(message,)),
        sample_reports.failure(path=path, message=message),
    ):
        html = shown._repr_html_()
        Seen(html)
        html.encode()


def test_it_is_small_and_whole():
    """Nothing is fetched, nothing runs, and a notebook of a hundred reports stays light."""
    html = with_terms([0.1 * i for i in range(200)])._repr_html_()

    assert len(html.encode()) < 10_000
    assert not re.search(r"https?:|url\(|<script|<style|@import|javascript:| on\w+=", html)
