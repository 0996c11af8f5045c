"""What an analysis is: a specification and a pure function from planes to raw numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_detector.planes import Planes

#: "lighting" always runs; "network" runs where the model reads it; "detail" only in doubt.
Phase = Literal["lighting", "network", "detail"]

#: What mirroring the picture left to right does to a measure.
Mirror = Literal["invariant", "negated", "varies"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureSpec:
    """One raw number: its name, unit, range and meaning, written beside the code computing it.

    Attributes:
        name: Short name, unique in its analysis, with its unit where it has one (``_px``,
            ``_ratio``, ``_deg``, ``_k``).
        summary: What it measures and what a high value means, in one line.
        unit: Unit in words or symbols; "1" for a plain number.
        low: Smallest possible value.
        high: Largest possible value; may be infinite.
        studio: +1 when higher speaks for studio light as a rule, -1 when against, 0 when
            it depends. Documentation and sanity tests use it, the trained models do not.
        mirror: What mirroring the picture does to it.
        source: Paper, standard or reference the measure follows.
    """

    name: str
    summary: str
    unit: str
    low: float
    high: float
    studio: Literal[-1, 0, 1] = 0
    mirror: Mirror = "invariant"
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisSpec:
    """The metadata of one analysis; docs, columns, model inputs and tests are made from it.

    Attributes:
        name: Lower-case identifier; also the name of the component in reports.
        version: Bumped whenever equal planes may give other numbers than before.
        phase: When it runs.
        title: Name for people, for instance "Colour temperature".
        summary: What it looks at, in one or two sentences.
        measures: The raw numbers it returns, in order.
        references: Literature on the method as a whole.
    """

    name: str
    version: int
    phase: Phase
    title: str
    summary: str
    measures: tuple[MeasureSpec, ...]
    references: tuple[str, ...] = ()

    def key(self, measure: MeasureSpec) -> str:
        """Return the full name ``analysis.measure``, unique over all analyses."""
        return f"{self.name}.{measure.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """The raw numbers of one analysis on one picture; no thresholds, no opinions.

    Attributes:
        analysis: Name of the analysis.
        version: Version of the analysis.
        values: Short measure name -> finite float, or None when it could not be measured.
            Every measure of the specification is present, in its order.
        missing: Short measure name -> why it is None.
    """

    analysis: str
    version: int
    values: Mapping[str, float | None]
    missing: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        spec: AnalysisSpec,
        values: Mapping[str, float | None],
        *,
        missing: Mapping[str, str] | None = None,
        reason: str = "not measurable on this picture",
    ) -> Measurement:
        """Build a measurement that keeps the specification's order and never holds a NaN.

        Args:
            spec: Specification of the analysis.
            values: Short name -> number. Absent, None and non-finite ones become None.
            missing: Reasons for particular measures.
            reason: Reason for the other missing ones.

        Returns:
            A measurement with every measure of ``spec``.

        Raises:
            KeyError: If ``values`` holds a name that ``spec`` does not declare.
        """
        kept: dict[str, float | None] = {}
        reasons: dict[str, str] = {}
        for measure in spec.measures:
            name = measure.name
            value = values.get(name)
            if value is not None and math.isfinite(value):
                kept[name] = float(value)
            else:
                kept[name] = None
                reasons[name] = (missing or {}).get(name, reason)
        unknown = values.keys() - kept.keys()
        if unknown:
            raise KeyError(f"{spec.name} does not declare {sorted(unknown)}")
        return cls(
            analysis=spec.name,
            version=spec.version,
            values=kept,
            missing=reasons,
        )

    def check(self, spec: AnalysisSpec) -> None:
        """Make sure that it is what a specification promises, as one made by `of` is.

        Args:
            spec: Of the analysis that gave it.

        Raises:
            ValueError: If it is of another analysis, has other measures or another order, a
                number that is not finite, or reasons for other measures than are missing.
        """
        if (self.analysis, self.version) != (spec.name, spec.version):
            raise ValueError(f"it is of {self.analysis!r}, version {self.version}")
        declared = [measure.name for measure in spec.measures]
        if list(self.values) != declared:
            raise ValueError(f"it has {list(self.values)} where {declared} are declared")
        unmeasured = {name for name, value in self.values.items() if value is None}
        if self.missing.keys() != unmeasured:
            raise ValueError(
                f"it has reasons for {sorted(self.missing)} where {sorted(unmeasured)} are missing"
            )
        if not all(value is None or math.isfinite(value) for value in self.values.values()):
            raise ValueError("a number is not finite; give None and a reason")


@runtime_checkable
class Analysis(Protocol):
    """What the registry holds: a module with these two names satisfies it, so may an object."""

    SPEC: AnalysisSpec

    @staticmethod
    def measure(planes: Planes) -> Measurement:
        """Measure one picture; pure, deterministic, one thread, never raising on any picture."""
        ...
