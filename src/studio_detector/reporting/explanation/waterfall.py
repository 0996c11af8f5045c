"""The evidence as a waterfall: from the odds before looking, step by step, to the verdict."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_detector.reporting.words import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from studio_detector.analysis.base import MeasureSpec
    from studio_detector.decision.evidence import Evidence, EvidenceTerm

#: Steps named one by one unless told otherwise; the others are summed into one.
MOST_STEPS = 12
#: What the intercept is, for people.
INTERCEPT = "before anything is measured"
# Summaries say first what is measured and then, behind the first of these, what values mean.
_MEANING = re.compile(r"[:;]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the waterfall.

    Attributes:
        measure: Full name of the measure; "" for the intercept and for the sum of the rest.
        words: What it is, for people.
        value: The measurement in words, with its unit; "" where there is none.
        log_odds: What it adds; above 0 speaks for studio.
        before: Sum of all steps before it.
        after: Sum with it.
    """

    measure: str
    words: str
    value: str
    log_odds: float
    before: float
    after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    """All steps, strongest first after the intercept; the last ends at the verdict's logit.

    Attributes:
        steps: The intercept, the strongest terms, and the sum of the rest where there is one.
        logit: The verdict's logit before calibration.
    """

    steps: tuple[Step, ...]
    logit: float


def waterfall(
    evidence: Evidence, measures: Mapping[str, MeasureSpec], *, most: int | None = MOST_STEPS
) -> Waterfall:
    """Order the evidence from the strongest to the weakest and sum it up.

    Args:
        evidence: The evidence of one verdict.
        measures: Full name -> specification, for words and units.
        most: Terms named one by one; None for all.

    Returns:
        Steps whose sum is ``evidence.logit`` to the last bits of float64.
    """
    ordered = sorted(evidence.terms, key=lambda term: -abs(term.log_odds))
    named = ordered if most is None else ordered[:most]
    rest = ordered[len(named) :]
    steps = [_step("", INTERCEPT, "", evidence.intercept, ())]
    taken = [evidence.intercept]
    for term in named:
        key = term.measures[0]
        steps.append(
            _step(
                key, term_words(term, measures), value_words(term, measures), term.log_odds, taken
            )
        )
        taken.append(term.log_odds)
    if rest:
        words = f"{counted(len(rest), 'weaker measurement')} together"
        steps.append(_step("", words, "", math.fsum(t.log_odds for t in rest), taken))
    return Waterfall(steps=tuple(steps), logit=evidence.logit)


def term_words(term: EvidenceTerm, measures: Mapping[str, MeasureSpec]) -> str:
    """Say what a term looks at: its component and the first sentence of its summary."""
    return " with ".join(measure_words(key, measures) for key in term.measures)


def measure_words(key: str, measures: Mapping[str, MeasureSpec]) -> str:
    """Say what a measure is; a measure without a specification keeps its name."""
    component, _, name = key.partition(".")
    spec = measures.get(key)
    # What a high value means is left out: the value and the sign show it here.
    said = name.replace("_", " ") if spec is None else summary_parts(spec.summary)[0]
    return f"{component.replace('_', ' ')}: {said[:1].lower()}{said[1:]}"


def summary_parts(summary: str) -> tuple[str, str]:
    """Part the summary of a measure into what it is, and what its values mean ("" if unsaid)."""
    what, *meaning = _MEANING.split(summary, maxsplit=1)
    return what, "".join(meaning).strip()


def value_words(term: EvidenceTerm, measures: Mapping[str, MeasureSpec]) -> str:
    """The values of a term with their units; "missing" for one that could not be measured."""
    return values_words(term.measures, term.values, measures)


def values_words(
    keys: Sequence[str], values: Sequence[float | None], measures: Mapping[str, MeasureSpec]
) -> str:
    """Values of these measures with their units, one after the other."""
    return ", ".join(
        number_words(value, measures.get(key)) for key, value in zip(keys, values, strict=True)
    )


def number_words(value: float | None, spec: MeasureSpec | None) -> str:
    """One value with its unit, to three significant digits."""
    if value is None:
        return "missing"
    unit = "" if spec is None or spec.unit in {"", "1"} else f" {spec.unit}"
    # An entropy of one tone is -0.0, which nobody wants to read.
    return f"{value:z.3g}{unit}"


def _step(measure: str, words: str, value: str, log_odds: float, taken: Sequence[float]) -> Step:
    return Step(
        measure=measure,
        words=words,
        value=value,
        log_odds=log_odds,
        before=math.fsum(taken),
        after=math.fsum((*taken, log_odds)),
    )
