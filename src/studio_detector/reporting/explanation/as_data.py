"""The explanation as plain data, for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studio_detector.reporting.explanation.comparison import Comparison
    from studio_detector.reporting.explanation.explain import Explanation
    from studio_detector.reporting.explanation.flips import Flip

#: Version of this form; changes when a key changes its name or meaning.
EXPLANATION_SCHEMA_VERSION = 1


def explanation_data(explanation: Explanation, *, timing: bool = True) -> dict[str, Any]:
    """The explanation and the report it explains.

    Args:
        explanation: What to write.
        timing: Keep the report's milliseconds; without them, equal pixels give equal data.

    Returns:
        Plain numbers, strings, lists and dictionaries. The ``log_odds`` of the waterfall's steps
        add up to its ``logit``.
    """
    reliability = explanation.reliability
    return {
        "explanation_version": EXPLANATION_SCHEMA_VERSION,
        "waterfall": {
            "steps": [
                {
                    "measure": step.measure or None,
                    "words": step.words,
                    "value": step.value or None,
                    "log_odds": step.log_odds,
                    "sum": step.after,
                }
                for step in explanation.waterfall.steps
            ],
            "logit": explanation.waterfall.logit,
        },
        "flip": _flip(explanation.flip),
        "flip_of_cues": _flip(explanation.flip_of_cues),
        "reliability": None
        if reliability is None
        else {
            "low": reliability.low,
            "high": reliability.high,
            "photographs": reliability.photographs,
            "studio": reliability.studio,
        },
        "phases": explanation.phases,
        "cautions": list(explanation.cautions),
        "report": explanation.report.to_dict(verbose=True, timing=timing),
    }


def comparison_data(comparison: Comparison, *, timing: bool = True) -> dict[str, Any]:
    """Two explanations and what sets them apart; see `explanation_data`."""
    return {
        "explanation_version": EXPLANATION_SCHEMA_VERSION,
        "photos": [
            explanation_data(explanation, timing=timing)
            for explanation in (comparison.first, comparison.second)
        ],
        "differences": [
            {
                "measures": list(difference.measures),
                "values": [list(values) for values in difference.values],
                "log_odds": list(difference.log_odds),
                "difference": difference.difference,
            }
            for difference in comparison.differences
        ],
        "intercepts": [e.report.evidence.intercept for e in (comparison.first, comparison.second)],
    }


def _flip(flip: Flip | None) -> dict[str, Any] | None:
    if flip is None:
        return None
    return {
        "turns_to": flip.turns_to,
        "missing_log_odds": flip.missing_log_odds,
        "changes": [
            {
                "measure": change.measure,
                "value": change.value,
                "needed": change.needed,
                "log_odds": change.log_odds,
                "needed_log_odds": change.needed_log_odds,
            }
            for change in flip.changes
        ],
    }
