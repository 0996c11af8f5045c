"""What a page says of one photo, as plain data: for pages that are made elsewhere."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from studio_detector.reporting.explanation.as_data import explanation_data
from studio_detector.reporting.explanation.waterfall import measure_words, number_words
from studio_detector.reporting.page.cards import cards
from studio_detector.reporting.typical import QUANTILES
from studio_detector.reporting.words import score_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from studio_detector.analysis.base import MeasureSpec
    from studio_detector.pipeline.report import Report
    from studio_detector.reporting.explanation.explain import Explanation
    from studio_detector.reporting.explanation.flips import Flip
    from studio_detector.reporting.page.cards import Card, TermLine, Unread
    from studio_detector.reporting.page.context import Context
    from studio_detector.reporting.typical import Typical


def photo_data(explanation: Explanation, context: Context) -> dict[str, Any]:
    """The explanation in words, with a card for each component.

    Args:
        explanation: What to write.
        context: How the verdict was made.

    Returns:
        `explanation_data` without the report, of which the milliseconds stay; the changes of
        flips in words; and ``cards``, whose ``log_odds`` and the intercept add up to the logit.
    """
    report = explanation.report
    measures = context.measures
    data = explanation_data(explanation)
    return {
        "waterfall": data["waterfall"],
        "flip": _flip(explanation.flip, measures),
        "flip_of_cues": _flip(explanation.flip_of_cues, measures),
        "reliability": data["reliability"],
        "phases": data["phases"],
        "cautions": data["cautions"],
        "timing_ms": data["report"]["timing_ms"],
        "cards": [
            _card(card, report, context.typical)
            for card in cards(report, context.specs, context.typical)
        ],
    }


def _flip(flip: Flip | None, measures: Mapping[str, MeasureSpec]) -> dict[str, Any] | None:
    if flip is None:
        return None
    return {
        "turns_to": flip.turns_to,
        "missing_log_odds": flip.missing_log_odds,
        "changes": [
            {
                "measure": change.measure,
                "words": measure_words(change.measure, measures),
                "value": number_words(change.value, measures.get(change.measure)),
                "needed": number_words(change.needed, measures.get(change.measure)),
                "log_odds": change.log_odds,
                "needed_log_odds": change.needed_log_odds,
            }
            for change in flip.changes
        ],
    }


def _card(card: Card, report: Report, typical: Mapping[str, Typical]) -> dict[str, Any]:
    return {
        "name": card.name,
        "title": card.title,
        "summary": card.summary,
        "ran": card.ran,
        "score": card.score,
        "says": "" if card.score is None else score_words(card.score),
        "log_odds": card.log_odds,
        "terms": [_term(line, report, typical) for line in card.terms],
        "unread": [_unread(line, report, typical) for line in card.unread],
    }


def _term(line: TermLine, report: Report, typical: Mapping[str, Typical]) -> dict[str, Any]:
    values = {term.measures: term.values for term in report.evidence.terms}[line.names]
    return {
        "measures": list(line.names),
        "words": line.words,
        "remark": line.remark,
        "value": line.value,
        "values": list(values),
        "log_odds": line.log_odds,
        "spread": _spread(line.names, typical),
    }


def _unread(line: Unread, report: Report, typical: Mapping[str, Typical]) -> dict[str, Any]:
    analysis, _, name = line.name.partition(".")
    return {
        "measures": [line.name],
        "words": line.words,
        "remark": "",
        "value": line.value,
        "values": [report.measurements[analysis].values[name]],
        "log_odds": None,
        "spread": _spread((line.name,), typical),
    }


def _spread(names: Sequence[str], typical: Mapping[str, Typical]) -> dict[str, Any] | None:
    """Of one measure; where a term is of two, nothing can be compared with it."""
    found = typical.get(names[0]) if len(names) == 1 else None
    if found is None:
        return None
    rows = {name: list(values) for name, values in asdict(found).items()}
    return {"shares": list(QUANTILES), **rows}
