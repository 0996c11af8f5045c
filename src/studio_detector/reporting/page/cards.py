"""The cards of a page: one for each component, with every measure that the model reads of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_detector.reporting.explanation.waterfall import (
    number_words,
    summary_parts,
    values_words,
)
from studio_detector.reporting.page.chart import tone
from studio_detector.reporting.page.environment import title
from studio_detector.reporting.page.spread import strip

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from studio_detector.analysis.base import AnalysisSpec, MeasureSpec
    from studio_detector.decision.evidence import EvidenceTerm
    from studio_detector.pipeline.report import Report
    from studio_detector.reporting.page.spread import Strip
    from studio_detector.reporting.typical import Typical


@dataclass(frozen=True, slots=True, kw_only=True)
class TermLine:
    """One term of the model in the table of its component.

    Attributes:
        names: Full names of its measures.
        words: What it looks at.
        remark: What a high value means; "" where the specification does not say.
        value: The value with its unit, or why there is none.
        log_odds: What it adds.
        tone: What it speaks for: "studio", "natural" or "none".
        strip: The value against its spread; None where there is none.
    """

    names: tuple[str, ...]
    words: str
    remark: str
    value: str
    log_odds: float
    tone: str
    strip: Strip | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A measure that was taken and that the model does not read.

    Attributes:
        name: Full name.
        words: What it is.
        value: The value with its unit, or why there is none.
        strip: The value against its spread; None where there is none.
    """

    name: str
    words: str
    value: str
    strip: Strip | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One component.

    Attributes:
        name: Name of the analysis.
        title: Its name for people.
        summary: What it looks at; "" for one without a specification.
        ran: Whether it was measured.
        score: 0..1; None where the model reads nothing of it.
        log_odds: Sum of its evidence.
        terms: What the model reads of it, the strongest first.
        unread: What else it measured.
    """

    name: str
    title: str
    summary: str
    ran: bool
    score: float | None
    log_odds: float
    terms: tuple[TermLine, ...]
    unread: tuple[Unread, ...]


def cards(
    report: Report, specs: Sequence[AnalysisSpec], typical: Mapping[str, Typical]
) -> tuple[Card, ...]:
    """Build the cards of a report.

    Args:
        report: What was found.
        specs: Specifications of the analyses.
        typical: Full name of a measure -> its spread.

    Returns:
        One for each component that ran or that the model reads, in the order of the report. The
        evidence of all their terms and the intercept add up to the verdict's logit.
    """
    known = {spec.name: spec for spec in specs}
    measures = {spec.key(measure): measure for spec in specs for measure in spec.measures}
    sums = report.evidence.by_component()
    scores = report.components
    found = []
    for name in dict.fromkeys((*report.measurements, *sums)):
        spec = known.get(name)
        terms = [term for term in report.evidence.terms if term.component == name]
        terms.sort(key=lambda term: -abs(term.log_odds))
        found.append(
            Card(
                name=name,
                title=title(name) if spec is None else spec.title,
                summary="" if spec is None else spec.summary,
                ran=name in report.measurements,
                score=scores.get(name),
                log_odds=sums.get(name, 0.0),
                terms=tuple(_line(term, report, measures, typical) for term in terms),
                unread=_unread(name, report, measures, typical),
            )
        )
    return tuple(found)


def meaning(keys: Sequence[str], measures: Mapping[str, MeasureSpec]) -> tuple[str, str]:
    """What measures are, and what a high value means, from their specifications.

    Args:
        keys: Full names.
        measures: Full name -> specification.
    """
    if len(keys) > 1:
        return " with ".join(meaning((key,), measures)[0] for key in keys), ""
    (key,) = keys
    spec = measures.get(key)
    return (title(key.partition(".")[2]), "") if spec is None else summary_parts(spec.summary)


def shown_value(
    keys: Sequence[str],
    values: Sequence[float | None],
    report: Report,
    measures: Mapping[str, MeasureSpec],
) -> str:
    """Values with their units; a single missing one with its reason."""
    if tuple(values) == (None,):
        return f"missing: {_reason(keys[0], report)}"
    return values_words(keys, values, measures)


def _line(
    term: EvidenceTerm,
    report: Report,
    measures: Mapping[str, MeasureSpec],
    typical: Mapping[str, Typical],
) -> TermLine:
    words, remark = meaning(term.measures, measures)
    single = len(term.measures) == 1
    return TermLine(
        names=term.measures,
        words=words,
        remark=remark,
        value=shown_value(term.measures, term.values, report, measures),
        log_odds=term.log_odds,
        tone=tone(term.log_odds),
        strip=strip(typical.get(term.measures[0]), [("", term.values[0])]) if single else None,
    )


def _unread(
    name: str,
    report: Report,
    measures: Mapping[str, MeasureSpec],
    typical: Mapping[str, Typical],
) -> tuple[Unread, ...]:
    measurement = report.measurements.get(name)
    if measurement is None:
        return ()
    read = {key for term in report.evidence.terms for key in term.measures}
    found = []
    for short, value in measurement.values.items():
        key = f"{name}.{short}"
        if key in read:
            continue
        said = number_words(value, measures.get(key))
        found.append(
            Unread(
                name=key,
                words=meaning((key,), measures)[0],
                value=said if value is not None else f"missing: {_reason(key, report)}",
                strip=strip(typical.get(key), [("", value)]),
            )
        )
    return tuple(found)


def _reason(key: str, report: Report) -> str:
    analysis, _, name = key.partition(".")
    measurement = report.measurements.get(analysis)
    if measurement is None:
        return "this analysis did not run"
    return measurement.missing.get(name, "no reason given")
