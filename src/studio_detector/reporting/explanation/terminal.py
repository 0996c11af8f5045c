"""The explanation as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.reporting.explanation.reliability import reliability_words
from studio_detector.reporting.explanation.waterfall import measure_words, number_words
from studio_detector.reporting.paint import plain
from studio_detector.reporting.printable import printable
from studio_detector.reporting.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from studio_detector.analysis.base import MeasureSpec
    from studio_detector.reporting.explanation.explain import Explanation
    from studio_detector.reporting.explanation.flips import Flip
    from studio_detector.reporting.explanation.waterfall import Waterfall
    from studio_detector.reporting.paint import Paint

# Half of the bar chart, in characters: one side for each light.
_HALF = 12
# Changes named of a flip; a set larger than this is no answer anybody could use.
MOST_CHANGES = 6


def explanation_text(
    explanation: Explanation, measures: Mapping[str, MeasureSpec], *, paint: Paint = plain
) -> str:
    """The verdict, its waterfall, what would turn it, and what to keep in mind.

    Args:
        explanation: What to say.
        measures: Full name -> specification of every measure.
        paint: Colours a piece of text.

    Returns:
        Several lines, each ended by a line feed.
    """
    report = explanation.report
    name = "(no name)" if report.path is None else printable(report.path)
    verdict = f"{paint(report.label, report.label)}, P(studio) {report.confidence:.3f}"
    lines = [
        f"{paint(name, 'strong')}: {verdict}",
        f"  {reliability_words(explanation.reliability)}",
        "",
        "  evidence in log-odds, natural light to the left, studio to the right",
        *_waterfall_lines(explanation.waterfall),
        "",
        f"  phases: {explanation.phases}",
        *flip_lines(explanation, measures),
    ]
    lines += [f"  note: {printable(caution)}" for caution in explanation.cautions]
    return "".join(line.rstrip() + "\n" for line in lines)


def flip_lines(explanation: Explanation, measures: Mapping[str, MeasureSpec]) -> Iterator[str]:
    """What would turn the verdict, in lines for a terminal."""
    if explanation.flip is not None:
        yield from _one_flip(explanation.flip, "what would turn it", measures)
    if explanation.flip_of_cues is not None:
        yield from _one_flip(
            explanation.flip_of_cues, "with the network's opinion as it is", measures
        )


def _one_flip(flip: Flip, title: str, measures: Mapping[str, MeasureSpec]) -> Iterator[str]:
    gap = f"{flip.missing_log_odds:.2f} log-odds away from {flip.turns_to}"
    if not flip.changes:
        yield f"  {title}: nothing; {gap}, more than all measurements together can move"
        return
    yield f"  {title}: {counted(len(flip.changes), 'measurement')} ({gap})"
    for change in flip.changes[:MOST_CHANGES]:
        spec = measures.get(change.measure)
        yield (
            f"    {printable(measure_words(change.measure, measures))}: "
            f"{number_words(change.value, spec)} -> {number_words(change.needed, spec)} "
            f"({change.log_odds:+.2f} -> {change.needed_log_odds:+.2f})"
        )
    if len(flip.changes) > MOST_CHANGES:
        yield f"    and {counted(len(flip.changes) - MOST_CHANGES, 'other')}"


def _waterfall_lines(fall: Waterfall) -> Iterator[str]:
    largest = max(abs(step.log_odds) for step in fall.steps) or 1.0
    for step in fall.steps:
        value = f" ({step.value})" if step.value else ""
        bar = _bar(step.log_odds / largest)
        yield f"  {step.log_odds:+7.2f} {bar} {printable(step.words)}{value}"
    yield f"  {fall.logit:+7.2f} {_bar(0)} sum: the verdict before calibration"


def _bar(share: float) -> str:
    length = round(abs(share) * _HALF)
    left = "#" * length if share < 0 else ""
    right = "#" * length if share > 0 else ""
    return f"{left:>{_HALF}}|{right:<{_HALF}}"
