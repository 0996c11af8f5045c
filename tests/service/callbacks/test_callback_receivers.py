"""Callbacks over real connections: receivers that are down, slow, broken, gone, or moved."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from werkzeug import Response

from hostile_hosts import RawHost, answer, at, drips, loopback_settings, sends, stays_silent
from studio_detector.client.webhook import verify
from studio_detector.service.callbacks.deliver import Deliverer
from studio_detector.service.callbacks.payload import payload_of
from studio_detector.service.callbacks.sign import Signer, new_secret
from studio_detector.service.fetch.poster import GuardedPoster
from studio_detector.service.records import NewJob, Work
from studio_detector.service.settings import ServiceSettings
from studio_detector.service.store import open_store

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "webhook_receiver.py"
SECRET = new_secret()
WORK = Work(variant="default", pipeline_version="1", phases="auto")


class Clock:
    """The time, which can be put forward: signatures must stay fresh for the real receiver."""

    ahead = timedelta(0)

    def __call__(self):
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    store = open_store(f"sqlite:///{tmp_path}/jobs.db", clock=clock, payload_of=payload_of)
    yield store
    store.close()


class Service:
    """What remains of the service when only callbacks are of interest."""

    def __init__(self, store, clock, poster):
        self.store = store
        self.clock = clock
        self.deliverer = Deliverer(store.deliveries, poster, Signer.of([SECRET]), clock=clock)

    def job_ends(self, url):
        """A job that is dead from the start calls back at once; give the delivery's name."""
        job = NewJob(
            id=uuid4(),
            tenant="default",
            work=WORK,
            name="a.jpg",
            callback_url=url,
            error_code="corrupt",
            error_message="the file is damaged",
        )
        self.store.jobs.accept([job])
        (name,) = self.store.deliveries.due(10)
        return name

    def deliver(self, name, *, after_s=0.0):
        self.clock.ahead += timedelta(seconds=after_s)
        self.deliverer.deliver(name)
        return self.store.deliveries.get("default", name)


@pytest.fixture
def service(store, clock):
    settings = loopback_settings(callback_timeout_s=0.5, breaker_failures=100)
    with GuardedPoster(settings) as poster:
        yield Service(store, clock, poster)


def test_a_receiver_gets_what_it_can_verify(service, httpserver):
    came = queue.SimpleQueue()

    def receive(request):
        came.put(verify(request.get_data(), request.headers, SECRET))
        return Response(status=204)

    httpserver.expect_request("/hook", method="POST").respond_with_handler(receive)
    delivery = service.deliver(service.job_ends(at(httpserver, "/hook")))
    assert (delivery.state, delivery.attempts, delivery.last_status) == ("delivered", 1, 204)
    message = came.get(timeout=5)
    assert message["type"] == "job.dead"
    assert message["data"]["name"] == "a.jpg"
    assert message["data"]["error"]["code"] == "corrupt"


def test_a_receiver_that_is_down_gets_it_when_it_is_up(service):
    with RawHost(sends()) as down:
        port = down.port
    name = service.job_ends(down.url("/hook"))
    delivery = service.deliver(name)
    assert (delivery.state, delivery.last_status) == ("pending", None)
    assert delivery.last_error
    with RawHost(sends(answer(b"")), port=port) as up:
        delivery = service.deliver(name, after_s=6)
        assert up.connections == 1
    assert (delivery.state, delivery.attempts) == ("delivered", 2)


def test_500_and_then_200_is_delivered_once(service, httpserver):
    httpserver.expect_ordered_request("/hook").respond_with_data(status=500)
    httpserver.expect_ordered_request("/hook").respond_with_data(status=200)
    name = service.job_ends(at(httpserver, "/hook"))
    assert service.deliver(name).state == "pending"
    assert service.deliver(name).attempts == 1
    delivery = service.deliver(name, after_s=6)
    assert (delivery.state, delivery.attempts) == ("delivered", 2)
    assert service.deliver(name, after_s=3600).attempts == 2
    bodies = {request.get_data() for request, _ in httpserver.log}
    assert len(httpserver.log) == 2
    assert len(bodies) == 1


@pytest.mark.parametrize(
    "script",
    [stays_silent, drips(b"HTTP/1.1 200 OK\r\n", b"X-Slow: 1\r\n")],
    ids=["silence", "endless headers"],
)
def test_a_slow_receiver_is_tried_again(service, script):
    with RawHost(script) as host:
        delivery = service.deliver(service.job_ends(host.url("/hook")))
    assert (delivery.state, delivery.last_status) == ("pending", None)
    assert "in time" in delivery.last_error


def test_a_redirect_is_not_followed_even_to_a_good_receiver(service, httpserver):
    httpserver.expect_request("/new").respond_with_data(status=200)
    httpserver.expect_request("/hook").respond_with_response(
        Response(status=307, headers={"Location": "/new"})
    )
    delivery = service.deliver(service.job_ends(at(httpserver, "/hook")))
    assert (delivery.state, delivery.last_status) == ("pending", 307)
    assert [request.path for request, _ in httpserver.log] == ["/hook"]


def test_a_receiver_that_is_gone_gets_no_more(service, httpserver):
    httpserver.expect_request("/hook").respond_with_data(status=410)
    url = at(httpserver, "/hook")
    assert service.deliver(service.job_ends(url)).state == "disabled"
    assert service.store.deliveries.is_disabled("default", url)
    service.store.jobs.accept(
        [NewJob(id=uuid4(), tenant="default", work=WORK, callback_url=url, error_code="corrupt")]
    )
    assert service.store.deliveries.due(10) == []
    assert len(httpserver.log) == 1


def test_a_private_receiver_is_never_called(store, clock, httpserver):
    httpserver.expect_request("/hook").respond_with_data(status=200)
    with GuardedPoster(ServiceSettings(fetch_ports=("*",))) as poster:
        service = Service(store, clock, poster)
        delivery = service.deliver(service.job_ends(at(httpserver, "/hook")))
    assert (delivery.state, delivery.last_status) == ("failed", None)
    assert "loopback" in delivery.last_error
    assert httpserver.log == []


def test_many_callbacks_to_a_broken_receiver_are_all_kept(store, clock, httpserver):
    """Once it is left alone, tries end at once and are planned again; none is lost."""
    httpserver.expect_request("/hook").respond_with_data(status=500)
    with GuardedPoster(loopback_settings(breaker_failures=3)) as poster:
        service = Service(store, clock, poster)
        names = [service.job_ends(at(httpserver, "/hook")) for _ in range(10)]
        found = [service.deliver(name) for name in names]
    assert {delivery.state for delivery in found} == {"pending"}
    assert len(httpserver.log) == 3
    assert all(delivery.retry_at > clock() for delivery in found)


def test_two_workers_with_the_same_message_send_once(service):
    """A broker may deliver a message twice; the lease decides."""
    release = threading.Event()

    def serve(connection, request, host):
        release.wait(10)
        connection.sendall(answer(b"", status="204 No Content", length=False))

    with RawHost(serve) as host:
        name = service.job_ends(host.url("/hook"))
        threads = [
            threading.Thread(target=service.deliverer.deliver, args=(name,)) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        release.set()
        for thread in threads:
            thread.join(10)
        assert host.connections == 1
    assert service.store.deliveries.get("default", name).state == "delivered"


@pytest.fixture
def example_receiver():
    """The receiver of the examples, as its first line says to start it."""
    with RawHost(sends()) as free:
        port = free.port
    process = subprocess.Popen(
        [sys.executable, EXAMPLE, str(port)],
        env=os.environ | {"CALLBACK_SECRET": SECRET},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        for _ in range(1000):
            try:
                httpx2.get(f"http://127.0.0.1:{port}/", trust_env=False)
                break
            except httpx2.TransportError:
                threading.Event().wait(0.02)
        yield f"http://127.0.0.1:{port}/hook", process
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def test_the_example_takes_what_is_signed_and_nothing_else(store, clock, example_receiver):
    url, process = example_receiver
    with GuardedPoster(loopback_settings()) as poster:
        service = Service(store, clock, poster)
        delivery = service.deliver(service.job_ends(url))
    assert (delivery.state, delivery.last_status) == ("delivered", 204)
    assert process.stdout.readline().startswith("job.dead {'job_id': ")
    assert httpx2.post(url, content=b"{}", trust_env=False).status_code == 401
