"""Tracing by OpenTelemetry, with a provider of our own: what others set globally stays theirs."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from studio_detector import __version__
from studio_detector.errors import StudioDetectorError
from studio_detector.service.logs.context import bound
from studio_detector.service.traces.sampling import sampler

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.sdk.trace.export import SpanExporter

    from studio_detector.service.traces.base import Kind

_HEADER = "traceparent"
_KINDS = {
    "server": SpanKind.SERVER,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
    "client": SpanKind.CLIENT,
    "internal": SpanKind.INTERNAL,
}
_OUTERMOST = frozenset({"server", "consumer"})
_CLOSING_S = 2.0
# Names that OpenTelemetry's conventions have for what we tell; all else is ours alone.
_NAMES = {
    "method": "http.request.method",
    "route": "http.route",
    "status": "http.response.status_code",
}


class OtelTracer:
    """See `studio_detector.service.traces.base.Tracer`.

    Args:
        exporter: Takes spans, on a thread of its own.
        ratio: Share of requests that are traced, 0..1.
        namespace: Of the service, where several send to one collector.
        processor: Hands spans to the exporter; None takes one that does so in the background.
    """

    is_on = True

    def __init__(
        self,
        exporter: SpanExporter,
        *,
        ratio: float,
        namespace: str,
        processor: SpanProcessor | None = None,
    ) -> None:
        self._exporter = exporter
        self._provider = TracerProvider(
            sampler=sampler(ratio),
            resource=Resource.create(
                {
                    "service.name": "studio-detector",
                    "service.namespace": namespace,
                    "service.version": __version__,
                }
            ),
            # We close it ourselves, before threads are gone.
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(processor or BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("studio_detector", __version__)
        self._propagator = TraceContextTextMapPropagator()

    @contextlib.contextmanager
    def span(
        self, name: str, *, kind: Kind = "internal", parent: str | None = None
    ) -> Iterator[OtelSpan]:
        """See `Tracer.span`."""
        around = self._around(kind, parent)
        span = self._tracer.start_span(
            name,
            context=around,
            kind=_KINDS[kind],
            record_exception=False,
            set_status_on_exception=False,
        )
        told = OtelSpan(span)
        own = span.get_span_context()
        # Messages of errors may hold addresses: what is told of them is their code.
        with (
            bound(
                trace_id=trace.format_trace_id(own.trace_id),
                span_id=trace.format_span_id(own.span_id),
            ),
            trace.use_span(
                span, end_on_exit=True, record_exception=False, set_status_on_exception=False
            ),
        ):
            try:
                yield told
            except StudioDetectorError as error:
                told.failed(error.code)
                raise
            except Exception as error:
                told.failed(type(error).__name__)
                raise

    def past(self, name: str, begun_at: datetime, ended_at: datetime, *, parent: str) -> None:
        """See `Tracer.past`."""
        around = self._around("internal", parent)
        span = self._tracer.start_span(name, context=around, start_time=_nanoseconds(begun_at))
        span.end(_nanoseconds(max(begun_at, ended_at)))

    def here(self) -> str | None:
        """See `Tracer.here`."""
        carrier: dict[str, str] = {}
        self._propagator.inject(carrier)
        return carrier.get(_HEADER)

    def close(self) -> None:
        """See `Tracer.close`."""
        # Its own bound is half a minute, and a collector that does not answer takes all of it.
        ending = threading.Thread(target=self._provider.shutdown, name="traces", daemon=True)
        ending.start()
        ending.join(_CLOSING_S)
        if ending.is_alive():
            # Or its threads go on trying until the process is gone.
            self._exporter.shutdown()

    def _around(self, kind: Kind, parent: str | None) -> Context | None:
        """Where a span begins; None within the one around it."""
        if parent is None:
            return Context() if kind in _OUTERMOST else None
        found = self._propagator.extract({_HEADER: parent}, Context())
        if kind == "server":
            return found
        # Written by ourselves, so that what was decided on its sampling holds here, too.
        there = trace.get_current_span(found).get_span_context()
        if not there.is_valid:
            return Context()
        ours = SpanContext(there.trace_id, there.span_id, False, there.trace_flags)
        return trace.set_span_in_context(NonRecordingSpan(ours), Context())


class OtelSpan:
    """See `studio_detector.service.traces.base.Span`.

    Args:
        span: OpenTelemetry's.
    """

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def rename(self, name: str) -> None:
        """See `Span.rename`."""
        self._span.update_name(name)

    def set(self, **facts: str | float | None) -> None:
        """See `Span.set`."""
        for name, value in facts.items():
            if value is not None:
                self._span.set_attribute(_NAMES.get(name, f"studio.{name}"), value)

    def failed(self, code: str) -> None:
        """See `Span.failed`."""
        self._span.set_attribute("error.type", code)
        self._span.set_status(StatusCode.ERROR)


def _nanoseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000_000)
