"""Processor time and memory are put down to whoever used them."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from tools.load import exposition
from tools.load.meter import (
    CHILDREN,
    MACHINE,
    Meter,
    Sample,
    between,
    merged,
    pss_mib,
    used_s,
)

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
# A little more is burnt than is asked for below: the system rounds down to ticks, twice.
_BURN = """
import subprocess, sys, time
below = subprocess.Popen([sys.executable, "-c", sys.argv[1]]) if len(sys.argv) > 1 else None
until = time.process_time() + 0.35
while time.process_time() < until: pass
print("burnt", flush=True)
sys.stdin.read()
if below: below.kill()
"""
_BURN_BELOW = """
import time
until = time.process_time() + 0.25
while time.process_time() < until: pass
time.sleep(60)
"""


@linux
def test_a_process_and_what_is_below_it_are_told_apart():
    """As what serves and the processes that analyse for it."""
    processes = {}
    with Meter(lambda: processes, lambda: frozenset({"api"})) as meter:
        command = [sys.executable, "-c", _BURN, _BURN_BELOW]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as burning:
            processes["api"] = burning.pid
            assert b"burnt\n" == burning.stdout.readline()
            until = time.monotonic() + 20
            while meter.look().cpu_s.get(CHILDREN, 0.0) < 0.2 and time.monotonic() < until:
                time.sleep(0.02)
            last = meter.look()
            burning.stdin.close()

    assert last.cpu_s["api"] >= 0.3
    assert last.cpu_s[CHILDREN] >= 0.2
    assert last.cpu_s[MACHINE] >= 0.4
    assert {"api": 1, CHILDREN: 1} == last.processes
    assert last.rss_mib["api"] == last.largest_mib["api"] > 1


@linux
def test_the_largest_of_a_group_is_told_beside_all_of_it():
    """A mean would hide one that grows among others that are killed and come back."""
    with Meter(lambda: {"own": os.getpid()}, frozenset) as meter:
        command = [sys.executable, "-c", "import sys; sys.stdin.read()"]
        with subprocess.Popen(command, stdin=subprocess.PIPE) as below:
            look = meter.look()
            below.stdin.close()

    assert look.processes["own"] >= 2
    assert 1 < look.largest_mib["own"] < look.rss_mib["own"]


def test_whoever_cannot_look_on_says_so(monkeypatch):
    """Samples that end early would tell of memory that does not grow."""
    looks = iter([{}])

    with pytest.raises(RuntimeError, match="nobody looked on"):  # noqa: PT012 - leaving raises
        monkeypatch.setattr("tools.load.meter._EVERY_S", 0.001)
        with Meter(lambda: next(looks), frozenset) as meter:
            meter._thread.join(10)


@linux
def test_what_was_used_before_the_first_look_is_not_counted():
    sum(range(10**6))

    with Meter(lambda: {"own": os.getpid()}, frozenset) as meter:
        first = meter.look()

    assert first.cpu_s["own"] < 0.2
    assert pss_mib(os.getpid()) > 1
    assert pss_mib(2**22 + 1) is None


def _samples():
    return [
        Sample(10.0, {"api": 0.0}, {}, {}, {}),
        Sample(11.0, {"api": 0.5, "worker 0": 1.0, "worker 1": 0.0}, {}, {}, {}),
        Sample(13.0, {"api": 1.5, "worker 0": 2.0, "worker 1": 3.0}, {}, {}, {}),
    ]


def test_time_between_two_moments_is_interpolated_between_looks():
    assert {"api": 1.0, "worker 0": 1.5, "worker 1": 1.5} == used_s(_samples(), 10.0, 12.0)
    assert {"api": 1.5, "worker 0": 2.0, "worker 1": 3.0} == used_s(_samples(), 0.0, 99.0)
    assert {"api": 1.0, "worker 0": 1.0, "worker 1": 3.0} == between(*_samples()[1:])


def test_workers_are_one_group_together():
    assert {"api": 1.0, "workers": 5.0} == merged({"api": 1.0, "worker 0": 2.0, "worker 1": 3.0})


_TEXT = """
# TYPE studio_queue_wait_seconds histogram
studio_queue_wait_seconds_bucket{{queue="standard",le="0.1"}} {0}
studio_queue_wait_seconds_bucket{{queue="standard",le="1.0"}} {1}
studio_queue_wait_seconds_bucket{{queue="standard",le="+Inf"}} {2}
studio_queue_wait_seconds_sum{{queue="standard"}} {3}
studio_queue_wait_seconds_count{{queue="standard"}} {2}
"""


def test_a_histogram_tells_what_happened_between_two_looks():
    """95 of 100 new ones within the first bucket and half of the second one's."""
    before = exposition.read(_TEXT.format(1000, 1000, 1000, 7.0))
    after = exposition.read(_TEXT.format(1090, 1100, 1100, 27.0))

    found = exposition.histogram(before, after, "studio_queue_wait_seconds", {"queue": "standard"})

    assert 100 == found["count"]
    assert 200.0 == found["mean_ms"]
    assert found["p95_ms"] == pytest.approx(550.0)


def test_beyond_the_last_bound_the_last_bound_is_told():
    after = exposition.read(_TEXT.format(0, 0, 10, 50.0))

    assert 1000.0 == exposition.histogram({}, after, "studio_queue_wait_seconds")["p95_ms"]


def test_where_nothing_was_counted_nothing_is_told():
    same = exposition.read(_TEXT.format(5, 5, 5, 1.0))

    for before, after in ((same, same), ({}, {})):
        found = exposition.histogram(before, after, "studio_queue_wait_seconds")
        assert {"count": 0.0, "mean_ms": None, "p95_ms": None} == found


def test_who_does_not_answer_adds_nothing():
    assert {} == exposition.scrape(["http://127.0.0.1:1/metrics"])
