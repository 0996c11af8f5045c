"""CPU time that counting costs a job, a scrape, and the look at the store behind it.

Usage: python -m benchmarks.metrics [DATABASE_URL] (of an empty database: the jobs stay in it)
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from studio_detector.decision.distribution import load_distribution
from studio_detector.decision.shipped import load_model
from studio_detector.planes.spent import Spent
from studio_detector.service.metrics.drift import drift_of
from studio_detector.service.metrics.metrics import Metrics
from studio_detector.service.records import NewJob, NewResult, Work
from studio_detector.service.store import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_MODEL = "full"
_WORK = Work(variant="default", pipeline_version="1", phases="auto")
_TIMING_MS = {"decode": 8.0, "lighting": 7.0, "network": 5.0, "detail": None, "total": 20.0}
# Fills the window, so that each further photo pushes one out.
_FIRST = 5000
_COUNT = 1000
_ROUNDS = 5
_WAITING = 10_000


def main(url: str | None) -> None:
    """Measure, and print the best round of each."""
    identity = load_model(_MODEL).identity
    metrics = Metrics(models=[identity], drift=drift_of(_MODEL, identity))
    results = [_result(identity) for _ in range(64)]

    def job(number: int) -> None:
        _request(metrics)
        metrics.cache.met("miss")
        with metrics.stages.timed("store"):
            pass
        metrics.stages.planes_took(3.0)
        metrics.stages.analysed({"timing_ms": _TIMING_MS})
        metrics.jobs.tried("standard", 0.01, 0.03, "analysed", None)
        metrics.verdicts.given(results[number % len(results)])

    _cpu_us(job, _FIRST)
    _print("everything that is counted for one job", job, _COUNT)
    _print("of that, what is counted for its request", lambda _: _request(metrics), _COUNT)
    _print("a scrape without the store", lambda _: metrics.exposed(""), 20)
    spent = Spent()
    _print("adding up the time of a plane", lambda _: _mark(spent), 20 * _COUNT)
    with tempfile.TemporaryDirectory(prefix="studio-bench-metrics-") as folder:
        store = open_store(url or f"sqlite:///{Path(folder) / 'studio.db'}")
        store.jobs.accept([_job() for _ in range(_WAITING)])
        began = time.perf_counter()
        for _ in range(20):
            store.observations.now()
        took_ms = (time.perf_counter() - began) * 1000 / 20
        print(f"{took_ms:10.1f} ms a look at a store in which {_WAITING} jobs wait (elapsed)")
        store.close()


def _mark(spent: Spent) -> None:
    with spent:
        pass


def _request(metrics: Metrics) -> None:
    metrics.requests.began()
    metrics.requests.ended("POST", "/api/v1/analyse", 200, 0.03, None)


def _result(model: str) -> NewResult:
    """A verdict with every measurement of the light, and of details for one in eight."""
    expected = load_distribution(_MODEL)
    assert expected is not None  # noqa: S101 - it is shipped
    has_details = random.random() < 0.125  # noqa: S311 - no secret
    return NewResult(
        tenant="default",
        image_hash="0" * 64,
        work=_WORK,
        confidence=random.random(),  # noqa: S311
        is_studio=True,
        label="studio",
        phase="lighting",
        lighting_confidence=0.5,
        perceptual_hash=None,
        perceptual_quality=None,
        phase1_results=_measured(expected.measures),
        phase3_results=_measured(expected.in_doubt) if has_details else None,
        evidence={},
        model=model,
        report={"doubt": list(expected.doubt)},
        processing_time_ms=20.0,
    )


def _measured(names: Iterable[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in names:
        analysis, _, measure = name.partition(".")
        values = found.setdefault(analysis, {"version": "1", "values": {}, "missing": {}})
        values["values"][measure] = random.random()  # noqa: S311
    return found


def _job() -> NewJob:
    return NewJob(id=uuid4(), tenant="default", work=_WORK, image_hash=uuid4().hex * 2)


def _print(what: str, act: Callable[[int], object], count: int) -> None:
    print(f"{min(_cpu_us(act, count) for _ in range(_ROUNDS)):10.1f} us {what}")


def _cpu_us(act: Callable[[int], object], count: int) -> float:
    start = time.process_time()
    for number in range(count):
        act(number)
    return (time.process_time() - start) * 1e6 / count


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
