"""Brokers of every kind, each test with names of its own."""

from __future__ import annotations

import secrets
import threading
import time
from collections import Counter

import pytest

from private_redis import PrivateRedis
from service.queues.leftovers import remove_queues
from service_servers import amqp_url, redis_url
from studio_detector.service.queues.open import make_broker
from studio_detector.service.settings import ServiceSettings
from tcp_proxy import TcpProxy


class Place:
    """A kind of broker, under names that no other test uses.

    Attributes:
        kind: "embedded", "redis" or "rabbitmq".
        url: Its address, through `proxy` where there is a server.
        proxy: What tests cut; None for the embedded one.
    """

    def __init__(self, kind):
        self.kind = kind
        self.namespace = f"test-{secrets.token_hex(6)}"
        self.proxy = None
        self.url = "embedded://"
        if kind != "embedded":
            self._server = redis_url() if kind == "redis" else amqp_url()
            self.proxy, self.url = TcpProxy.before(self._server)
        self._opened = []

    @property
    def settings(self):
        return ServiceSettings(
            broker_url=self.url,
            database_url=None if self.kind == "embedded" else "sqlite://",
            namespace=self.namespace,
            lease_s=2.0,
        )

    def open(self):
        """Another broker with the same queues; closed at the end of the test."""
        broker = make_broker(self.settings)
        self._opened.append(broker)
        return broker

    def close(self):
        if self.proxy is not None:
            self.proxy.restore()
        for broker in self._opened:
            broker.close()
        if self.proxy is not None:
            self.proxy.close()
            remove_queues(self._server, self.namespace)


class Handled:
    """A handler that notes what it is given, and waits or fails when told to.

    Attributes:
        gate: Handling goes on only while it is set.
        begun: Names in the order in which their handling began.
    """

    def __init__(self):
        self.gate = threading.Event()
        self.gate.set()
        self.begun = []
        self.running = Counter()
        self.most_running = Counter()
        self._ended = []
        self._changed = threading.Condition()

    def __call__(self, queue, name):
        with self._changed:
            self.begun.append(name)
            self.running[queue] += 1
            self.most_running[queue] = max(self.most_running[queue], self.running[queue])
            self._changed.notify_all()
        try:
            self.gate.wait()
            self.do(queue, name)
        finally:
            with self._changed:
                self.running[queue] -= 1
                self._ended.append(name)
                self._changed.notify_all()

    def do(self, queue, name):
        """What the test puts here."""

    @property
    def ended(self):
        with self._changed:
            return list(self._ended)

    def wait_ended(self, count, timeout=20):
        """Wait until so many were handled."""
        self._wait(lambda: len(self._ended) >= count, timeout)

    def wait_begun(self, count, timeout=20):
        """Wait until so many were begun."""
        self._wait(lambda: len(self.begun) >= count, timeout)

    def _wait(self, is_so, timeout):
        with self._changed:
            if not self._changed.wait_for(is_so, timeout):
                pytest.fail(f"after {timeout} s: begun {len(self.begun)}, ended {len(self._ended)}")


@pytest.fixture(params=["embedded", "redis", "rabbitmq"])
def place(request):
    place = Place(request.param)
    yield place
    place.close()


@pytest.fixture(params=["redis", "rabbitmq"])
def server_place(request):
    """A place with a server to lose."""
    place = Place(request.param)
    yield place
    place.close()


@pytest.fixture
def private_redis(tmp_path):
    server = PrivateRedis(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def redis_place():
    place = Place("redis")
    yield place
    place.close()


@pytest.fixture
def rabbitmq_place():
    place = Place("rabbitmq")
    yield place
    place.close()


@pytest.fixture
def handled():
    handled = Handled()
    yield handled
    handled.gate.set()


@pytest.fixture
def eventually():
    """Wait until something is so."""

    def eventually(is_so, timeout=20):
        deadline = time.monotonic() + timeout
        while not (found := is_so()):
            if time.monotonic() > deadline:
                pytest.fail(f"not so after {timeout} s")
            time.sleep(0.02)
        return found

    return eventually
