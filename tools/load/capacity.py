"""What so many pictures a day need, and what is full first."""

from __future__ import annotations

import math
import statistics
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tools.load.arrivals import poisson
from tools.load.model import Costs, Layout, predicted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DAY_S = 86_400
#: How full processors are at the peak.
BUSY_RATIO = 0.7
#: The busiest time of a day over its average; a choice, not a measurement.
PEAK_FACTOR = 3
#: How long a queue that nobody works on may get before somebody has come.
BACKLOG_S = 600
#: Pictures a day.
TARGETS = (1_000_000, 10_000_000, 100_000_000)
_YEAR_DAYS = 365
_GIB = 1024**3
_MIB = 1024**2
#: Bytes a second of a link of one gigabit.
GIGABIT = 125_000_000
#: Groups of processes that a picture uses beside ours.
STORES = ("postgres", "redis", "rabbitmq")
_SIMULATED_S = 20.0
_MOST_SIMULATED = 20_000


def costs_of(found: Mapping[str, Any], steps: Sequence[Mapping[str, Any]]) -> Costs:
    """The times of a mode, from what was measured.

    Args:
        found: What `costs.measure` gave.
        steps: Of `steps.climb`, not full; they tell what answering one who waits costs more,
            and how long analyses take beside one another.
    """
    accept, finish = found["accept_cpu_ms"], found["finish_cpu_ms"]
    answered = sum(one["answered"] for one in steps)
    while_waited_for = {
        name: 1000 * sum(one["cpu_s"].get(name, 0.0) for one in steps) / answered
        for name in {name for one in steps for name in one["cpu_s"]}
    }
    analysis = while_waited_for["children"]
    shape = steps[0]["analysis_ms"]
    scale = analysis / statistics.fmean(shape)
    api = while_waited_for["api"]
    return Costs(
        client_ms=while_waited_for.get("generator", 0.0),
        accept_ms=min(api, accept["api"]),
        answer_ms=max(0.0, api - accept["api"]),
        store_accept_ms=_stores(accept),
        store_finish_ms=_stores(finish),
        worker_ms=finish.get("workers", 0.0) + accept.get("workers", 0.0),
        analysis_ms=[one * scale for one in shape],
    )


def per_core_day(cpu_ms: float) -> float:
    """Pictures that one core does in a day, never idle."""
    return DAY_S * 1000 / cpu_ms


def needs(
    day: int, costs: Costs, found: Mapping[str, Any], memory_mib: Mapping[str, float]
) -> dict[str, float]:
    """What so many pictures a day need.

    Args:
        day: Pictures.
        costs: Of one.
        found: What `costs.measure` gave of a scaled mode.
        memory_mib: Of one process of each kind.

    Returns:
        At the peak: ``rate_per_s``, ``cores`` and of them those of ``children``, ``workers``,
        ``apis`` and ``stores``, all at `BUSY_RATIO`; ``memory_gib`` of our processes;
        ``in_mbit_s``, ``out_mbit_s``, ``wal_mib_s``, ``writes_per_s``. Over time:
        ``rows_a_day``, ``gib_a_day``, ``tib_a_year``, ``redis_cached_gib`` (a day's results),
        ``redis_queued_gib`` (a backlog of `BACKLOG_S`).
    """
    rate = PEAK_FACTOR * day / DAY_S

    def cores(ms: float) -> int:
        return max(1, math.ceil(rate * ms / 1000 / BUSY_RATIO - 1e-9))

    apis = cores(costs.accept_ms + costs.answer_ms)
    workers = cores(costs.worker_ms) if costs.worker_ms else 0
    children = cores(statistics.fmean(costs.analysis_ms))
    stores = cores(costs.store_accept_ms + costs.store_finish_ms)
    memory = (
        apis * memory_mib.get("api", 0.0)
        + workers * memory_mib.get("worker", 0.0)
        + children * memory_mib.get("child", 0.0)
    )
    return {
        "rate_per_s": round(rate, 1),
        "cores": apis + workers + children + stores,
        "apis": apis,
        "workers": workers,
        "children": children,
        "stores": stores,
        "memory_gib": round(memory / 1024, 1),
        "in_mbit_s": round(8e-6 * rate * found["picture_bytes"], 1),
        "out_mbit_s": round(8e-6 * rate * found.get("answer_bytes", 0), 1),
        "wal_mib_s": round(rate * found.get("wal_bytes_each", 0.0) / _MIB, 2),
        "writes_per_s": round(rate * found.get("writes_each", 0.0)),
        "rows_a_day": round(day * found.get("database_rows", 0.0)),
        "gib_a_day": round(day * found["database_bytes"] / _GIB, 2),
        "tib_a_year": round(_YEAR_DAYS * day * found["database_bytes"] / _GIB / 1024, 2),
        "redis_cached_gib": round(day * (found.get("redis_bytes_cached") or 0) / _GIB, 2),
        "redis_queued_gib": round(
            rate * BACKLOG_S * (found.get("redis_bytes_queued") or 0) / _GIB, 2
        ),
    }


def limits(
    costs: Costs, found: Mapping[str, Any], disk: Mapping[str, float] | None
) -> list[tuple[str, float]]:
    """What each thing that cannot simply be multiplied takes at most.

    Args:
        costs: Of one picture.
        found: What `costs.measure` gave.
        disk: Commits a second by number of clients, as `stores.commit_rates` gives them.

    Returns:
        Name and pictures a second at which it is full, the least first.
    """
    accept, finish = found["accept_cpu_ms"], found["finish_cpu_ms"]
    told: list[tuple[str, float]] = [
        ("one process that serves", 1000 / (costs.accept_ms + costs.answer_ms)),
        ("a link of 1 Gbit/s for pictures", GIGABIT / found["picture_bytes"]),
    ]
    if costs.worker_ms:
        told.append(("one worker's own process", 1000 / costs.worker_ms))
    redis_ms = accept.get("redis", 0.0) + finish.get("redis", 0.0)
    if redis_ms:
        told.append(("Redis, which has one thread", 1000 / redis_ms))
    if disk and found.get("writes_each"):
        # Several clients share flushes, as the threads of several workers do.
        told.append(("commits on the database's disk", disk["8"] / found["writes_each"]))
    return sorted(told, key=lambda one: one[1])


def foreseen(costs: Costs, need: Mapping[str, float], seed: int = 1) -> dict[str, Any]:
    """Latency at the peak with the processes of `needs`, simulated as one large machine."""
    seconds = min(_SIMULATED_S, _MOST_SIMULATED / need["rate_per_s"])
    away = replace(costs, client_ms=0.0)
    layout = Layout(
        cores=int(need["cores"]),
        apis=int(need["apis"]),
        workers=max(1, int(need["workers"])),
        children=int(need["children"]),
    )
    arrivals = poisson(need["rate_per_s"], seconds, seed)
    return predicted(away, layout, need["rate_per_s"], seconds, arrivals)


def _stores(each: Mapping[str, float]) -> float:
    return sum(each.get(name, 0.0) for name in STORES)
