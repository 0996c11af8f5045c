"""A small simulation: processes that queue up work and share the cores of one machine.

A picture goes from station to station. Each station has processes, each of which does one thing
at a time; what finds none free queues up. All processes that have something to do share the
cores as a scheduler shares them: in proportion to their weights, and none has more than one.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Weights of Linux: of a process as it is started, and of one that is five steps nicer.
NORMAL_WEIGHT = 1024
NICE_5_WEIGHT = 335
_TINY = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """Processes of one kind.

    Attributes:
        name: For people.
        processes: How many; each does one thing at a time.
        weight: Its share of the cores beside others that want them.
    """

    name: str
    processes: int
    weight: int = NORMAL_WEIGHT


@dataclass(frozen=True, slots=True)
class Visit:
    """What one picture needs at one station.

    Attributes:
        station: Its place in the list of stations.
        work_s: Processor seconds.
    """

    station: int
    work_s: float


def simulate(
    cores: float,
    stations: Sequence[Station],
    arrivals: Sequence[float],
    routes: Sequence[Sequence[Visit]],
) -> list[float]:
    """Let pictures through.

    Args:
        cores: Of the machine.
        stations: All.
        arrivals: When each picture comes, in seconds, ascending.
        routes: What each needs, one after the other; as many as arrivals.

    Returns:
        When each has left its last station, in the order of arrivals.
    """
    return _Run(cores, stations, routes).run(arrivals)


@dataclass(slots=True)
class _Class:
    """All processes of one weight: they run equally fast, so one clock does for all.

    The clock counts the processor seconds that each of them has had; a burst that begins at
    clock ``c`` ends when the clock is ``c + work``.
    """

    weight: int
    clock_s: float = 0.0
    rate: float = 0.0
    ends: list[tuple[float, int, int, int]] = field(default_factory=list)


class _Run:
    def __init__(
        self, cores: float, stations: Sequence[Station], routes: Sequence[Sequence[Visit]]
    ) -> None:
        self._cores = cores
        self._routes = routes
        weights = sorted({station.weight for station in stations}, reverse=True)
        self._classes = [_Class(weight) for weight in weights]
        self._class_of = [self._classes[weights.index(one.weight)] for one in stations]
        self._free = [station.processes for station in stations]
        self._queues: list[deque[tuple[int, int]]] = [deque() for _ in stations]
        self._numbers = itertools.count()
        self._left = [0.0] * len(routes)

    def run(self, arrivals: Sequence[float]) -> list[float]:
        now, coming = 0.0, 0
        while coming < len(arrivals) or any(one.ends for one in self._classes):
            next_s, ending = self._next_end(now)
            if coming < len(arrivals) and arrivals[coming] <= next_s:
                self._pass(max(0.0, arrivals[coming] - now))
                now = max(now, arrivals[coming])
                self._come(coming, 0, now)
                coming += 1
            elif ending is not None:
                self._pass(next_s - now)
                now = next_s
                _, _, picture, at = heapq.heappop(ending.ends)
                self._leave(picture, at, now)
            self._share()
        return self._left

    def _next_end(self, now: float) -> tuple[float, _Class | None]:
        """When the next burst ends if nothing comes before, and in which class."""
        soonest, found = float("inf"), None
        for one in self._classes:
            if one.ends and one.rate > 0:
                at = now + max(0.0, one.ends[0][0] - one.clock_s) / one.rate
                if at < soonest:
                    soonest, found = at, one
        return soonest, found

    def _pass(self, seconds: float) -> None:
        for one in self._classes:
            one.clock_s += one.rate * seconds

    def _come(self, picture: int, at: int, now: float) -> None:
        """A picture comes to the next station of its route, or has been at all of them."""
        route = self._routes[picture]
        while at < len(route) and route[at].work_s <= _TINY:
            at += 1
        if at == len(route):
            self._left[picture] = now
            return
        station = route[at].station
        if self._free[station]:
            self._free[station] -= 1
            self._begin(picture, at)
        else:
            self._queues[station].append((picture, at))

    def _begin(self, picture: int, at: int) -> None:
        visit = self._routes[picture][at]
        one = self._class_of[visit.station]
        heapq.heappush(one.ends, (one.clock_s + visit.work_s, next(self._numbers), picture, at))

    def _leave(self, picture: int, at: int, now: float) -> None:
        station = self._routes[picture][at].station
        if self._queues[station]:
            self._begin(*self._queues[station].popleft())
        else:
            self._free[station] += 1
        self._come(picture, at + 1, now)

    def _share(self) -> None:
        """Give every class its rate: cores by weight, and to no process more than one."""
        rest = self._cores
        asking = [one for one in self._classes if one.ends]
        weights = sum(one.weight * len(one.ends) for one in asking)
        # The heaviest first: what they cannot use is left to the others.
        for one in asking:
            one.rate = min(1.0, rest * one.weight / weights) if weights else 0.0
            rest -= one.rate * len(one.ends)
            weights -= one.weight * len(one.ends)
