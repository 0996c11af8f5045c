"""One analysis alone on one photo: its numbers with everything that helps to judge them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_detector.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_detector.analysis.base import AnalysisSpec, Measurement, MeasureSpec
    from studio_detector.decision.model import Head, Model
    from studio_detector.reporting.typical import Typical


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One measure of the analysis.

    Attributes:
        key: Full name.
        spec: Its specification.
        value: What was measured; None where it could not be.
        reason: Why it is missing; "" where it is not.
        typical: Its spread in the training photographs; None where there is none.
        lighting_log_odds: What it adds where lighting alone decides; None where that head of
            the model does not read it.
        full_log_odds: The same where lighting and detail decide together.
    """

    key: str
    spec: MeasureSpec
    value: float | None
    reason: str
    typical: Typical | None
    lighting_log_odds: float | None
    full_log_odds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One analysis on one photo.

    Attributes:
        spec: The analysis.
        numbers: Its measures, in the order of the specification.
        model: Identity of the model the evidence is from; "" where none fits.
        model_problem: Why there is no evidence; "" where there is.
        first_ms: Milliseconds on planes that nothing has asked for yet.
        shared_ms: Milliseconds once the planes it needs are there.
    """

    spec: AnalysisSpec
    numbers: tuple[Number, ...]
    model: str
    model_problem: str
    first_ms: float
    shared_ms: float

    @property
    def lighting_log_odds(self) -> float | None:
        """Sum where lighting alone decides; None where that head reads none of the measures."""
        return _sum([number.lighting_log_odds for number in self.numbers])

    @property
    def full_log_odds(self) -> float | None:
        """Sum where lighting and detail decide together."""
        return _sum([number.full_log_odds for number in self.numbers])


def component(
    spec: AnalysisSpec,
    measurement: Measurement,
    model: Model,
    typical: Mapping[str, Typical],
    *,
    first_ms: float,
    shared_ms: float,
) -> Component:
    """Put together what is known of an analysis on one photo.

    An analysis under development often runs in a version the model was not made for. Its
    numbers are still worth seeing, so that this takes away the evidence and nothing else.

    Args:
        spec: The analysis.
        measurement: What it found.
        model: Where the evidence comes from.
        typical: Full name of a measure -> its spread.
        first_ms: See `Component`.
        shared_ms: See `Component`.
    """
    problem = ""
    lighting: Mapping[str, float] = {}
    full: Mapping[str, float] = {}
    try:
        model.check_analyses([spec])
    except ModelError as error:
        problem = error.message
    else:
        lighting = _log_odds(model.lighting, spec, measurement)
        full = _log_odds(model.full, spec, measurement)
    return Component(
        spec=spec,
        numbers=tuple(
            Number(
                key=spec.key(measure),
                spec=measure,
                value=measurement.values[measure.name],
                reason=measurement.missing.get(measure.name, ""),
                typical=typical.get(spec.key(measure)),
                lighting_log_odds=lighting.get(spec.key(measure)),
                full_log_odds=full.get(spec.key(measure)),
            )
            for measure in spec.measures
        ),
        model="" if problem else model.identity,
        model_problem=problem,
        first_ms=first_ms,
        shared_ms=shared_ms,
    )


def _log_odds(head: Head, spec: AnalysisSpec, measurement: Measurement) -> dict[str, float]:
    """Log-odds by measure; the terms of other analyses do not depend on this one."""
    evidence = head.evaluate({spec.name: measurement})
    return {
        term.measures[0]: term.log_odds for term in evidence.terms if term.component == spec.name
    }


def _sum(log_odds: list[float | None]) -> float | None:
    found = [number for number in log_odds if number is not None]
    return math.fsum(found) if found else None
