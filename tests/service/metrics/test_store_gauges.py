"""The store is asked rarely, and a scrape waits for it no longer than it may."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from prometheus_client import CollectorRegistry

from metric_reading import fetched
from studio_detector.errors import BusyError
from studio_detector.service.metrics.store_gauges import StoreGauges
from studio_detector.service.store.observing import Observed

OF_STORE = (
    "studio_jobs",
    "studio_queue_oldest_seconds",
    "studio_deliveries",
    "studio_master_key_age_seconds",
    "studio_key_expiry_seconds",
)


class Look:
    """Counts how often it is taken; away or held up if a test says so."""

    def __init__(self):
        self.times = 0
        self.error = None
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self):
        self.times += 1
        self.gate.wait(10)
        if self.error is not None:
            raise self.error
        return Observed(
            jobs={("standard", "waiting"): 7},
            oldest_s={"standard": 2.5},
            owed=3,
            given_up=1,
            master_key_age_s=None,
            key_expires_in_s=-5.0,
        )


@pytest.fixture
def look():
    look = Look()
    yield look
    look.gate.set()


@pytest.fixture
def clock():
    now = [0.0]

    def clock():
        return now[0]

    clock.now = now
    return clock


@pytest.fixture
def registry(look, clock):
    registry = CollectorRegistry()
    registry.register(StoreGauges(look, patience_s=0.05, monotonic=clock))
    return registry


def told(registry):
    """Metric and labels -> value."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in registry.collect()
        for sample in family.samples
    }


def test_what_is_seen_is_told_and_what_is_unknown_is_absent(registry):
    """A key that has expired is below nothing."""
    assert {
        ("studio_store_reachable",): 1,
        ("studio_jobs", "standard", "waiting"): 7,
        ("studio_queue_oldest_seconds", "standard"): 2.5,
        ("studio_deliveries", "owed"): 3,
        ("studio_deliveries", "given_up"): 1,
        ("studio_key_expiry_seconds",): -5,
    } == told(registry)


def test_registering_asks_nobody(registry, look):
    """The database may be away at the start."""
    assert 0 == look.times


def test_a_look_is_good_for_a_while(registry, look, clock):
    """However many fetch the metrics."""
    for _ in range(10):
        told(registry)
    assert 1 == look.times

    clock.now[0] += 5
    told(registry)
    assert 2 == look.times


@pytest.mark.parametrize("error", [BusyError("away", code="store_unavailable"), KeyError("x")])
def test_a_store_that_is_away_is_told_and_the_rest_is_absent(registry, look, clock, error):
    """Rather than old numbers; when it is back, so are they."""
    told(registry)
    look.error = error
    clock.now[0] += 5
    assert {("studio_store_reachable",): 0} == told(registry)

    look.error = None
    clock.now[0] += 5
    assert 1 == told(registry)["studio_store_reachable",]


def test_a_store_that_hangs_costs_a_scrape_no_more_than_its_patience(registry, look):
    """And is asked once, not once for each scrape."""
    look.gate.clear()
    begun = time.perf_counter()
    found = [told(registry) for _ in range(3)]

    assert time.perf_counter() - begun < 2
    assert [{("studio_store_reachable",): 0}] * 3 == found
    assert 1 == look.times

    look.gate.set()
    while told(registry) == {("studio_store_reachable",): 0}:
        pass
    assert 1 == look.times


def test_a_thread_that_the_system_refuses_is_asked_for_again(registry, look, monkeypatch):
    """A process short of threads for a moment would otherwise never look again."""
    with monkeypatch.context() as short:
        short.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="new thread"):
            told(registry)

    assert 1 == told(registry)["studio_store_reachable",]
    assert 1 == look.times


def refuse(_):
    raise RuntimeError("can't start new thread")


def test_those_who_scrape_at_once_share_a_look(registry, look):
    """It takes as long as one."""
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(told, [registry] * 8))

    assert {1.0} == {one["studio_store_reachable",] for one in found}
    assert 1 == look.times


def test_an_app_without_its_database_tells_the_rest(served, monkeypatch):
    """The scrape does not fail."""

    def away():
        raise BusyError("away", code="store_unavailable")

    monkeypatch.setattr(served.parts.store._db, "read", lambda _: away())

    found = fetched(served)
    assert 0 == found["studio_store_reachable"].samples[0].value
    assert not found.keys() & set(OF_STORE)
    assert found["studio_build_info"].samples


def test_an_app_tells_what_waits(serve):
    """As the store has it."""
    with serve(works=False) as service:
        service.post("good 1")
        service.post("good 2", params={"priority": "high"})
        found = fetched(service)

    jobs = {tuple(s.labels.values()): s.value for s in found["studio_jobs"].samples}
    assert 1 == jobs["standard", "waiting"] == jobs["high", "waiting"]
    assert 12 == len(jobs)
    assert found["studio_master_key_age_seconds"].samples[0].value >= 0
