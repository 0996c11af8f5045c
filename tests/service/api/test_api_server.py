"""The server: a port of its own, signals, and an end that loses nothing."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

import api_service
from api_service import API, picture
from studio_detector.errors import ConfigError
from studio_detector.service.api.server import serve

TESTS = Path(api_service.__file__).parent


def ask(address, path, data=None, **headers):
    """Status, headers and JSON of an answer."""
    request = urllib.request.Request(address + path, data, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, json.loads(error.read())


def post(address, word, query=""):
    return ask(address, f"{API}/analyse{query}", picture(word), **{"Content-Type": "image/png"})


@pytest.fixture
def process(tmp_path):
    """Start a process that serves; gives it and its address."""
    started = []

    def start(*settings):
        command = [sys.executable, str(TESTS / "api_process.py"), str(tmp_path), *settings]
        environment = {**os.environ, "PYTHONPATH": str(TESTS)}
        server = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )
        started.append(server)
        address = server.stdout.readline().strip()
        assert address, server.stderr.read()
        return server, address

    yield start
    for server in started:
        server.kill()
        server.communicate()


def begun(address, word):
    """A request that waits for a job, and where its answer goes."""
    answers = []
    thread = threading.Thread(target=lambda: answers.append(post(address, word, "?wait=30")))
    thread.start()
    while not ask(address, f"{API}/jobs?state=running")[2]["items"]:
        time.sleep(0.02)
    return thread, answers


@contextlib.contextmanager
def listening(service):
    """A server in a thread: its address, and the status it ends with."""
    addresses, statuses = [], []
    ready = threading.Event()

    def on_ready(address):
        addresses.append(address)
        ready.set()

    thread = threading.Thread(
        target=lambda: statuses.append(serve(service.parts, "127.0.0.1", 0, on_ready))
    )
    thread.start()
    assert ready.wait(30)
    try:
        yield addresses[0], statuses
    finally:
        service.parts.draining.set()
        thread.join(30)


def place_of(address):
    """Host and port."""
    host, port = address.removeprefix("http://").split(":")
    return host, int(port)


class TestSignals:
    def test_the_first_one_lets_running_requests_finish(self, process):
        """What waits for a running job is answered; what is new is refused; the status is 0."""
        server, address = process("drain_s=20")
        thread, answers = begun(address, "short 1")

        server.send_signal(signal.SIGTERM)
        while (ready := ask(address, "/readyz"))[0] != 503:
            time.sleep(0.02)
        refused = post(address, "good 2")
        kind = {"Content-Type": "application/json"}
        batch = ask(address, f"{API}/batches", b'{"image_urls":["x"]}', **kind)
        thread.join(30)

        assert "draining" == ready[2]["status"]
        for answer in (refused, batch):
            assert (503, "draining") == (answer[0], answer[2]["code"])
            assert int(answer[1]["Retry-After"]) >= 1
        assert (200, "analysed") == (answers[0][0], answers[0][2]["answer"])
        assert 0 == server.wait(30)

    def test_a_request_that_takes_too_long_gets_its_job(self, process):
        """Three quarters of the time are for waiting, the rest for answering."""
        server, address = process("drain_s=1")
        thread, answers = begun(address, "slow 1")

        server.send_signal(signal.SIGINT)
        thread.join(30)

        assert (202, "running") == (answers[0][0], answers[0][2]["state"])
        assert 0 == server.wait(30)

    def test_without_requests_it_ends_soon(self, process):
        """Nobody is waited for."""
        server, _ = process("drain_s=60")
        begun_at = time.monotonic()

        server.send_signal(signal.SIGTERM)

        assert 0 == server.wait(30)
        assert time.monotonic() - begun_at < 10

    def test_the_second_one_ends_it_at_once(self, process):
        """Whoever waits is told to ask again."""
        server, address = process("drain_s=60")
        thread, answers = begun(address, "slow 1")

        server.send_signal(signal.SIGTERM)
        while ask(address, "/readyz")[0] != 503:
            time.sleep(0.02)
        begun_at = time.monotonic()
        server.send_signal(signal.SIGTERM)

        assert 128 + signal.SIGTERM == server.wait(30)
        assert time.monotonic() - begun_at < 15
        thread.join(10)
        # A client repeats this one by itself, under the same idempotency key.
        # If the second signal comes before the first one is noticed, it gets its job at once.
        found = [(answer[0], answer[2].get("code")) for answer in answers]
        assert found in ([(503, "draining")], [(202, None)])


class TestListening:
    def test_a_port_in_use_is_said_before_anything_is_served(self, idle):
        """With what can be done."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with pytest.raises(ConfigError, match=f"port {port}") as caught:
                serve(idle.parts, "127.0.0.1", port, lambda _: None)
        assert "config_invalid_value" == caught.value.code

    def test_a_host_that_is_none_is_said(self, idle):
        """Likewise."""
        with pytest.raises(ConfigError, match="cannot listen"):
            serve(idle.parts, "host.invalid", 0, lambda _: None)

    def test_in_a_thread_it_ends_when_the_parts_drain(self, idle):
        """Signals belong to the main thread."""
        with listening(idle) as (address, statuses):
            status, headers, _ = ask(address, "/livez")

        assert 200 == status
        assert headers["Server"] is None
        assert [0] == statuses

    def test_the_head_of_what_has_no_end(self, idle):
        """The connection is free again at once."""
        job = idle.post().json()["id"]
        request = f"HEAD {API}/jobs/{job}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        with (
            listening(idle) as (address, _),
            socket.create_connection(place_of(address), timeout=30) as connection,
        ):
            connection.sendall(f"{request}\r\n{request}Connection: close\r\n\r\n".encode())
            answers = b"".join(iter(lambda: connection.recv(65536), b""))

        assert 2 == answers.count(b"HTTP/1.1 200")
        assert b"event: job" not in answers

    def test_an_upload_of_unknown_length_is_taken(self, served):
        """As curl sends what it reads from a pipe."""
        data = picture("good 1")
        with (
            listening(served) as (address, _),
            socket.create_connection(place_of(address), timeout=30) as connection,
        ):
            connection.sendall(
                f"POST {API}/analyse?wait=20 HTTP/1.1\r\n"
                "Host: 127.0.0.1\r\nContent-Type: image/png\r\n"
                "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
            )
            for byte in data:
                connection.sendall(b"1\r\n%c\r\n" % byte)
            connection.sendall(b"0\r\n\r\n")
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 200")
