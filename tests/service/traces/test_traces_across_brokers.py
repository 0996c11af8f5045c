"""A trace goes on in the process of a worker, whatever carries the messages."""

from __future__ import annotations

import secrets

import pytest

import service_workers
from service.queues.leftovers import remove_queues
from service.traces.traced import Receiver, Spans, trace_of
from service_servers import amqp_url, redis_url
from studio_detector.service.blobs.base import blob_key
from studio_detector.service.callbacks.deliver import Deliverer
from studio_detector.service.callbacks.sign import Signer, new_secret
from studio_detector.service.queues.worker import Worker
from studio_detector.service.records import Origin

pytestmark = pytest.mark.services


@pytest.fixture(params=["redis", "rabbitmq"])
def place(request, tmp_path):
    """Settings of two processes that share a broker and a database."""
    url = redis_url() if request.param == "redis" else amqp_url()
    namespace = f"test-{secrets.token_hex(6)}"
    yield {
        "broker_url": url,
        "namespace": namespace,
        "database_url": f"sqlite:///{tmp_path}/shared.db",
    }
    remove_queues(url, namespace)


def test_one_trace_leads_through_two_processes(place, tmp_path):
    """Each with a tracer of its own; what they share is the job."""
    serving, working = Spans(), Spans()
    front = service_workers.open_parts(tmp_path, **place)
    back = service_workers.open_parts(tmp_path, **place)
    back.tracer = working.tracer
    back.deliverer = Deliverer(
        back.store.deliveries,
        Receiver(),
        Signer.of([new_secret()]),
        clock=back.store.clock,
        tracer=working.tracer,
    )
    worker = Worker(back)
    worker.start()
    try:
        data = b"good 1"
        digest = service_workers.sha256(data)
        front.blobs.put(blob_key("default", digest), data)
        with serving.tracer.span("request", kind="server"):
            origin = Origin(request_id="mine-1", traceparent=serving.tracer.here())
            new = front.new_job(image_hash=digest, callback_url="https://hooks.example/in")
            (job,) = front.store.jobs.accept([new], origin=origin)
            assert front.broker.send("standard", job.id)
        (callback,) = working.named("callback", timeout=30)
        (tried,) = working.named("job")
        (request,) = serving.named("request")
    finally:
        worker.stop(5.0)
        front.close()
        back.close()

    assert {trace_of(request)} == {trace_of(tried), trace_of(callback)}
    assert request.context.span_id == tried.parent.span_id == callback.parent.span_id
    assert ["mine-1"] * 2 == [s.attributes["studio.request_id"] for s in (tried, callback)]
