"""A detector with what is told about it again and again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from studio_detector.pipeline.detector import Detector
from studio_detector.pipeline.versions import basis, pipeline_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_detector.decision.policy import Phases
    from studio_detector.pipeline.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Loaded:
    """One variant under one policy of phases, ready to analyse.

    Attributes:
        detector: Analyses.
        basis: What it measures on.
        pipeline_version: What its numbers depend on.
    """

    detector: Detector
    basis: Mapping[str, Any]
    pipeline_version: str

    @classmethod
    def of(cls, settings: Settings) -> Loaded:
        """Load what settings ask for.

        Raises:
            StudioDetectorError: As `Detector`.
        """
        return cls._around(Detector(settings))

    def under(self, phases: Phases) -> Loaded:
        """The same under another policy of phases; nothing is read from files any more."""
        settings = replace(self.detector.settings, phases=phases)
        known = self.detector
        return self._around(Detector(settings, registry=known.registry, model=known.model))

    @classmethod
    def _around(cls, detector: Detector) -> Loaded:
        return cls(
            detector=detector,
            basis=basis(detector.settings),
            pipeline_version=pipeline_version(detector),
        )
