"""The additive model: shape functions that turn measurements into log-odds.

A model is data (a JSON file), not code. It has a head for lighting alone and one for
lighting and detail together, so that detail really adds. Each term is a piecewise-linear
function of one measurement, flat beyond its outer knots.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from studio_detector.decision.calibration import Calibration, interpolate, rises
from studio_detector.decision.evidence import Evidence, EvidenceTerm
from studio_detector.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from studio_detector.analysis.base import AnalysisSpec, Measurement

_MEASURE = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_EVEN_ODDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One term: log-odds as a piecewise-linear function of one measure.

    Attributes:
        measure: Full name, ``analysis.measure``.
        knots: Values of the measure, strictly rising, at least one.
        log_odds: Log-odds at the knots.
        missing: Log-odds when the measure is missing.

    Raises:
        ModelError: If a part does not fit the others or is not finite.
    """

    measure: str
    knots: tuple[float, ...]
    log_odds: tuple[float, ...]
    missing: float = 0.0

    def __post_init__(self) -> None:
        if not _MEASURE.fullmatch(self.measure):
            raise _invalid(f"{self.measure!r} is not a full measure name (analysis.measure)")
        if not self.knots or len(self.knots) != len(self.log_odds):
            raise _invalid(
                f"the shape of {self.measure!r} needs knots, each with its log-odds; "
                f"got {len(self.knots)} knots and {len(self.log_odds)} values"
            )
        if not rises(self.knots, strictly=True):
            raise _invalid(f"the knots of {self.measure!r} do not rise: {list(self.knots)}")
        if not all(math.isfinite(number) for number in (*self.log_odds, self.missing)):
            raise _invalid(f"the log-odds of {self.measure!r} are not all finite")

    def evaluate(self, value: float | None) -> EvidenceTerm:
        """Evidence of one value."""
        log_odds = self.missing if value is None else interpolate(value, self.knots, self.log_odds)
        return EvidenceTerm(measures=(self.measure,), values=(value,), log_odds=log_odds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A complete additive model for one set of phases.

    Attributes:
        intercept: Log-odds before any measurement.
        shapes: The terms; their measures differ.
        calibration: Map from summed evidence to the confidence.

    Raises:
        ModelError: If the intercept is not finite or two shapes read the same measure.
    """

    intercept: float
    shapes: tuple[Shape, ...]
    calibration: Calibration = field(default_factory=Calibration)

    def __post_init__(self) -> None:
        if not math.isfinite(self.intercept):
            raise _invalid(f"the intercept is {self.intercept}; it must be finite")
        measures = [shape.measure for shape in self.shapes]
        twice = sorted({measure for measure in measures if measures.count(measure) > 1})
        if twice:
            raise _invalid(f"more than one shape reads {', '.join(twice)}")

    def evaluate(self, measurements: Mapping[str, Measurement]) -> Evidence:
        """Turn measurements into evidence.

        Args:
            measurements: Analysis name -> measurement. Terms of an analysis that did not
                run (disabled or failed) count as missing.

        Returns:
            The evidence, one term for each shape.
        """
        return Evidence(
            intercept=self.intercept,
            terms=tuple(
                shape.evaluate(value_of(measurements, shape.measure)) for shape in self.shapes
            ),
        )

    def confidence(self, evidence: Evidence) -> float:
        """Calibrated P(studio), 0..1."""
        return self.calibration.probability(evidence.logit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A named pair of heads with its own idea of doubt.

    Attributes:
        name: Name by which it is chosen.
        version: Changes with every refit.
        digest: First 12 hex digits of the SHA-256 of its definition; see `model_file`.
        lighting: Head for phase 1 alone.
        full: Head for phases 1 and 3 together.
        uncertain_low: Below this confidence the label is natural.
        uncertain_high: Above this confidence the label is studio.
        analyses: Analysis name -> version whose numbers it was made for; empty where any will do.
        card: Training set, figures and remarks, for people.

    Raises:
        ModelError: If the name, the version or the band does not fit.
    """

    name: str
    version: str
    digest: str
    lighting: Head
    full: Head
    uncertain_low: float
    uncertain_high: float
    analyses: Mapping[str, int] = field(default_factory=dict)
    card: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or not self.version:
            raise _invalid(
                f"the model needs a name of lower-case letters, digits, - and _, and a version; "
                f"got {self.name!r} and {self.version!r}"
            )
        if not 0 <= self.uncertain_low <= _EVEN_ODDS <= self.uncertain_high <= 1:
            raise _invalid(
                f"the uncertain band must hold 0.5 and lie in 0..1; "
                f"got {self.uncertain_low} to {self.uncertain_high}"
            )

    @property
    def identity(self) -> str:
        """``name@version+digest``, the string that reports carry."""
        return f"{self.name}@{self.version}+{self.digest}"

    def reads(self, analysis: str) -> bool:
        """Whether a shape of either head reads a measure of the analysis."""
        return any(
            shape.measure.partition(".")[0] == analysis
            for head in (self.lighting, self.full)
            for shape in head.shapes
        )

    def check_analyses(self, specs: Iterable[AnalysisSpec]) -> None:
        """Refuse analyses whose numbers mean something else than those it was made for.

        An analysis that is absent (disabled, or a plugin not installed) is accepted: its
        terms count as missing, which the model has a value for. An analysis that runs in
        another version is not: its numbers would be read on a scale they are not on, and
        every verdict would be wrong without a sign of it.

        Args:
            specs: Specifications of the analyses that will run.

        Raises:
            ModelError: ``model_invalid`` if one has another version than `analyses` says, or
                lacks a measure that a shape reads.
        """
        read = {shape.measure for head in (self.lighting, self.full) for shape in head.shapes}
        for spec in specs:
            made_for = self.analyses.get(spec.name, spec.version)
            if made_for != spec.version:
                raise _invalid(
                    f"the model {self.identity} was made for version {made_for} of the analysis "
                    f"{spec.name!r}, but version {spec.version} is installed; refit it with "
                    f"'python -m studio_detector.learning.train' or choose another model"
                )
            known = {spec.key(measure) for measure in spec.measures}
            unknown = sorted(key for key in read - known if key.partition(".")[0] == spec.name)
            if unknown:
                raise _invalid(
                    f"the model {self.identity} reads {', '.join(unknown)}, which the analysis "
                    f"{spec.name!r} does not measure; refit it or choose another model"
                )


def value_of(measurements: Mapping[str, Measurement], key: str) -> float | None:
    """The value of a measure by its full name; None where it is missing or was not measured."""
    analysis, _, name = key.partition(".")
    measurement = measurements.get(analysis)
    return None if measurement is None else measurement.values.get(name)


def _invalid(message: str) -> ModelError:
    return ModelError(message, code="model_invalid")
