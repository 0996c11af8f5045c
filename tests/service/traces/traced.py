"""A service whose spans are kept in memory, with callbacks that somebody takes."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass, field, replace

from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.testclient import TestClient

import api_service
from studio_detector.service.api.app import create_app
from studio_detector.service.callbacks.deliver import Deliverer
from studio_detector.service.callbacks.sign import Signer, new_secret
from studio_detector.service.fetch.poster import Answer
from studio_detector.service.queues.worker import Worker
from studio_detector.service.traces.otel import OtelTracer

CALLBACK = "https://hooks.example/in?key=hunter2"


class Spans:
    """A tracer, and what it has noted.

    Attributes:
        tracer: The tracer.
    """

    def __init__(self, ratio=1.0):
        self._exporter = InMemorySpanExporter()
        self.tracer = OtelTracer(
            self._exporter,
            ratio=ratio,
            namespace="test",
            processor=SimpleSpanProcessor(self._exporter),
        )

    def all(self):
        return self._exporter.get_finished_spans()

    def by_name(self):
        """Spans by name; the last of those that are called alike."""
        return {span.name: span for span in self.all()}

    def named(self, name, count=1, timeout=20):
        """Spans of a name, once there are so many."""
        end = time.monotonic() + timeout
        while len(found := [span for span in self.all() if span.name == name]) < count:
            assert time.monotonic() < end, [span.name for span in self.all()]
            time.sleep(0.01)
        return found


@dataclass
class Receiver:
    """Takes callbacks.

    Attributes:
        came: Headers of each.
    """

    came: list = field(default_factory=list)
    status: int = 200

    def check(self, _):
        """Any address will do."""

    def post(self, _, __, headers):
        self.came.append(dict(headers))
        return Answer(self.status)

    def close(self):
        """There is nothing to close."""


@dataclass
class Traced:
    """A service with its spans.

    Attributes:
        spans: What was noted.
        service: The service.
        receiver: Who is called back.
    """

    spans: Spans
    service: api_service.Service
    receiver: Receiver

    @property
    def store(self):
        return self.service.parts.store


@contextlib.contextmanager
def traced(folder, *, ratio=1.0, works=True, **options):
    """A service around parts that are traced; see `api_service.service`."""
    spans, receiver = Spans(ratio), Receiver()
    made = api_service.make_parts(folder, **options)
    deliverer = Deliverer(
        made.store.deliveries,
        receiver,
        Signer.of([new_secret()]),
        clock=made.store.clock,
        tracer=spans.tracer,
    )
    parts = replace(
        made,
        tracer=spans.tracer,
        intake=replace(made.intake, tracer=spans.tracer, poster=receiver),
        deliverer=deliverer,
    )
    worker = Worker(parts)
    parts.audit.start()
    try:
        if works:
            worker.start()
        app = create_app(parts)
        with TestClient(app, raise_server_exceptions=False) as http:
            yield Traced(spans, api_service.Service(parts, app, http, worker), receiver)
    finally:
        parts.children.gate.set()
        if works:
            worker.stop(5.0)
        for part in (parts.broker, made.poster, parts.authenticator, parts.audit, parts.store):
            part.close()


def trace_of(span):
    """The trace that a span is part of."""
    return span.context.trace_id


def at_once(*work):
    """Do several things at the same time."""
    threads = [threading.Thread(target=one) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
