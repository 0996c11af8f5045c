"""Tables of what is measured."""

from __future__ import annotations

import json
import math

import pytest

import sample_reports
from studio_detector.analysis.base import MeasureSpec
from studio_detector.reporting import measures


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0, 1, "0 to 1"),
        (-0.5, 1e6, "-0.5 to 1000000"),
        (0, math.inf, "at least 0"),
        (-math.inf, 3, "at most 3"),
        (-math.inf, math.inf, "any number"),
    ],
)
def test_ranges_are_said_in_words(low, high, words):
    """Without an infinity sign that could be taken for a number."""
    measure = MeasureSpec(name="m", summary="s", unit="1", low=low, high=high)

    assert words == measures.range_words(measure)


def test_the_table_of_a_page_says_everything_about_a_measure():
    """Meaning, unit, range, direction, source; own where no source is given."""
    table = measures.page_table(sample_reports.SHADOW)

    assert (
        "| `softness_px` | Width of shadow edges \\| wide is soft | px | at least 0 | studio "
        "| Canny 1986 |\n" in table
    )
    assert "| `depth_ratio` | Depth of shadows | 1 | 0 to 1 | natural | own |\n" in table


def test_the_terminal_lists_every_measure_of_every_analysis():
    """By full name, with the phase it belongs to."""
    rows = measures.terminal_rows(sample_reports.SPECS)

    assert list(sample_reports.MEASURES) == [row[0] for row in rows]
    assert ["lighting", "lighting", "detail"] == [row[3] for row in rows]
    assert all(len(measures.TERMINAL_HEADER) == len(row) for row in rows)


def test_the_data_form_is_strict_json():
    """Infinite bounds are null, because JSON has no infinity."""
    data = json.loads(json.dumps(measures.as_data(sample_reports.SPECS), allow_nan=False))

    assert ["shadow", "far_backdrop"] == [spec["name"] for spec in data]
    softness = data[0]["measures"][0]
    assert "shadow.softness_px" == softness["name"]
    assert (0, None) == (softness["low"], softness["high"])
    assert "studio" == softness["higher_speaks_for"]


def test_the_document_has_a_section_for_each_analysis():
    """Title, summary, name, version, phase and table."""
    document = measures.markdown_document(sample_reports.SPECS)

    assert "## Shadow\n\nHow shadows end.\n" in document
    assert "Name `far_backdrop`, version 3, phase detail." in document
