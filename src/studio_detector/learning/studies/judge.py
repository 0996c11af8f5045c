"""What several models say about one picture, for the price of measuring it once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from studio_detector.decision import policy
from studio_detector.decision.shipped import load_model
from studio_detector.learning.extract import built_in_registry
from studio_detector.learning.studies.options import MODELS
from studio_detector.pipeline.settings import Settings
from studio_detector.planes import Planes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from studio_detector.analysis.base import Measurement, Phase
    from studio_detector.analysis.registry import Registry
    from studio_detector.decision.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Several models under the default settings.

    Attributes:
        models: The models.
        registry: The analyses.
        settings: Bounds of doubt.
    """

    models: tuple[Model, ...]
    registry: Registry
    settings: Settings

    @classmethod
    def of(cls, names: Sequence[str] = MODELS) -> Judge:
        """Models by name, with the built-in analyses."""
        return cls(
            models=tuple(map(load_model, names)),
            registry=built_in_registry(),
            settings=Settings(),
        )

    def confidences(self, rgb: npt.NDArray[np.uint8]) -> tuple[float, ...]:
        """P(studio) by each model: exactly what a `Detector` with that model reports.

        Detail is measured if at least one model is in doubt, and used by those that are.

        Args:
            rgb: uint8 (rows, columns, 3), read-only, as in a `Frame`.
        """
        planes = Planes(rgb)
        found = self._measured("lighting", planes) | self._measured("network", planes)
        first = [model.lighting.confidence(model.lighting.evaluate(found)) for model in self.models]
        doubtful = [
            policy.detail_wanted(
                confidence,
                self.settings.phases,
                doubt_low=self.settings.doubt_low,
                doubt_high=self.settings.doubt_high,
            )
            for confidence in first
        ]
        if any(doubtful):
            found |= self._measured("detail", planes)
        return tuple(
            model.full.confidence(model.full.evaluate(found)) if closer else confidence
            for model, confidence, closer in zip(self.models, first, doubtful, strict=True)
        )

    def _measured(self, phase: Phase, planes: Planes) -> dict[str, Measurement]:
        return {a.SPEC.name: a.measure(planes) for a in self.registry.phase(phase)}


@lru_cache(maxsize=1)
def shipped_judge() -> Judge:
    """The judge of this process, made once and warmed up, so that times are those of pictures."""
    judge = Judge.of()
    judge.confidences(np.full((64, 64, 3), 128, dtype=np.uint8))
    return judge
