"""What the time goes to, stage by stage."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from studio_detector.service.metrics.quietly import quietly
from studio_detector.service.metrics.registry import histogram

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from prometheus_client import CollectorRegistry

#: Parts of an analysis, which the child that does it tells.
Inner: TypeAlias = Literal["decode", "lighting", "network", "detail"]
#: Parts around it, which are measured here.
Outer: TypeAlias = Literal["fetch", "store", "report"]

_MS_PER_S = 1000.0


class StageMetrics:
    """Measures stages.

    Args:
        registry: Where.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        duration = histogram(registry, "studio_stage_duration_seconds")
        self._inner = {stage: duration.labels(stage) for stage in get_args(Inner)}
        self._outer = {stage: duration.labels(stage) for stage in get_args(Outer)}
        self._planes = duration.labels("planes")

    @quietly
    def analysed(self, row: Mapping[str, Any]) -> None:
        """Take over the times of an analysis.

        Args:
            row: Of the photo; stages that did not run are None.
        """
        timing_ms = row["timing_ms"]
        for stage, duration in self._inner.items():
            milliseconds = timing_ms.get(stage)
            if milliseconds is not None:
                duration.observe(milliseconds / _MS_PER_S)

    @quietly
    def planes_took(self, milliseconds: float) -> None:
        """The shared planes of a photo were made."""
        self._planes.observe(milliseconds / _MS_PER_S)

    @contextlib.contextmanager
    def timed(self, stage: Outer, photos: int = 1) -> Iterator[None]:
        """Measure a stage, whether it ends well or not.

        Args:
            stage: Its name.
            photos: Those that it is for, which get an equal share each.
        """
        started = time.perf_counter()
        try:
            yield
        finally:
            share_s = (time.perf_counter() - started) / photos
            for _ in range(photos):
                self._outer[stage].observe(share_s)
