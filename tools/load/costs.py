"""What one picture costs, and whom: processor time, rows, bytes, commits.

The processes that analyse are stopped while pictures are taken in, so that taking in is told
apart from everything that follows; then they go on, and what follows is told apart, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from itertools import islice
from statistics import fmean, median
from typing import TYPE_CHECKING, Any

from tools.load import stores
from tools.load.meter import between, merged
from tools.load.steps import warm_up

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tools.load.meter import Meter, Sample
    from tools.load.running import Setup

#: Each third is taken in within a few seconds, well before anybody misses a stopped process.
_PICTURES = 1200
_TURNS = 4
_CONNECTIONS = 8
_SETTLE_S = 2.0
#: What it takes, about.
TAKES_S = 60.0


def measure(setup: Setup, count: int = _PICTURES) -> dict[str, Any]:
    """Measure on an idle service.

    Args:
        setup: The service.
        count: Pictures; the more, the less do ticks of clocks and pages count.
    """
    from benchmarks.pictures import photographs  # noqa: PLC0415 - takes its time
    from benchmarks.service.rates import fill, unlike  # noqa: PLC0415

    warm_up(setup)
    photos = [path.read_bytes() + b"costs" for path in photographs(200)]
    pictures = list(islice(unlike(photos), count))
    turn = count // _TURNS
    accepting: dict[str, float] = {}
    finishing: dict[str, float] = {}
    queued: list[float] = []
    commits = _Counters(setup)
    begun = _redis(setup)
    took_s = 0.0
    with setup.meter() as meter:
        for start in range(0, turn * _TURNS, turn):
            before = _settled(meter)
            bytes_before = _redis(setup)
            posting = time.monotonic()
            with _stopped(setup.children()):
                asyncio.run(fill(setup.address, pictures[start : start + turn], _CONNECTIONS))
                took_s += time.monotonic() - posting
                taken = meter.look()
                queued.append((_redis(setup) - bytes_before) / turn)
            setup.drain()
            over = _settled(meter)
            _add(accepting, before, taken)
            _add(finishing, taken, over)
        idle = _idle(meter)
    done = turn * _TURNS
    return {
        "pictures": done,
        "picture_bytes": round(fmean(map(len, pictures[:done]))),
        "accepted_per_s": round(done / took_s, 1),
        "accept_cpu_ms": _each(accepting, done),
        "finish_cpu_ms": _each(finishing, done),
        "idle_cpu_ratio": idle,
        "redis_bytes_queued": round(median(queued)) if setup.is_scaled else None,
        "redis_bytes_cached": round((_redis(setup) - begun) / done) if setup.is_scaled else None,
        **commits.each(done),
        **sizes(setup),
    }


def sizes(setup: Setup) -> dict[str, Any]:
    """What the database holds: bytes a picture, over all pictures of the run."""
    if not setup.is_scaled:
        found = stores.sqlite_bytes(setup.service.data)
        return {"database": found, "database_bytes": round(found["bytes"] / found["results"])}
    tables = stores.postgres_tables(setup.service.database_url)
    results = tables["results"]["rows"]
    return {
        "database": {name: one for name, one in tables.items() if one["rows"]},
        "database_rows": round(sum(one["rows"] for one in tables.values()) / results, 2),
        "database_bytes": round(sum(one["bytes"] for one in tables.values()) / results),
    }


def batch_cpu_ms(count: int = 600) -> float:
    """Processor ms a picture of the pool behind ``studio-detector batch``, without its start.

    Args:
        count: Pictures beyond a first hundred, which pays for the start.
    """
    from benchmarks.pictures import photographs  # noqa: PLC0415
    from benchmarks.service.rates import batch_rate, unlike  # noqa: PLC0415

    photos = [path.read_bytes() for path in photographs(200)]

    def used_s(pictures: Sequence[bytes]) -> float:
        before = os.times()
        batch_rate(pictures, 2)
        after = os.times()
        # Ended processes are counted once they have been waited for, which the pool does.
        return sum(after[:4]) - sum(before[:4])

    few, many = (list(islice(unlike(photos), n)) for n in (100, 100 + count))
    return round(1000 * (used_s(many) - used_s(few)) / count, 2)


class _Counters:
    """What PostgreSQL and Redis count, between its making and `each`."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._before = self._look()

    def each(self, pictures: int) -> dict[str, float]:
        """A picture's part of each; nothing for the embedded service."""
        after = self._look()
        return {
            f"{name}_each": round((after[name] - before) / pictures, 2)
            for name, before in self._before.items()
        }

    def _look(self) -> dict[str, int]:
        if not self._setup.is_scaled:
            return {}
        found = stores.look_at_postgres(self._setup.service.database_url)
        redis = stores.look_at_redis(self._setup.fleet.redis.url)
        return {**found, "redis_commands": redis["commands"]}


@contextlib.contextmanager
def _stopped(pids: Sequence[int]) -> Iterator[None]:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def _settled(meter: Meter) -> Sample:
    time.sleep(_SETTLE_S)
    return meter.look()


def _idle(meter: Meter) -> dict[str, float]:
    """Part of a core that each group uses while nothing is to be done."""
    before = meter.look()
    after = _settled(meter)
    seconds = after.at_s - before.at_s
    return {name: round(used / seconds, 4) for name, used in merged(between(before, after)).items()}


def _add(total: dict[str, float], first: Sample, last: Sample) -> None:
    for name, seconds in merged(between(first, last)).items():
        total[name] = total.get(name, 0.0) + seconds


def _each(total: dict[str, float], pictures: int) -> dict[str, float]:
    return {name: round(1000 * seconds / pictures, 3) for name, seconds in total.items()}


def _redis(setup: Setup) -> int:
    return stores.look_at_redis(setup.fleet.redis.url)["bytes"] if setup.is_scaled else 0


def say(mode: str, found: dict[str, Any]) -> None:
    """Tell in a line what was found."""
    print(
        f"{mode}: CPU ms a picture, accepting {found['accept_cpu_ms']}, "
        f"then {found['finish_cpu_ms']}; {found['database_bytes']} bytes in the database",
        file=sys.stderr,
        flush=True,
    )
