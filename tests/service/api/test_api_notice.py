"""Notice before the end: load balancers see it coming, and nobody is refused meanwhile."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest

import api_service
from api_service import API, picture
from studio_detector.service.draining import Draining

TESTS = Path(api_service.__file__).parent


@pytest.fixture
def process(tmp_path):
    """Start a process that serves; gives it and a client of it."""
    started = []

    def start(*settings):
        server = subprocess.Popen(
            [sys.executable, str(TESTS / "api_process.py"), str(tmp_path), *settings],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": str(TESTS), "PATH": ""},
        )
        started.append(server)
        address = server.stdout.readline().strip()
        assert address, server.stderr.read()
        return server, httpx2.Client(base_url=address, trust_env=False, timeout=30)

    yield start
    for server in started:
        server.kill()
        server.communicate()


def told(server, client):
    """Tell it to stop, and wait until it says so."""
    server.send_signal(signal.SIGTERM)
    while client.get("/readyz").status_code == 200:
        time.sleep(0.02)
    return time.monotonic()


def post(client, word):
    return client.post(
        f"{API}/analyse", content=picture(word), headers={"Content-Type": "image/png"}
    )


def test_work_is_taken_until_the_notice_is_over(process):
    """Then it is refused as ever, and what runs has its time."""
    server, client = process("notice_s=1.5", "drain_s=20")
    begun = told(server, client)

    assert "draining" == client.get("/readyz").json()["status"]
    assert 200 == client.get("/livez").status_code
    assert 202 == post(client, "good 1").status_code
    client.close()
    assert 0 == server.wait(30)
    assert 1.0 < time.monotonic() - begun < 15


def test_a_second_signal_ends_the_notice_and_all_else(process):
    server, client = process("notice_s=600", "drain_s=600")
    begun = told(server, client)
    client.close()

    server.send_signal(signal.SIGTERM)

    assert 128 + signal.SIGTERM == server.wait(30)
    assert time.monotonic() - begun < 15


def test_a_service_on_notice_is_not_ready_and_takes_work(tmp_path):
    with api_service.service(tmp_path, works=False) as idle:
        idle.parts.draining.noticed.set()

        assert (503, "draining") == (
            (answer := idle.http.get("/readyz")).status_code,
            answer.json()["status"],
        )
        assert 202 == idle.post().status_code


def test_notice_takes_none_of_the_time_to_drain():
    now = [100.0]
    draining = Draining(20.0, monotonic=lambda: now[0])
    draining.noticed.set()
    now[0] += 5

    assert (False, 20.0) == (draining.is_set(), draining.left_s())
    draining.set()
    now[0] += 5
    assert 15.0 == draining.left_s()


def test_whoever_stops_without_notice_has_given_it():
    draining = Draining(20.0)
    draining.set()
    assert draining.noticed.is_set()
