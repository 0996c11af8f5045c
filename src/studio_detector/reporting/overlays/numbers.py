"""The numbers that captions quote: those of the report, or measured now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from studio_detector.analysis.base import AnalysisSpec, Measurement
    from studio_detector.pipeline.report import Report
    from studio_detector.planes import Planes


class Measures(Protocol):
    """A module that measures: like `Analysis`, in the form that type checkers see modules."""

    SPEC: AnalysisSpec

    def measure(self, planes: Planes) -> Measurement:
        """Measure one picture."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Subject:
    """The picture that an overlay is drawn of.

    Attributes:
        planes: Its planes.
        report: What was found on it, if that is known; the planes must be those it was
            found on.
    """

    planes: Planes
    report: Report | None = None

    def measured(self, analysis: Measures) -> Measurement:
        """What an analysis found: from the report where it ran, or measured now."""
        name = analysis.SPEC.name
        if self.report is not None and name in self.report.measurements:
            return self.report.measurements[name]
        return analysis.measure(self.planes)


def missing_reason(found: Measurement) -> str:
    """Why an analysis measured nothing, in the words of its first missing measure."""
    return next(iter(found.missing.values()), "not measurable on this picture")


def shown(value: float | None, form: str, *, scale: float = 1.0) -> str:
    """A number in a format such as ``.0f``, or "not measurable"."""
    return "not measurable" if value is None else format(value * scale, form)
