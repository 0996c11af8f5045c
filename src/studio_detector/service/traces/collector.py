"""Handing spans to a collector, which may be away without costing anybody anything."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from studio_detector.service.breaker import Breaker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.trace import ReadableSpan

_TIMEOUT_S = 5.0
_FAILURES = 2
_PAUSE_S = 60.0


def collector_exporter(endpoint: str, *, timeout_s: float = _TIMEOUT_S) -> SpanExporter:
    """What sends spans as protobuf over HTTP, and leaves a collector alone that is away.

    Args:
        endpoint: Where to.
        timeout_s: Seconds that sending may take, all tries together.
    """
    breaker = Breaker("the collector of traces", failures=_FAILURES, pause_s=_PAUSE_S)
    return PatientExporter(OTLPSpanExporter(endpoint, timeout=timeout_s), breaker)


class PatientExporter(SpanExporter):
    """Throws spans away while their collector is away; says so once, and once when it is back.

    Args:
        exporter: Sends.
        breaker: Knows whether that makes sense.
    """

    def __init__(self, exporter: SpanExporter, breaker: Breaker) -> None:
        self._exporter = exporter
        self._breaker = breaker
        self._is_over = threading.Event()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send some."""
        if self._is_over.is_set() or not self._breaker.allows():
            return SpanExportResult.FAILURE
        try:
            result = self._exporter.export(spans)
        except Exception:  # noqa: BLE001 - whatever it is, the spans are gone and nothing else
            result = SpanExportResult.FAILURE
        if result is SpanExportResult.SUCCESS:
            self._breaker.succeeded()
        else:
            self._breaker.failed()
        return result

    def shutdown(self) -> None:
        """Send no more, and give up what is being tried again; it may be said twice."""
        if not self._is_over.is_set():
            self._is_over.set()
            self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """There is nothing to wait for: what is handed over is sent at once."""
        return self._exporter.force_flush(timeout_millis)
