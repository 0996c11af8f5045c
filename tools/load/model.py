"""The service as stations that share cores, with the times that were measured.

The route of a picture: who posts, the process that serves (taking it in), the database, a
worker's own process (claiming it), a process that analyses, the worker again (finishing), the
database, the process that serves (answering), who posts. Embedded, the process that serves and
the worker are one.
"""

from __future__ import annotations

import random
import statistics
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tools.load.answers import Answer
from tools.load.cores import NICE_5_WEIGHT, Station, Visit, simulate
from tools.load.curve import latencies_ms, step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: A database, and a broker, work on as many requests at once as there are.
_MANY = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Processor milliseconds of one picture, by who uses them.

    Attributes:
        client_ms: Who posts, if it runs on the same machine; else 0.
        accept_ms: The process that serves, until the picture is accepted.
        answer_ms: The process that serves, from then on: noticing the end, and answering.
        store_accept_ms: Database, broker and Redis together, until it is accepted.
        store_finish_ms: They from then on.
        worker_ms: A worker's own process; 0 where the process that serves does its work, which
            is in ``answer_ms`` then.
        analysis_ms: Processes that analyse, at least one time, each a picture's; they are
            drawn from.
        wait_ms: What a picture waits for without using a processor: disks, timers, wires.
    """

    client_ms: float
    accept_ms: float
    answer_ms: float
    store_accept_ms: float
    store_finish_ms: float
    worker_ms: float
    analysis_ms: Sequence[float]
    wait_ms: float = 0.0

    @property
    def total_ms(self) -> float:
        """Of all but who posts."""
        return (
            self.accept_ms
            + self.answer_ms
            + self.store_accept_ms
            + self.store_finish_ms
            + self.worker_ms
            + statistics.fmean(self.analysis_ms)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How many of what.

    Attributes:
        cores: Of all machines together.
        apis: Processes that serve.
        workers: Workers' own processes; not counted where ``worker_ms`` is 0.
        children: Processes that analyse.
    """

    cores: int
    apis: int = 1
    workers: int = 2
    children: int = 2


def latencies_s(
    costs: Costs, layout: Layout, arrivals: Sequence[float], seed: int = 1
) -> list[float]:
    """From each picture's arrival to its result, simulated."""
    stations = [
        Station(name="who posts", processes=1),
        Station(name="the process that serves", processes=layout.apis),
        Station(name="stores", processes=_MANY),
        Station(name="worker", processes=layout.workers),
        Station(name="analysis", processes=layout.children, weight=NICE_5_WEIGHT),
    ]
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    routes = [_route(costs, chance.choice(costs.analysis_ms)) for _ in arrivals]
    left = simulate(layout.cores, stations, arrivals, routes)
    return [end - begun + costs.wait_ms / 1000 for begun, end in zip(arrivals, left, strict=True)]


def _route(costs: Costs, analysis_ms: float) -> list[Visit]:
    client, api, store, worker, child = range(5)
    milliseconds = (
        (client, costs.client_ms / 2),
        (api, costs.accept_ms),
        (store, costs.store_accept_ms),
        (worker, costs.worker_ms / 2),
        (child, analysis_ms),
        (worker, costs.worker_ms / 2),
        (store, costs.store_finish_ms),
        (api, costs.answer_ms),
        (client, costs.client_ms / 2),
    )
    return [Visit(station, work_ms / 1000) for station, work_ms in milliseconds]


def calibrated(
    costs: Costs, layout: Layout, lowest: Mapping[str, Any], arrivals: Sequence[float]
) -> Costs:
    """The same with the wait that explains the median at the lowest rate.

    Args:
        costs: With no wait.
        layout: Of the run.
        lowest: The step of the lowest rate; it cannot be compared with afterwards.
        arrivals: Of this step, in seconds from its beginning.
    """
    told = latencies_ms(latencies_s(costs, layout, arrivals))
    wait_ms = max(0.0, (lowest["p50_ms"] or 0.0) - (told["p50_ms"] or 0.0))
    return replace(costs, wait_ms=round(wait_ms, 2))


def predicted(
    costs: Costs, layout: Layout, rate_per_s: float, seconds: float, arrivals: Sequence[float]
) -> dict[str, Any]:
    """One step, simulated; with the arrivals of a measured one, it can be compared with it.

    Args:
        costs: Of a picture.
        layout: Who there is.
        rate_per_s: At which pictures were to come.
        seconds: How long they came.
        arrivals: When they came, in seconds from the beginning.

    Returns:
        As `curve.step`.
    """
    waits = latencies_s(costs, layout, arrivals)
    answers = [
        Answer(begun, begun, begun + wait, 200, 1, "", "", None, 0)
        for begun, wait in zip(arrivals, waits, strict=True)
    ]
    return step(answers, rate_per_s, seconds)


def errors(
    measured: Sequence[Mapping[str, Any]], simulated: Sequence[Mapping[str, Any]]
) -> dict[str, float | None]:
    """How far off a simulated curve is.

    Args:
        measured: Steps below saturation, without the one that was calibrated with.
        simulated: The same rates, simulated.

    Returns:
        For p50 and p95 the median of ``|simulated / measured - 1|``; None without steps.
    """
    found: dict[str, float | None] = {}
    for name in ("p50_ms", "p95_ms"):
        off = [
            abs(other[name] / one[name] - 1)
            for one, other in zip(measured, simulated, strict=True)
            if one[name] and other[name]
        ]
        found[name] = round(statistics.median(off), 3) if off else None
    return found
