"""Two photos beside each other: which measurement sets their verdicts apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio_detector.decision.evidence import Evidence, EvidenceTerm
    from studio_detector.reporting.explanation.explain import Explanation

#: Differences named on a terminal; a page names all.
MOST_DIFFERENCES = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One term of the model on both photos.

    Attributes:
        measures: Full names of the measures it reads.
        values: Their values on the first and on the second photo; None where one is missing or
            was not measured.
        log_odds: What they add on the first and on the second photo; 0 where the head that
            decided does not read them.
    """

    measures: tuple[str, ...]
    values: tuple[tuple[float | None, ...], tuple[float | None, ...]]
    log_odds: tuple[float, float]

    @property
    def difference(self) -> float:
        """What the second photo has more, in log-odds; above 0 makes it more studio-like."""
        return self.log_odds[1] - self.log_odds[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two explanations and what sets them apart.

    Attributes:
        first: The explanation of the first photo.
        second: Of the second.
        differences: Every term that either reads, the largest difference first. With the
            difference of the intercepts they add up to the difference of the logits.
    """

    first: Explanation
    second: Explanation
    differences: tuple[Difference, ...]

    @property
    def same_head(self) -> bool:
        """Whether both verdicts were given by the same head of the model."""
        return self.first.report.phase == self.second.report.phase


def compare(first: Explanation, second: Explanation) -> Comparison:
    """Set two explanations side by side.

    Args:
        first: Explanation of one photo.
        second: Of another, by the same model.
    """
    sides = tuple(_by_measures(e.report.evidence) for e in (first, second))
    found = []
    for measures in dict.fromkeys((*sides[0], *sides[1])):
        one, other = (side.get(measures) for side in sides)
        found.append(
            Difference(
                measures=measures,
                values=(_values(one, first, measures), _values(other, second, measures)),
                log_odds=(_log_odds(one), _log_odds(other)),
            )
        )
    found.sort(key=lambda difference: -abs(difference.difference))
    return Comparison(first=first, second=second, differences=tuple(found))


def _by_measures(evidence: Evidence) -> dict[tuple[str, ...], EvidenceTerm]:
    return {term.measures: term for term in evidence.terms}


def _log_odds(term: EvidenceTerm | None) -> float:
    return 0.0 if term is None else term.log_odds


def _values(
    term: EvidenceTerm | None, explanation: Explanation, measures: tuple[str, ...]
) -> tuple[float | None, ...]:
    if term is not None:
        return term.values
    # This head does not read it, but it may have been measured.
    measurements = explanation.report.measurements
    values = []
    for key in measures:
        analysis, _, name = key.partition(".")
        measurement = measurements.get(analysis)
        values.append(None if measurement is None else measurement.values.get(name))
    return tuple(values)
