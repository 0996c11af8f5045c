"""Two explanations as a table, for a terminal and for Markdown."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from studio_detector.reporting import grid
from studio_detector.reporting.explanation.waterfall import (
    INTERCEPT,
    measure_words,
    values_words,
)
from studio_detector.reporting.paint import plain
from studio_detector.reporting.printable import printable
from studio_detector.reporting.words import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_detector.analysis.base import MeasureSpec
    from studio_detector.reporting.explanation.comparison import Comparison
    from studio_detector.reporting.paint import Paint

#: Said where one verdict rests on the lighting alone and the other on detail too.
DIFFERENT_HEADS = (
    "the two verdicts come from different heads of the model (lighting alone; with detail), so "
    "equal values may carry other evidence"
)


def comparison_text(
    comparison: Comparison,
    measures: Mapping[str, MeasureSpec],
    *,
    most: int | None = None,
    paint: Paint = plain,
) -> str:
    """Both verdicts, and the measures that set them apart, the largest difference first.

    Args:
        comparison: What to say.
        measures: Full name -> specification of every measure.
        most: Differences named; None for all.
        paint: Colours a piece of text.

    Returns:
        Several lines, each ended by a line feed.
    """
    lines = []
    for letter, side in (("A", comparison.first), ("B", comparison.second)):
        report = side.report
        name = "(no name)" if report.path is None else printable(report.path)
        verdict = f"{paint(report.label, report.label)}, P(studio) {report.confidence:.3f}"
        lines.append(
            f"{letter}  {paint(name, 'strong')}: {verdict}, logit {side.waterfall.logit:+.3f}"
        )
    if not comparison.same_head:
        lines.append(f"   {DIFFERENT_HEADS}")
    header, rows = comparison_rows(comparison, measures, most=most)
    printed = [tuple(map(printable, row)) for row in rows]
    return "".join(f"{line}\n" for line in (*lines, "")) + grid.aligned(header, printed)


def comparison_rows(
    comparison: Comparison, measures: Mapping[str, MeasureSpec], *, most: int | None = None
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The differences as a table: its header, and a row for each difference and the rest.

    Args:
        comparison: What to say.
        measures: Full name -> specification of every measure.
        most: Differences named; None for all.
    """
    header = ("B - A", "A", "B", "value A", "value B", "measure")
    named = comparison.differences[:most]
    rest = comparison.differences[len(named) :]
    rows = [
        (
            _signed(difference.difference),
            *map(_signed, difference.log_odds),
            *(values_words(difference.measures, values, measures) for values in difference.values),
            " with ".join(measure_words(key, measures) for key in difference.measures),
        )
        for difference in named
    ]
    if rest:
        sums = [math.fsum(d.log_odds[side] for d in rest) for side in (0, 1)]
        words = f"{counted(len(rest), 'other')} together"
        rows.append((_signed(sums[1] - sums[0]), *map(_signed, sums), "", "", words))
    intercepts = [e.report.evidence.intercept for e in (comparison.first, comparison.second)]
    difference = _signed(intercepts[1] - intercepts[0])
    rows.append((difference, *map(_signed, intercepts), "", "", INTERCEPT))
    return header, rows


def _signed(number: float) -> str:
    text = f"{number:+.3f}"
    return "0.000" if float(text) == 0 else text
