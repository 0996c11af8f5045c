"""The service as stations: what follows from its times, and what it is compared with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tools.load.arrivals import constant, poisson
from tools.load.curve import is_full
from tools.load.model import Costs, Layout, calibrated, errors, latencies_s, predicted

_COSTS = Costs(
    client_ms=0.0,
    accept_ms=4.0,
    answer_ms=2.0,
    store_accept_ms=1.0,
    store_finish_ms=2.0,
    worker_ms=3.0,
    analysis_ms=[12.0],
)
_LAYOUT = Layout(cores=2)


def test_one_picture_alone_takes_its_work_and_its_wait():
    (alone,) = latencies_s(replace(_COSTS, wait_ms=5.0), _LAYOUT, [1.0])

    assert alone == pytest.approx((24.0 + 5.0) / 1000)
    assert 24.0 == _COSTS.total_ms


def test_who_posts_on_the_same_machine_takes_its_part():
    (alone,) = latencies_s(replace(_COSTS, client_ms=6.0), _LAYOUT, [0.0])

    assert alone == pytest.approx(0.030)


def test_pictures_take_their_times_from_those_that_were_measured():
    costs = replace(_COSTS, analysis_ms=[5.0, 50.0])
    found = latencies_s(costs, Layout(cores=8), constant(1, 60), seed=2)

    assert {17, 62} == {round(1000 * one) for one in found}


def test_the_cores_decide_when_it_is_full():
    """24 ms of two cores: 83 a second."""
    below, beyond = (
        predicted(_COSTS, _LAYOUT, rate, 60, poisson(rate, 60, 1)) for rate in (60, 95)
    )

    assert not is_full(below)
    assert is_full(beyond)
    assert beyond["answered_per_s"] == pytest.approx(2000 / 24, rel=0.06)


def test_one_process_that_serves_is_full_however_many_cores_there_are():
    """6 ms of one core: 167 a second; with two of them, 333."""
    few, more = (Layout(cores=64, apis=apis, workers=16, children=32) for apis in (1, 2))

    assert is_full(predicted(_COSTS, few, 200, 40, poisson(200, 40, 1)))
    assert not is_full(predicted(_COSTS, more, 200, 40, poisson(200, 40, 1)))


def test_the_wait_that_no_processor_explains_is_taken_from_the_lowest_rate():
    arrivals = poisson(2, 60, 5)
    lowest = {"p50_ms": 40.0}

    found = calibrated(_COSTS, _LAYOUT, lowest, arrivals)
    again = predicted(found, _LAYOUT, 2, 60, arrivals)

    assert 15.0 < found.wait_ms <= 16.0
    assert again["p50_ms"] == pytest.approx(40.0, abs=0.2)


def test_a_model_slower_than_the_service_gets_no_negative_wait():
    found = calibrated(_COSTS, _LAYOUT, {"p50_ms": 3.0}, poisson(2, 60, 5))

    assert 0.0 == found.wait_ms


def test_errors_are_medians_of_what_it_is_off_by():
    measured = [{"p50_ms": 100.0, "p95_ms": 200.0}] * 3
    simulated = [
        {"p50_ms": 110.0, "p95_ms": 200.0},
        {"p50_ms": 80.0, "p95_ms": 100.0},
        {"p50_ms": 95.0, "p95_ms": 260.0},
    ]

    assert {"p50_ms": 0.1, "p95_ms": 0.3} == errors(measured, simulated)
    assert {"p50_ms": None, "p95_ms": None} == errors([], [])


def test_analyses_are_as_nice_here_as_they_are_in_the_service():
    """Linux gives a process five steps nicer the weight that is assumed."""
    from studio_detector.service.children import worker
    from tools.load.cores import NICE_5_WEIGHT, NORMAL_WEIGHT

    assert 5 == worker._NICENESS
    assert pytest.approx(NORMAL_WEIGHT / 1.25**5, rel=0.01) == NICE_5_WEIGHT
