"""Interleaved rounds: every candidate takes its turn on the same picture, over and over.

What disturbs the machine for a second then disturbs all candidates alike, so that ratios hold
where milliseconds do not.
"""

from __future__ import annotations

import statistics
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Protocol, TypeVar

from benchmarks.results import Times

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.pictures import Picture
    from benchmarks.sizes import Size

_T = TypeVar("_T")


class UnavailableError(Exception):
    """A candidate cannot run here; the message says why."""


class Candidate(Protocol):
    """Something that is measured."""

    name: str

    def rounds(self, size: Size) -> int:
        """How often it is measured at a size at most; 0 leaves the size out."""

    def prepare(self) -> None:
        """Import, load, warm up.

        Raises:
            UnavailableError: If it is not installed or does not work here.
        """

    def run(self, picture: Picture, shelf: Sequence[Picture], watch: Stopwatch) -> None:
        """Do the work once, under the watch.

        Args:
            picture: The picture of this round.
            shelf: All pictures of its size, for candidates that only take many at once.
            watch: Takes the times.
        """


class Stopwatch:
    """Collects CPU and wall-clock milliseconds by name."""

    def __init__(self) -> None:
        self._cpu_ms: dict[str, list[float]] = {}
        self._wall_ms: dict[str, list[float]] = {}

    def measure(self, name: str, work: Callable[[], _T], *, pictures: int = 1) -> _T:
        """Time one piece of work; ``pictures`` is how many it dealt with."""
        wall, cpu = perf_counter(), process_time()
        result = work()
        cpu_s, wall_s = process_time() - cpu, perf_counter() - wall
        self.record(name, cpu_ms=1000 * cpu_s / pictures, wall_ms=1000 * wall_s / pictures)
        return result

    def record(self, name: str, *, cpu_ms: float, wall_ms: float) -> None:
        """Note a time taken elsewhere."""
        self._cpu_ms.setdefault(name, []).append(cpu_ms)
        self._wall_ms.setdefault(name, []).append(wall_ms)

    def times(self, size: str) -> list[Times]:
        """The summary of every name, in the order of their first measurement."""
        return [
            Times(
                name=name,
                size=size,
                cpu_ms=statistics.median(values),
                cpu_ms_low=_quartiles(values)[0],
                cpu_ms_high=_quartiles(values)[1],
                cpu_ms_mean=statistics.fmean(values),
                wall_ms=statistics.median(self._wall_ms[name]),
                count=len(values),
            )
            for name, values in self._cpu_ms.items()
        ]


def ready(candidates: Sequence[Candidate]) -> tuple[list[Candidate], dict[str, str]]:
    """Prepare all; return those that can run, and why the others cannot."""
    able, skipped = [], {}
    for candidate in candidates:
        try:
            candidate.prepare()
        except UnavailableError as error:
            skipped[candidate.name] = str(error)
        else:
            able.append(candidate)
    return able, skipped


def race(candidates: Sequence[Candidate], shelf: Sequence[Picture], size: Size) -> list[Times]:
    """Measure candidates at one size, in turns.

    Args:
        candidates: Prepared ones.
        shelf: Pictures of the size, at least one; each round takes the next.
        size: The size, with its number of rounds.

    Returns:
        The times of all names the candidates measured under.
    """
    watch, warm_up = Stopwatch(), Stopwatch()
    for candidate in candidates:
        # A candidate with few rounds is slow, so that its first call hides in it.
        if candidate.rounds(size) >= size.rounds:
            candidate.run(shelf[-1], shelf, warm_up)
    for turn in range(size.rounds):
        # Whoever goes after the same neighbour all the time finds the caches as that one left
        # them, so the order turns too.
        first = turn % max(1, len(candidates))
        for candidate in [*candidates[first:], *candidates[:first]]:
            if takes_turn(turn, size.rounds, candidate.rounds(size)):
                candidate.run(shelf[turn % len(shelf)], shelf, watch)
    return watch.times(size.name)


def takes_turn(turn: int, rounds: int, wanted: int) -> bool:
    """Whether a candidate that wants ``wanted`` of all rounds runs in this one; evenly spread."""
    wanted = min(wanted, rounds)
    return (turn + 1) * wanted // rounds > turn * wanted // rounds


def _quartiles(values: Sequence[float]) -> tuple[float, float]:
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high
