"""Livez, startupz, readyz: quick, honest, and never the reason for load."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from studio_detector.errors import BusyError
from studio_detector.service.api import health
from studio_detector.service.api.health import Checks


class Counted:
    """A part that counts how often it was asked, and answers as told."""

    def __init__(self, answer=None, gate=None):
        self.answer = answer
        self.gate = gate
        self.asked = 0

    def __call__(self):
        self.asked += 1
        if self.gate is not None:
            self.gate.wait(30)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class TestChecks:
    def test_each_part_says_how_it_is(self):
        """By raising, by False, or not at all."""
        away = BusyError("postgresql://user:secret@host is away", code="store_unavailable")
        checks = Checks(
            {"a": Counted(), "b": Counted(True), "c": Counted(False), "d": Counted(away)}
        )

        states = asyncio.run(checks.states())

        assert {"a": "ok", "b": "ok", "c": "unavailable", "d": "unavailable"} == states

    def test_answers_are_kept_for_two_seconds(self):
        """However many ask at once."""
        now = [100.0]
        part = Counted()

        async def ask():
            checks = Checks({"a": part}, monotonic=lambda: now[0])
            await asyncio.gather(*(checks.states() for _ in range(50)))
            assert 1 == part.asked
            now[0] += 1.9
            await checks.states()
            assert 1 == part.asked
            now[0] += 0.2
            await checks.states()

        asyncio.run(ask())
        assert 2 == part.asked

    def test_a_part_that_hangs_is_waited_for_once(self, monkeypatch):
        """Not for long, and only one question hangs at a time."""
        monkeypatch.setattr(health, "_DEADLINE_S", 0.6)
        gate = threading.Event()
        now = [100.0]
        part = Counted(gate=gate)

        async def ask():
            checks = Checks({"a": part, "b": Counted()}, monotonic=lambda: now[0])
            begun = time.monotonic()
            first = await checks.states()
            assert 0.5 < time.monotonic() - begun < 5
            now[0] += 10
            await checks.states()
            asked = part.asked
            gate.set()
            now[0] += 10
            return first, asked, await checks.states()

        first, asked, last = asyncio.run(ask())
        assert {"a": "no answer within 0.6 s", "b": "ok"} == first
        assert 1 == asked
        assert {"a": "ok", "b": "ok"} == last


class TestProbes:
    @pytest.fixture(autouse=True)
    def patient(self, monkeypatch):
        """A machine that is busy with other tests is no part that is away."""
        monkeypatch.setattr(health, "_DEADLINE_S", 30.0)

    def test_a_service_that_can_take_work_says_so(self, served):
        """By all three."""
        for path in ("/livez", "/startupz", "/readyz"):
            answer = served.http.get(path)

            assert (200, "ok") == (answer.status_code, answer.json()["status"])
            assert "no-store" == answer.headers["cache-control"]
        assert {"store", "broker", "pictures", "children"} == set(answer.json()["parts"])

    def test_a_part_that_is_away_is_named(self, idle):
        """The process itself lives on."""
        idle.parts.broker.is_there = False

        answer = idle.http.get("/readyz")

        assert (503, "unavailable") == (answer.status_code, answer.json()["status"])
        assert {"store": "ok", "broker": "unavailable", "pictures": "ok"} == answer.json()["parts"]
        assert 200 == idle.http.get("/livez").status_code

    def test_children_that_were_not_started_are_named(self, served):
        """Where this process works; who only serves has none that must run."""
        served.parts.children.is_ready = False

        answer = served.http.get("/readyz")

        assert (503, "unavailable") == (answer.status_code, answer.json()["parts"]["children"])

    def test_whoever_is_about_to_stop_takes_no_work(self, idle):
        """Before it refuses any."""
        idle.parts.draining.set()

        assert "draining" == idle.http.get("/readyz").json()["status"]
        assert 200 == idle.http.get("/livez").status_code
        assert 503 == idle.post().status_code

    def test_life_does_not_depend_on_the_store(self, idle, monkeypatch):
        """Not even while every thread waits for it."""
        gate = threading.Event()
        monkeypatch.setattr(idle.parts.store.jobs, "find", lambda *_: gate.wait(30))
        asking = [threading.Thread(target=idle.get, args=("/jobs",)) for _ in range(60)]
        for thread in asking:
            thread.start()
        slowest = 0.0
        for _ in range(20):
            begun = time.monotonic()
            assert 200 == idle.http.get("/livez").status_code
            slowest = max(slowest, time.monotonic() - begun)
        # Who only reads must not keep others from handing in.
        assert 202 == idle.post().status_code
        gate.set()
        for thread in asking:
            thread.join()
        assert slowest < 1.0
