"""Evidence: what each measurement adds to the verdict, in log-odds that sum up."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceTerm:
    """The contribution of one term of the model.

    Attributes:
        measures: Full names of the measures it reads: one, or two for an interaction.
        values: Their values; None where one is missing.
        log_odds: What it adds to the logit of P(studio); above 0 speaks for studio.
    """

    measures: tuple[str, ...]
    values: tuple[float | None, ...]
    log_odds: float

    @property
    def component(self) -> str:
        """Name of the analysis that the (first) measure belongs to."""
        return self.measures[0].partition(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All evidence on one picture.

    Attributes:
        intercept: Log-odds before any measurement was looked at.
        terms: One term for each of the model, in its order.
    """

    intercept: float
    terms: tuple[EvidenceTerm, ...]

    @property
    def logit(self) -> float:
        """Intercept plus all terms: the logit of P(studio) before calibration."""
        return math.fsum((self.intercept, *(term.log_odds for term in self.terms)))

    def by_component(self) -> dict[str, float]:
        """Sum of the log-odds of each component, in the order of the model."""
        sums: dict[str, list[float]] = {}
        for term in self.terms:
            sums.setdefault(term.component, []).append(term.log_odds)
        return {component: math.fsum(values) for component, values in sums.items()}


def sigmoid(logit: float) -> float:
    """Probability of a logit, 0..1, without overflow."""
    if logit >= 0:
        return 1 / (1 + math.exp(-logit))
    exponential = math.exp(logit)
    return exponential / (1 + exponential)
