"""The verdict from measurements alone: no pixels, so a new model needs no decoding.

`Detector` measures and asks here what to make of it; whoever kept the measurements asks the
same functions again, with another model, and gets what a full analysis would give.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_detector.decision import policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from studio_detector.analysis.base import Analysis, Measurement
    from studio_detector.analysis.registry import Registry
    from studio_detector.decision.evidence import Evidence
    from studio_detector.decision.model import Head, Model
    from studio_detector.decision.policy import Label
    from studio_detector.pipeline.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What measurements come to.

    Attributes:
        confidence: Calibrated P(studio), 0..1.
        label: "studio", "natural" or "uncertain".
        phase: "lighting" or "detail": the last phase that had a say.
        lighting_confidence: Calibrated P(studio) after the lighting phase alone, 0..1.
        evidence: Log-odds that add up to the verdict.
        measurements: What was looked at, in running order.
    """

    confidence: float
    label: Label
    phase: str
    lighting_confidence: float
    evidence: Evidence
    measurements: Mapping[str, Measurement]


@dataclass(frozen=True, slots=True)
class Lack:
    """There is no verdict yet: something would have to be measured first.

    Attributes:
        analyses: Names of the analyses whose numbers are absent, or of another version.
    """

    analyses: tuple[str, ...]


class Judge:
    """Decides by one model and one policy; holds no state between pictures.

    Args:
        settings: Phases, doubt, and the band labelled uncertain.
        registry: The analyses that may have a say.
        model: The model.
    """

    def __init__(self, settings: Settings, registry: Registry, model: Model) -> None:
        self._settings = settings
        self._model = model
        self._detail = registry.phase("detail")
        self._network = tuple(
            analysis
            for analysis in registry.phase("network")
            if settings.phases == "all" or model.reads(analysis.SPEC.name)
        )
        self._lighting = registry.phase("lighting")
        self._uncertain_low = _first(settings.uncertain_low, model.uncertain_low)
        self._uncertain_high = _first(settings.uncertain_high, model.uncertain_high)

    @property
    def network(self) -> tuple[Analysis, ...]:
        """The analyses of the phase "network" that run under this policy."""
        return self._network

    @property
    def analyses(self) -> tuple[Analysis, ...]:
        """All that may run under this policy, in running order."""
        detail = () if self._settings.phases == "lighting" else self._detail
        return (*self._lighting, *self._network, *detail)

    @property
    def uncertain_band(self) -> tuple[float, float]:
        """Confidences between which the label is uncertain: the settings', else the model's."""
        return self._uncertain_low, self._uncertain_high

    def first(self, measurements: Mapping[str, Measurement]) -> Verdict:
        """Judge by the lighting, and the network where the model reads it.

        Args:
            measurements: Those of both phases, and no others.
        """
        evidence, confidence = _judged(self._model.lighting, measurements)
        return self._verdict(confidence, confidence, "lighting", evidence, measurements)

    def wants_detail(self, first: Verdict) -> bool:
        """Whether, after the first verdict, details are to be looked at."""
        return policy.detail_wanted(
            first.lighting_confidence,
            self._settings.phases,
            doubt_low=self._settings.doubt_low,
            doubt_high=self._settings.doubt_high,
        )

    def final(self, first: Verdict, detail: Mapping[str, Measurement]) -> Verdict:
        """Judge again, by everything.

        Args:
            first: The first verdict.
            detail: Measurements of the detail phase.
        """
        measurements = {**first.measurements, **detail}
        evidence, confidence = _judged(self._model.full, measurements)
        return self._verdict(
            confidence, first.lighting_confidence, "detail", evidence, measurements
        )

    def decide(self, measurements: Mapping[str, Measurement]) -> Verdict | Lack:
        """Judge by measurements that were kept.

        Args:
            measurements: Analysis name -> measurement. What a full analysis would not have
                measured is left out of account, so the verdict is that of a full analysis.

        Returns:
            The verdict, or what it lacks.
        """
        taken = known(measurements, (*self._lighting, *self._network))
        if isinstance(taken, Lack):
            return taken
        first = self.first(taken)
        if not self.wants_detail(first):
            return first
        detail = known(measurements, self._detail)
        return detail if isinstance(detail, Lack) else self.final(first, detail)

    def _verdict(
        self,
        confidence: float,
        lighting_confidence: float,
        phase: str,
        evidence: Evidence,
        measurements: Mapping[str, Measurement],
    ) -> Verdict:
        return Verdict(
            confidence=confidence,
            label=policy.label(
                confidence,
                uncertain_low=self._uncertain_low,
                uncertain_high=self._uncertain_high,
            ),
            phase=phase,
            lighting_confidence=lighting_confidence,
            evidence=evidence,
            measurements=measurements,
        )


def known(
    measurements: Mapping[str, Measurement], analyses: Iterable[Analysis]
) -> dict[str, Measurement] | Lack:
    """Take what these analyses measured, in their order, or say which numbers are not there."""
    specs = [analysis.SPEC for analysis in analyses]
    absent = tuple(
        spec.name
        for spec in specs
        if spec.name not in measurements or measurements[spec.name].version != spec.version
    )
    return Lack(absent) if absent else {spec.name: measurements[spec.name] for spec in specs}


def _judged(head: Head, measurements: Mapping[str, Measurement]) -> tuple[Evidence, float]:
    evidence = head.evaluate(measurements)
    return evidence, head.confidence(evidence)


def _first(chosen: float | None, otherwise: float) -> float:
    return otherwise if chosen is None else chosen
