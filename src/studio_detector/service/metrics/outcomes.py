"""A count for each of a few outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.service.metrics.labels import Closed
from studio_detector.service.metrics.quietly import quietly
from studio_detector.service.metrics.registry import counter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client import CollectorRegistry


class Outcomes:
    """Counts outcomes; each one is told from the start, as 0.

    Args:
        registry: Where.
        name: Of a counter in the catalogue with one label.
        outcomes: What that label may be.
    """

    def __init__(self, registry: CollectorRegistry, name: str, outcomes: Iterable[str]) -> None:
        self._outcomes = Closed(frozenset(outcomes))
        self._counter = counter(registry, name)
        for outcome in sorted(self._outcomes.values):
            self._counter.labels(outcome)

    @quietly
    def met(self, outcome: str) -> None:
        """It came out so once more."""
        self._counter.labels(self._outcomes.of(outcome)).inc()
