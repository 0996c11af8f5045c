"""What so many pictures need follows from what one costs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.load.capacity import costs_of, foreseen, limits, needs, per_core_day
from tools.load.model import Costs

_FOUND = {
    "accept_cpu_ms": {"api": 4.0, "workers": 0.5, "postgres": 1.0, "redis": 0.2, "children": 0.0},
    "finish_cpu_ms": {"api": 0.5, "workers": 2.5, "postgres": 2.0, "redis": 0.3, "children": 11.0},
    "picture_bytes": 40_000,
    "answer_bytes": 3_000,
    "database_bytes": 6_000,
    "database_rows": 2.0,
    "wal_bytes_each": 20_000.0,
    "writes_each": 4.0,
    "redis_bytes_queued": 500,
    "redis_bytes_cached": 3_500,
}
_MEMORY = {"api": 200.0, "worker": 100.0, "child": 150.0}
_STEPS = [
    {
        "answered": 250,
        "cpu_s": {"api": 1.5, "children": 3.0, "generator": 0.5, "machine": 9.0},
        "analysis_ms": [5.0, 15.0],
    },
    {
        "answered": 750,
        "cpu_s": {"api": 4.5, "children": 9.0, "generator": 0.5, "machine": 30.0},
        "analysis_ms": [8.0, 90.0],
    },
]


def test_the_times_of_a_picture_are_put_together_from_both_runs():
    costs = costs_of(_FOUND, _STEPS)

    assert costs.accept_ms == 4.0
    # Beyond accepting: 6 s for 1,000 pictures while somebody waited for each.
    assert costs.answer_ms == pytest.approx(2.0)
    assert costs.client_ms == pytest.approx(1.0)
    assert costs.worker_ms == pytest.approx(3.0)
    assert costs.store_accept_ms == pytest.approx(1.2)
    assert costs.store_finish_ms == pytest.approx(2.3)
    # As different from one another as at the lowest rate, 12 ms on average over all.
    assert costs.analysis_ms == pytest.approx([6.0, 18.0])
    assert costs.total_ms == pytest.approx(24.5)


def test_a_core_day_is_a_day_divided_by_a_picture():
    assert per_core_day(24.0) == pytest.approx(3_600_000)


def test_a_million_a_day_by_hand():
    """34.7 a second at the peak; 70 % busy."""
    found = needs(1_000_000, costs_of(_FOUND, _STEPS), _FOUND, _MEMORY)

    assert 34.7 == found["rate_per_s"]
    assert (1, 1, 1, 1) == tuple(found[one] for one in ("children", "apis", "workers", "stores"))
    assert 4 == found["cores"]
    assert found["in_mbit_s"] == pytest.approx(11.1, abs=0.1)
    assert found["rows_a_day"] == 2_000_000
    assert found["gib_a_day"] == pytest.approx(5.59, abs=0.01)
    assert found["redis_cached_gib"] == pytest.approx(3.26, abs=0.01)
    assert found["writes_per_s"] == 139
    assert found["memory_gib"] == pytest.approx(450 / 1024, abs=0.05)


@given(day=st.integers(1, 10**9), factor=st.integers(2, 20))
def test_more_pictures_never_need_less(day, factor):
    costs = costs_of(_FOUND, _STEPS)
    few, many = (needs(count, costs, _FOUND, _MEMORY) for count in (day, factor * day))

    assert all(many[name] >= few[name] for name in few)


def test_what_is_full_first_comes_first():
    found = limits(costs_of(_FOUND, _STEPS), _FOUND, {"1": 90.0, "8": 400.0})
    names = [name for name, _ in found]

    assert found == sorted(found, key=lambda pair: pair[1])
    # 400 commits a second of eight clients, 4 a picture.
    assert ("commits on the database's disk", 100.0) == found[0]
    assert dict(found)["one process that serves"] == pytest.approx(1000 / 6)
    assert dict(found)["a link of 1 Gbit/s for pictures"] == pytest.approx(3125)
    assert "Redis, which has one thread" in names


def test_a_mode_without_database_server_has_no_limit_of_one():
    embedded = Costs(
        client_ms=0.0,
        accept_ms=4.0,
        answer_ms=4.0,
        store_accept_ms=0.0,
        store_finish_ms=0.0,
        worker_ms=0.0,
        analysis_ms=[12.0],
    )
    bare = {"accept_cpu_ms": {"api": 4.0}, "finish_cpu_ms": {"api": 4.0}, "picture_bytes": 1000}

    assert ["one process that serves", "a link of 1 Gbit/s for pictures"] == [
        name for name, _ in limits(embedded, bare, None)
    ]


def test_at_the_size_that_is_foreseen_pictures_hardly_wait():
    """At 70 % of many cores, the latency is little more than the work."""
    costs = costs_of(_FOUND, _STEPS)
    need = needs(10_000_000, costs, _FOUND, _MEMORY)

    found = foreseen(costs, need)

    assert costs.total_ms * 0.5 < found["p50_ms"] < 2 * costs.total_ms
    assert found["answered_in_time"] == found["offered"]
