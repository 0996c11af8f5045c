"""Requests over HTTP: how many, how long, and what was turned away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.service.metrics.labels import OTHER, Closed
from studio_detector.service.metrics.quietly import quietly
from studio_detector.service.metrics.registry import counter, gauge, histogram

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from studio_detector.service.metrics.errors import ErrorMetrics

#: Refused before the app saw them: more connections than may be open at once.
CONNECTIONS_FULL = "connections_full"
#: Codes of errors that are a refusal: at the door, or by a bound on how much may be asked.
REFUSALS = Closed(
    frozenset(
        {
            "unauthenticated",
            "forbidden",
            "origin_refused",
            "rate_limited",
            "auth_unavailable",
            "request_timeout",
            "uploads_full",
            "backlog_full",
            "storage_full",
            "draining",
            "limit_file_size",
            "limit_pixels",
            "limit_side",
            "limit_aspect",
            "limit_frames",
            "limit_memory",
            CONNECTIONS_FULL,
        }
    )
)
#: Methods that the addresses of the API take.
METHODS = Closed(frozenset({"GET", "HEAD", "POST", "DELETE", "OPTIONS"}))
_STATUSES = range(100, 600)


class RequestMetrics:
    """Counts requests.

    Args:
        registry: Where.
        errors: Counts errors.
    """

    def __init__(self, registry: CollectorRegistry, errors: ErrorMetrics) -> None:
        self._errors = errors
        self._requests = counter(registry, "studio_requests_total")
        self._duration = histogram(registry, "studio_request_duration_seconds")
        self._in_progress = gauge(registry, "studio_requests_in_progress")
        self._rejected = counter(registry, "studio_rejected_total")

    @quietly
    def began(self) -> None:
        """A request has come."""
        self._in_progress.inc()

    @quietly
    def ended(
        self, method: str, route: str | None, status: int, seconds: float, problem: str | None
    ) -> None:
        """A request was answered.

        Args:
            method: As the caller wrote it.
            route: Template of the address, one of those there are; None if there is none.
            status: Of the answer.
            seconds: From its head to the end of the answer.
            problem: Code of the error that it was answered with; None without.
        """
        self._in_progress.dec()
        where = route or OTHER
        number = str(status) if status in _STATUSES else OTHER
        self._requests.labels(METHODS.of(method), where, number).inc()
        self._duration.labels(where).observe(seconds)
        if problem is not None:
            self._errors.met(problem)
            self.refused(problem)

    @quietly
    def refused(self, reason: str) -> None:
        """Something was turned away; what is no refusal is not counted.

        Args:
            reason: Code of an error, or `CONNECTIONS_FULL`.
        """
        if reason in REFUSALS.values:
            self._rejected.labels(reason).inc()
