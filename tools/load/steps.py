"""Rates from a tenth of what a service seems to take to more than it can."""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from itertools import islice
from typing import TYPE_CHECKING, Any

from tools.load import exposition
from tools.load.answers import read_file
from tools.load.arrivals import ARRIVALS
from tools.load.curve import is_full, saturation, step
from tools.load.meter import merged, pss_mib, used_s

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tools.load.meter import Meter
    from tools.load.running import Setup

#: Parts of what the service seems to take.
PARTS = (0.1, 0.25, 0.4, 0.55, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3)
#: Further parts, if it takes all of these.
_MORE_PARTS = (1.5, 1.75, 2.0, 2.5, 3.0)
#: How long a request waits for its result; longer than a step's backlog lasts.
_WAIT_S = 40.0
_WARM_UP = 400
_CONNECTIONS = 16
_GENERATOR_S = 30.0
#: A step takes its time and: the generator's start and end, and working off what is left.
OVERHEAD_S = 8.0


def climb(setup: Setup, seconds: float, arrivals: str, seed: int) -> dict[str, Any]:
    """Estimate what a service takes, then measure it at every part of that.

    Args:
        setup: The service; idle.
        seconds: Of each step.
        arrivals: Name of how pictures come.
        seed: Of the first step; each has another.

    Returns:
        ``estimate_per_s``, ``steps``, and what `curve.saturation` says of them.
    """
    estimate = warm_up(setup)
    found: list[dict[str, Any]] = []
    with setup.meter() as meter:
        for number, part in enumerate((*PARTS, *_MORE_PARTS)):
            if number >= len(PARTS) and any(map(is_full, found)):
                break
            # As it is kept, so that the same arrivals can be drawn again from what is kept.
            rate = round(part * estimate, 2)
            found.append(_step(setup, meter, rate, seconds, arrivals=arrivals, seed=seed + number))
            _say(setup.mode, found[-1])
        memory = _memory_mib(setup)
    return {
        "estimate_per_s": round(estimate, 2),
        "arrivals": arrivals,
        "workers": setup.workers,
        "steps": found,
        "memory_mib": memory,
        **saturation(found),
    }


def warm_up(setup: Setup, count: int = _WARM_UP) -> float:
    """Pictures a second with as many requests open as one machine may like."""
    from benchmarks.pictures import photographs  # noqa: PLC0415 - takes its time
    from benchmarks.service.rates import single_rate, unlike  # noqa: PLC0415

    photos = [path.read_bytes() for path in photographs(200)]
    marked = [data + b"warm-up" for data in photos]
    pictures = list(islice(unlike(marked), count + count // 4))
    asyncio.run(single_rate(setup.address, pictures[: count // 4], _CONNECTIONS))
    return asyncio.run(single_rate(setup.address, pictures[count // 4 :], _CONNECTIONS))


def _step(
    setup: Setup, meter: Meter, rate: float, seconds: float, *, arrivals: str, seed: int
) -> dict[str, Any]:
    file = setup.crew.folder / f"step-{setup.mode}-{seed}.jsonl"
    before = setup.metrics()
    posting = setup.generator(
        file, rate=rate, seconds=seconds, arrivals=arrivals, seed=seed, wait=_WAIT_S
    )
    until = time.monotonic() + seconds + _WAIT_S + _GENERATOR_S
    while posting.runs:
        if time.monotonic() > until:
            raise TimeoutError(f"the generator does not end; it said:\n{posting.said()[-2000:]}")
        time.sleep(0.05)
    answers = read_file(file) if file.exists() else []
    due = len(ARRIVALS[arrivals](rate, seconds, seed))
    if not answers or len(answers) != due:
        raise RuntimeError(
            f"{due} pictures were due, {len(answers)} are told of; the generator said:\n"
            f"{posting.said()[-2000:]}"
        )
    setup.drain()
    meter.look()
    waited = exposition.histogram(before, setup.metrics(), "studio_queue_wait_seconds")
    begun = answers[0].due_s
    results = [one for one in answers if one.is_result]
    # Until the last result: what was begun is paid for by those who began it.
    ended = max((one.answered_s for one in answers), default=begun)
    cpu_s = merged(used_s(meter.samples, begun, ended))
    return {
        **step(answers, rate, seconds),
        "seed": seed,
        "lasted_s": round(ended - begun, 2),
        "cpu_s": cpu_s,
        "rss_mib": {name: round(mib) for name, mib in merged(_peak(meter, begun, ended)).items()},
        "queue_wait": waited,
        "analysis_ms": _spread([one.analysis_ms for one in results if one.analysis_ms is not None]),
        "answer_bytes": _mean([one.answer_bytes for one in results]),
    }


def _peak(meter: Meter, begun: float, ended: float) -> dict[str, float]:
    samples = [one.rss_mib for one in meter.samples if begun <= one.at_s <= ended]
    names = set(itertools.chain.from_iterable(samples))
    return {name: max(one.get(name, 0.0) for one in samples) for name in names}


def _spread(times_ms: Sequence[float]) -> list[float]:
    """Twenty of the times that stand for all: the middle of each twentieth."""
    ordered = sorted(times_ms)
    if not ordered:
        return []
    return [round(ordered[int((n + 0.5) / 20 * len(ordered))], 2) for n in range(20)]


def _mean(sizes: Sequence[int]) -> int:
    return round(sum(sizes) / len(sizes)) if sizes else 0


def _memory_mib(setup: Setup) -> dict[str, Any]:
    """Of one process of each kind, pages that are shared counted in parts."""
    kinds = {
        "api": [one.pid for one in setup.service.apis],
        "worker": [one.pid for one in setup.service.workers if one.runs],
        "child": setup.children(),
    }
    sizes = {name: [pss_mib(pid) for pid in pids] for name, pids in kinds.items()}
    known = {name: [one for one in all_ if one is not None] for name, all_ in sizes.items()}
    return {name: round(max(all_), 1) for name, all_ in known.items() if all_}


def _say(mode: str, found: dict[str, Any]) -> None:
    print(
        f"{mode}: {found['rate_per_s']:6.1f} a second: {found['answered']} of "
        f"{found['offered']} answered, p50 {found['p50_ms']} ms, p95 {found['p95_ms']} ms"
        f"{', full' if is_full(found) else ''}",
        file=sys.stderr,
        flush=True,
    )
