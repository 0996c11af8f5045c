"""The simulation says what the mathematics of queues says, where that says anything."""

from __future__ import annotations

import random
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.load.arrivals import poisson
from tools.load.cores import NICE_5_WEIGHT, NORMAL_WEIGHT, Station, Visit, simulate

_SECONDS = 4000


def _waits(cores, stations, arrivals, routes):
    left = simulate(cores, stations, arrivals, routes)
    return [end - begun for begun, end in zip(arrivals, left, strict=True)]


def _single(cores, processes, rate, works):
    """All pictures at one station: how long each stays, on average."""
    arrivals = poisson(rate, _SECONDS, seed=7)
    routes = [[Visit(0, next(works))] for _ in arrivals]
    return fmean(_waits(cores, [Station(name="x", processes=processes)], arrivals, routes))


def _exponential(mean_s, seed=11):
    chance = random.Random(seed)
    while True:
        yield chance.expovariate(1 / mean_s)


def _always(value):
    while True:
        yield value


@pytest.mark.parametrize("load", [0.3, 0.6, 0.8])
def test_one_process_with_times_by_chance_is_m_m_1(load):
    """Mean stay 1 / (mu - lambda)."""
    mu = 10.0

    assert _single(1, 1, load * mu, _exponential(1 / mu)) == pytest.approx(
        1 / (mu - load * mu), rel=0.06
    )


@pytest.mark.parametrize("load", [0.3, 0.6, 0.8])
def test_one_process_with_equal_times_is_m_d_1(load):
    """Mean wait rho / (2 mu (1 - rho)), beside the work itself."""
    mu = 10.0
    expected = 1 / mu + load / (2 * mu * (1 - load))

    assert _single(1, 1, load * mu, _always(1 / mu)) == pytest.approx(expected, rel=0.04)


def test_two_processes_on_two_cores_are_m_m_2():
    """Erlang's C for two: mean stay 1 / mu + C / (2 mu - lambda)."""
    mu, load = 10.0, 0.7
    waits = 2 * load**2 / (1 + load)
    expected = 1 / mu + waits / (2 * mu * (1 - load))

    assert _single(2, 2, 2 * load * mu, _exponential(1 / mu)) == pytest.approx(expected, rel=0.06)


@pytest.mark.parametrize("works", [_always(0.1), _exponential(0.1)], ids=["equal", "by chance"])
def test_many_processes_on_one_core_share_it_whatever_their_times(works):
    """Processor sharing: mean stay E[S] / (1 - rho), for any distribution."""
    assert _single(1, 10_000, 6.0, works) == pytest.approx(0.1 / 0.4, rel=0.07)


def test_more_cores_than_work_make_nobody_faster():
    """A process has one core at most."""
    stations = [Station(name="x", processes=5)]

    assert [2.0, 3.0] == simulate(64, stations, [0.0, 0.0], [[Visit(0, 2.0)], [Visit(0, 3.0)]])


def test_a_nicer_process_gets_its_part_and_the_rest_when_it_is_alone():
    """1024 to 335 for as long as both want the core."""
    stations = [
        Station(name="serves", processes=1, weight=NORMAL_WEIGHT),
        Station(name="analyses", processes=1, weight=NICE_5_WEIGHT),
    ]

    serves, analyses = simulate(1, stations, [0.0, 0.0], [[Visit(0, 1.0)], [Visit(1, 1.0)]])

    assert serves == pytest.approx((NORMAL_WEIGHT + NICE_5_WEIGHT) / NORMAL_WEIGHT)
    assert analyses == pytest.approx(2.0)


def test_what_a_heavy_process_cannot_use_is_left_to_the_others():
    """On two cores the one that serves has one whole, two nicer ones share the other."""
    stations = [
        Station(name="serves", processes=1, weight=NORMAL_WEIGHT),
        Station(name="analyses", processes=2, weight=NICE_5_WEIGHT),
    ]
    routes = [[Visit(0, 1.0)], [Visit(1, 0.5)], [Visit(1, 0.5)]]

    assert [1.0, 1.0, 1.0] == pytest.approx(simulate(2, stations, [0.0] * 3, routes))


def test_a_picture_goes_from_station_to_station_and_queues_at_each():
    stations = [Station(name="one", processes=1), Station(name="two", processes=1)]
    routes = [[Visit(0, 1.0), Visit(1, 3.0)], [Visit(0, 1.0), Visit(1, 1.0)]]

    # The second is done at "one" after two seconds and waits at "two" until the fourth.
    assert [4.0, 5.0] == pytest.approx(simulate(8, stations, [0.0, 0.0], routes))


def test_what_needs_nothing_has_left_when_it_comes():
    stations = [Station(name="one", processes=1)]

    assert [3.0, 4.0] == simulate(1, stations, [3.0, 4.0], [[Visit(0, 0.0)], []])


_ROUTES = st.lists(
    st.tuples(
        st.floats(0, 5),
        st.lists(st.tuples(st.integers(0, 2), st.floats(0.01, 1)), min_size=1, max_size=4),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=60)
@given(given_=_ROUTES, cores=st.integers(1, 4))
def test_no_work_is_lost_or_done_faster_than_there_are_cores(given_, cores):
    """Each stays at least as long as its work, and all together as the cores allow."""
    given_ = sorted(given_, key=lambda pair: pair[0])
    arrivals = [at for at, _ in given_]
    routes = [[Visit(station, work) for station, work in route] for _, route in given_]
    stations = [
        Station(name="a", processes=1),
        Station(name="b", processes=2, weight=NICE_5_WEIGHT),
        Station(name="c", processes=50),
    ]

    left = simulate(cores, stations, arrivals, routes)

    for begun, end, route in zip(arrivals, left, routes, strict=True):
        assert end - begun >= sum(visit.work_s for visit in route) - 1e-6
    total = sum(visit.work_s for route in routes for visit in route)
    assert max(left) - min(arrivals) >= total / cores - 1e-6
    # Nobody idles while there is work: alone, one after the other, it would take the longest.
    assert max(left) <= max(arrivals) + total + 1e-6
