"""Outcomes as rows, and rows as text."""

from __future__ import annotations

import sample_reports
from studio_detector.reporting import grid, tables


def _row(outcome, **choices):
    chosen = tables.columns(sample_reports.SPECS, **choices)
    return dict(zip([c.name for c in chosen], tables.row(outcome, chosen), strict=True))


def test_a_report_fills_its_columns():
    """A component that did not run has an empty cell."""
    row = _row(sample_reports.report(warnings=("one", "two")))

    assert "a.jpg" == row["path"]
    assert row["is_studio"] is True
    assert 0.9 == row["confidence"]
    assert round(sample_reports.SHADOW_SCORE, 6) == row["score_shadow"]
    assert row["score_far_backdrop"] is None
    assert "one; two" == row["warnings"]
    assert row["error_code"] is None
    assert 12.346 == row["decode_ms"]


def test_a_failure_fills_path_and_error_only():
    """Everything else is empty, not zero."""
    row = _row(sample_reports.failure(), verbose=True)

    filled = {name: cell for name, cell in row.items() if cell not in (None, "")}
    assert {
        "path": "b.jpg",
        "error_code": "truncated",
        "error_message": "it ends early; copy it again",
    } == filled


def test_verbose_adds_every_measurement_and_timing_can_go():
    """Columns follow from the specifications, not from the photo."""
    plain, verbose = _row(sample_reports.report()), _row(sample_reports.report(), verbose=True)

    assert ["shadow.softness_px", "shadow.depth_ratio", "far_backdrop.tilt"] == [
        name for name in verbose if name not in plain
    ]
    assert 3.25 == verbose["shadow.softness_px"]
    assert verbose["shadow.depth_ratio"] is None
    assert not [name for name in _row(sample_reports.report(), timing=False) if "_ms" in name]


def test_every_stage_that_is_timed_has_a_column():
    """The network's too; a stage that did not run is empty."""
    report = sample_reports.detail_report()
    row = _row(report)

    timed = {f"{stage}_ms": taken for stage, taken in report.timing.to_dict().items()}
    assert timed == {name: cell for name, cell in row.items() if name.endswith("_ms")}
    assert 4 == row["network_ms"]
    assert _row(sample_reports.report())["network_ms"] is None


def test_cells_are_what_their_columns_say():
    """None or the kind of the column, for reports and failures."""
    kinds = {"text": str, "number": float | int, "whole": int, "truth": bool}
    for outcome in (sample_reports.detail_report(), sample_reports.failure()):
        for column in tables.columns(sample_reports.SPECS, verbose=True):
            cell = column.cell(outcome.to_dict(verbose=True))
            assert cell is None or isinstance(cell, kinds[column.kind]), column.name


def test_cells_are_written_as_in_json():
    """Nothing for None, small letters for booleans."""
    assert ["", "true", "false", "0.5", "x"] == [
        tables.cell_text(cell) for cell in (None, True, False, 0.5, "x")
    ]


def test_aligned_tables_have_straight_columns_and_no_trailing_spaces():
    """Header included."""
    text = grid.aligned(["name", "n"], [("a", "1"), ("longer name", "")])

    assert "name         n\na            1\nlonger name\n" == text


def test_markdown_cells_cannot_break_the_table():
    """Bars are escaped, line ends become spaces."""
    assert "| a |\n| --- |\n| x \\| y z |\n" == grid.markdown(["a"], [("x | y\n  z",)])
