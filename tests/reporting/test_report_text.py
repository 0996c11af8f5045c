"""The report for people."""

from __future__ import annotations

import re

import pytest

import sample_reports
from studio_detector.pipeline.settings import Settings
from studio_detector.reporting.paint import ansi
from studio_detector.reporting.text import (
    failure_text,
    measurements_text,
    report_text,
    summary_text,
)

SETTINGS = Settings()


def test_the_report_says_verdict_scores_phases_and_milliseconds():
    """With the words for each score and the evidence behind it."""
    text = report_text(sample_reports.report(), SETTINGS)

    assert "a.jpg: studio, P(studio) 0.900\n" == text.splitlines(keepends=True)[0]
    assert re.search(r"shadow +0\.78 +studio-like +evidence \+1\.25\n", text)
    assert re.search(r"phases +lighting \(detail not needed: 0\.900 so far", text)
    assert re.search(r"time +16\.8 ms \(decode 12\.3, lighting 4\.5\)\n", text)


def test_a_second_phase_is_explained_by_the_doubt():
    """The report names the confidence and the bounds of doubt in force."""
    text = report_text(sample_reports.detail_report(), Settings(doubt_low=0.45, doubt_high=0.65))

    assert "lighting, network, detail (0.550 so far is in doubt, 0.45 to 0.65)" in text
    assert "detail 3.0" in text


@pytest.mark.parametrize(
    ("phases", "words"), [("all", "all phases were asked for"), ("lighting", "was ruled out")]
)
def test_a_phase_that_was_ordered_is_said_to_be(phases, words):
    """No doubt is claimed where none decided."""
    assert words in report_text(sample_reports.report(phases=phases), SETTINGS)


def test_a_component_without_evidence_has_no_score():
    """Unknown is said, not shown as one half."""
    text = report_text(sample_reports.detail_report(), SETTINGS)

    assert re.search(r"far backdrop +- +not in this model\n", text)


def test_without_timing_no_milliseconds_are_left():
    """So that two reports on equal pixels are equal."""
    assert " ms" not in report_text(sample_reports.report(), SETTINGS, timing=False)


def test_every_measurement_is_shown_with_unit_and_evidence():
    """Missing ones with their reason, and the sum that makes the verdict."""
    text = measurements_text(sample_reports.detail_report(), sample_reports.MEASURES)

    assert re.search(r"softness_px +3\.25 px +\+1\.500\n", text)
    assert re.search(r"depth_ratio +missing: no shadow found +-0\.250\n", text)
    assert re.search(r"tilt +-12 deg +-\n", text)
    assert "intercept -0.500, evidence +1.250, logit +0.750" in text
    assert "JPEG of 1200 x 800 px, measured at 512 x 341 px" in text


def test_a_joint_term_is_shown_with_all_its_measures():
    """Its evidence belongs to no single measurement."""
    plain = sample_reports.report()
    term = sample_reports.EvidenceTerm(
        measures=("shadow.softness_px", "shadow.depth_ratio"), values=(3.25, None), log_odds=0.125
    )
    evidence = sample_reports.Evidence(intercept=0.0, terms=(*plain.evidence.terms, term))

    text = measurements_text(sample_reports.report(evidence=evidence), sample_reports.MEASURES)

    assert re.search(r"shadow\.softness_px x shadow\.depth_ratio +\+0\.125\n", text)


def test_a_failure_is_one_line_with_code_message_and_name():
    """What a terminal would obey is escaped, in the name and in the message."""
    text = failure_text(sample_reports.failure("a\nb.jpg", "bad\x1b[2J bytes"))

    assert "a\\nb.jpg: failed (truncated): bad\\x1b[2J bytes\n" == text


def test_hostile_names_and_warnings_cannot_reach_the_terminal():
    """Nothing but line feeds of our own."""
    hostile = sample_reports.report(path="\x1b]0;x\x07\u202e.jpg", warnings=("w\x1b[2J\n",))

    text = report_text(hostile, SETTINGS)

    assert all(line.isprintable() for line in text.splitlines())


def test_colours_change_nothing_but_the_colour():
    """Stripped of its escape sequences, the painted text is the plain one."""
    plain = report_text(sample_reports.report(), SETTINGS)
    painted = report_text(sample_reports.report(), SETTINGS, paint=ansi)

    assert plain != painted
    assert plain == re.sub(r"\x1b\[[0-9;]*m", "", painted)


def test_standard_input_and_arrays_have_a_name_too():
    """A dash or nothing would be cryptic."""
    assert report_text(sample_reports.report(path="-"), SETTINGS).startswith("standard input:")
    assert report_text(sample_reports.report(path=None), SETTINGS).startswith("(no name):")


def test_the_summary_counts_outcomes():
    """Labels that did not occur are left out."""
    assert "4 photos: 2 studio, 1 uncertain, 1 failed\n" == summary_text(
        {"studio": 2, "natural": 0, "uncertain": 1}, 1
    )
    assert "1 photo: 1 natural\n" == summary_text({"natural": 1}, 0)
