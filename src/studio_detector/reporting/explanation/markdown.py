"""The explanation as Markdown, to be pasted into a report of an issue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.reporting import grid
from studio_detector.reporting.explanation.reliability import reliability_words
from studio_detector.reporting.explanation.side_by_side import DIFFERENT_HEADS, comparison_rows
from studio_detector.reporting.explanation.terminal import flip_lines
from studio_detector.reporting.markdown_text import as_code, as_text
from studio_detector.reporting.printable import printable
from studio_detector.reporting.text import time_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_detector.analysis.base import MeasureSpec
    from studio_detector.reporting.explanation.comparison import Comparison
    from studio_detector.reporting.explanation.explain import Explanation

_EVIDENCE_HEADER = ("evidence", "measure", "value", "log-odds", "sum")


def explanation_markdown(
    explanation: Explanation, measures: Mapping[str, MeasureSpec], *, timing: bool = True
) -> str:
    """The verdict, its evidence as a table, what would turn it, and what made it.

    Args:
        explanation: What to say.
        measures: Full name -> specification of every measure.
        timing: Keep the milliseconds.

    Returns:
        GitHub-flavoured Markdown, ended by a line feed. Names from outside stand in it as text.
    """
    report = explanation.report
    rows = [
        (
            as_text(step.words),
            as_code(step.measure) if step.measure else "",
            step.value,
            f"{step.log_odds:+.4f}",
            f"{step.after:+.4f}",
        )
        for step in explanation.waterfall.steps
    ]
    rows.append(("**sum, before calibration**", "", "", "", f"{explanation.waterfall.logit:+.4f}"))
    points = [
        f"phases: {explanation.phases}",
        *(line.strip() for line in flip_lines(explanation, measures)),
        *(f"note: {printable(caution)}" for caution in explanation.cautions),
        (
            f"{report.format} of {report.original_rows_px} x {report.original_columns_px} px, "
            f"measured at {report.rows_px} x {report.columns_px} px (rows x columns)"
        ),
        f"studio-detector {report.version}, model {report.model}, settings {report.variant}",
    ]
    if report.sha256 is not None:
        points.append(f"SHA-256 {report.sha256}")
    if timing:
        points.append(f"time: {time_words(report)}")
    return (
        f"### {as_code(_name(explanation))}: {report.label}, P(studio) {report.confidence:.3f}\n\n"
        f"{as_text(reliability_words(explanation.reliability))}\n\n"
        f"{grid.markdown(_EVIDENCE_HEADER, rows)}\n" + "".join(f"- {as_text(p)}\n" for p in points)
    )


def comparison_markdown(
    comparison: Comparison, measures: Mapping[str, MeasureSpec], *, most: int | None = None
) -> str:
    """Both verdicts, and the measures that set them apart as a table.

    Args:
        comparison: What to say.
        measures: Full name -> specification of every measure.
        most: Differences named; None for all.
    """
    header, rows = comparison_rows(comparison, measures, most=most)
    lines = [
        f"- {letter}: {as_code(_name(side))}: {side.report.label}, "
        f"P(studio) {side.report.confidence:.3f}, logit {side.waterfall.logit:+.3f}\n"
        for letter, side in (("A", comparison.first), ("B", comparison.second))
    ]
    if not comparison.same_head:
        lines.append(f"- {as_text(DIFFERENT_HEADS)}\n")
    table = grid.markdown(header, [tuple(map(as_text, row)) for row in rows])
    return f"{''.join(lines)}\n{table}"


def _name(explanation: Explanation) -> str:
    path = explanation.report.path
    return "(no name)" if path is None else path
