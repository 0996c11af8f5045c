"""Errors by their code, wherever they end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.errors import CODES
from studio_detector.service.metrics.labels import Closed
from studio_detector.service.metrics.quietly import quietly
from studio_detector.service.metrics.registry import counter

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

#: Every code there is.
ERROR_CODES = Closed(frozenset(CODES))


class ErrorMetrics:
    """Counts errors.

    Args:
        registry: Where.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._errors = counter(registry, "studio_errors_total")

    @quietly
    def met(self, code: str | None) -> None:
        """A request was answered with an error, or a job died of one."""
        self._errors.labels(ERROR_CODES.of(code)).inc()
