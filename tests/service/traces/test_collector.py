"""Spans reach a collector as it expects them, and one that is away costs nobody anything."""

from __future__ import annotations

import gzip
import logging
import socket
import threading
import time

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from werkzeug import Response

from studio_detector import __version__
from studio_detector.service.breaker import Breaker
from studio_detector.service.settings import ServiceSettings
from studio_detector.service.traces import otel
from studio_detector.service.traces.collector import PatientExporter
from studio_detector.service.traces.open import open_tracer
from studio_detector.service.traces.otel import OtelTracer


def threads_of_traces():
    """Those that hand spans over, and that end them."""
    return [
        thread
        for thread in threading.enumerate()
        if thread.name == "traces" or thread.name.startswith("Otel")
    ]


@pytest.fixture(autouse=True)
def no_thread_stays():
    """What goes on trying would speak up in the midst of other tests."""
    yield
    for thread in threads_of_traces():
        thread.join(30)
        assert not thread.is_alive(), thread


class Scripted(SpanExporter):
    """Answers as told; counts."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = 0

    def export(self, spans):  # noqa: ARG002
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.mark.parametrize("path", ["", "/", "/v1/traces", "/opentelemetry/v1/traces"])
def test_a_collector_gets_protobuf_over_http(httpserver, path):
    """At the usual path, where the address names none."""
    came = []

    def take(request):
        data = request.get_data()
        is_packed = request.headers.get("Content-Encoding") == "gzip"
        came.append((request.headers["Content-Type"], gzip.decompress(data) if is_packed else data))
        return Response(b"", content_type="application/x-protobuf")

    expected = path if path.strip("/") else "/v1/traces"
    httpserver.expect_request(expected, method="POST").respond_with_handler(take)
    settings = ServiceSettings(traces_url=httpserver.url_for(path), namespace="shop")
    tracer = open_tracer(settings)
    with tracer.span("GET", kind="server") as span:
        span.rename("GET /api/v1/jobs")
        span.set(request_id="r1", status=200)
        with tracer.span("accept", kind="producer"):
            pass
    tracer.close()

    ((kind, data),) = came
    message = ExportTraceServiceRequest.FromString(data)
    (group,) = message.resource_spans
    about = {one.key: one.value.string_value for one in group.resource.attributes}
    assert "application/x-protobuf" == kind
    assert ("studio-detector", "shop", __version__) == tuple(
        about[f"service.{name}"] for name in ("name", "namespace", "version")
    )
    accept, request = [span for scope in group.scope_spans for span in scope.spans]
    assert ("accept", "GET /api/v1/jobs") == (accept.name, request.name)
    assert request.span_id == accept.parent_span_id
    told = {one.key: one.value for one in request.attributes}
    assert "r1" == told["studio.request_id"].string_value
    assert 200 == told["http.response.status_code"].int_value


def test_a_collector_that_is_away_costs_no_time_and_one_warning(caplog):
    """Neither whoever is traced waits for it, nor the end of the process for long."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    tracer = open_tracer(ServiceSettings(traces_url=f"http://127.0.0.1:{port}"))
    begun_s, begun = time.thread_time(), time.monotonic()
    with caplog.at_level(logging.WARNING, "studio_detector"):
        for _ in range(3_000):
            with tracer.span("job", kind="consumer"):
                pass
        took_s, ended = time.thread_time() - begun_s, time.monotonic()
        tracer.close()
    print(f"a span costs {took_s / 3_000 * 1e6:.0f} us")  # noqa: T201 - by `pytest -s`
    assert ended - begun < 30.0
    assert time.monotonic() - ended < 5.0
    # Nor does anything go on behind its back.
    for thread in threads_of_traces():
        thread.join(3)
        assert not thread.is_alive(), thread
    assert len([r for r in caplog.records if r.name.startswith("studio_detector")]) <= 1


def test_one_that_does_not_answer_does_not_hold_up_the_end(monkeypatch):
    monkeypatch.setattr(otel, "_CLOSING_S", 0.2)
    with socket.create_server(("127.0.0.1", 0), backlog=1) as silent:
        tracer = open_tracer(
            ServiceSettings(traces_url=f"http://127.0.0.1:{silent.getsockname()[1]}")
        )
        with tracer.span("job", kind="consumer"):
            pass
        begun = time.monotonic()
        tracer.close()
        assert time.monotonic() - begun < 3.0


class TestPatience:
    def test_after_two_failures_it_is_left_alone_for_a_minute(self, caplog):
        """What comes meanwhile is thrown away; that is said once, and once when it is back."""
        now = [100.0]
        failed, done = SpanExportResult.FAILURE, SpanExportResult.SUCCESS
        collector = Scripted(failed, ConnectionError("away"), failed, done)
        breaker = Breaker("the collector of traces", failures=2, pause_s=60.0, clock=lambda: now[0])
        exporter = PatientExporter(collector, breaker)

        with caplog.at_level(logging.INFO):
            for _ in range(10):
                assert failed is exporter.export([])
            assert 2 == collector.asked
            now[0] += 61
            assert failed is exporter.export([])
            assert 3 == collector.asked
            now[0] += 61
            assert [done, done] == [exporter.export([]), exporter.export([])]

        assert [
            "the collector of traces failed 2 times; left alone for a while",
            "the collector of traces works again",
        ] == [record.getMessage() for record in caplog.records]

    def test_once_it_is_over_nothing_is_sent_any_more(self):
        """However often that is said: OpenTelemetry says it once more."""
        ends = []
        collector = Scripted(SpanExportResult.SUCCESS)
        collector.shutdown = lambda: ends.append("shut down")
        exporter = PatientExporter(
            collector, Breaker("the collector of traces", failures=2, pause_s=60.0)
        )
        exporter.shutdown()
        exporter.shutdown()

        assert SpanExportResult.FAILURE is exporter.export([])
        assert 0 == collector.asked
        assert ["shut down"] == ends

    def test_spans_go_by_a_thread_of_its_own(self):
        gate, threads = threading.Event(), []

        class Slow(SpanExporter):
            def export(self, spans):  # noqa: ARG002
                threads.append(threading.current_thread())
                gate.wait(60)
                return SpanExportResult.SUCCESS

        tracer = OtelTracer(Slow(), ratio=1.0, namespace="test")
        begun = time.monotonic()
        for _ in range(1_000):
            with tracer.span("job", kind="consumer"):
                pass
        took_s = time.monotonic() - begun
        gate.set()
        tracer.close()

        assert took_s < 30.0
        assert threads
        assert threading.current_thread() not in threads
