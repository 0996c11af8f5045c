"""An hour at a good part of what a service can take, with blows, and the count at its end."""

from __future__ import annotations

import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from tools.faults.audit import Accepted, audit
from tools.load import chaos, costs
from tools.load.answers import TAKEN, read_file
from tools.load.arrivals import ARRIVALS
from tools.load.curve import latencies_ms
from tools.load.flatness import FOLLOWED, flatness
from tools.load.meter import CHILDREN, MACHINE, merged, used_s

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tools.load.answers import Answer
    from tools.load.meter import Meter, Sample
    from tools.load.running import Setup

#: Part of saturation at which it runs.
PART = 0.7
#: How long a caller tries again to have a picture accepted.
_PATIENCE_S = 300.0
#: How long after its last picture the generator may still be there.
_POSTED_S = 2 * _PATIENCE_S
#: Leases last half a minute, and a job may lose several workers.
_DRAIN_S = 900.0
_POLL_S = 0.2
#: Of memory: the middle of so long a stretch is one sample of a minute.
_MINUTE_S = 60.0
#: From so long a run on, memory must be known.
_LONG_S = 900.0
_TRACEBACK = "Traceback (most recent call last)"


def hold(
    setup: Setup, rate_per_s: float, seconds: float, *, arrivals: str, seed: int, every_s: float
) -> dict[str, Any]:
    """Post at one rate, strike, wait for the end, count.

    Args:
        setup: The service; idle and empty.
        rate_per_s: Pictures a second.
        seconds: How long they come.
        arrivals: Name of how they come.
        seed: Of their chance.
        every_s: Pause between blows.

    Returns:
        What was accepted and what came of it, latency and memory by minute, and ``problems``,
        which is empty if all is as it must be.

    Raises:
        TimeoutError: What posts does not end.
        RuntimeError: Nothing was posted.
    """
    rate_per_s = round(rate_per_s, 2)
    due = len(ARRIVALS[arrivals](rate_per_s, seconds, seed))
    setup.database.watch()
    blows = chaos.schedule(seconds, is_scaled=setup.is_scaled, every_s=every_s)
    file = setup.crew.folder / f"steady-{setup.mode}.jsonl"
    with setup.meter() as meter:
        begun_s = time.time()
        posting = setup.generator(
            file,
            rate=rate_per_s,
            seconds=seconds,
            arrivals=arrivals,
            seed=seed,
            patience=_PATIENCE_S,
        )
        struck = _strike_all(setup, blows, begun_s)
        until_s = begun_s + seconds + _POSTED_S
        while posting.runs:
            if time.time() > until_s:
                raise TimeoutError(f"the generator does not end:\n{posting.said()[-2000:]}")
            time.sleep(_POLL_S)
        posted_s = time.time()
        drained_s = _drained(setup)
        missing = setup.missing()
        ended_s = time.time()
    answers = read_file(file) if file.exists() else []
    if not answers:
        raise RuntimeError(f"nothing was posted; it said:\n{posting.said()[-2000:]}")
    taken = [one for one in answers if one.status in TAKEN]
    promised = [Accepted(job_id=one.job_id, image_hash=one.image_hash) for one in taken]
    found = audit(promised, setup.database.truth())
    ends = setup.database.ended_at()
    memory = _memory(meter, begun_s, posted_s)
    said = setup.service.said(1 << 30)
    return {
        "rate_per_s": rate_per_s,
        "seconds": seconds,
        "due": due,
        "posted": len(answers),
        "accepted": len(taken),
        "refused_in_the_end": len(answers) - len(taken),
        "requests": sum(one.tries for one in answers),
        "done": found.done,
        "dead": found.dead,
        "results": found.results,
        "lost": found.lost,
        "doubled": found.stored_twice + found.ended_twice,
        "attempts": found.attempts,
        "worked_off_s": round(drained_s, 1),
        "blows": struck,
        "tracebacks": said.count(_TRACEBACK),
        "cpu_s": merged(used_s(meter.samples, begun_s, ended_s)),
        "minutes": _minutes(taken, ends, begun_s),
        "accepted_after": latencies_ms([one.latency_s for one in taken]),
        "result_after": latencies_ms(
            [ends[one.job_id] - one.due_s for one in taken if one.job_id in ends]
        ),
        "memory": memory,
        "audit": asdict(found) | {"problems": list(found.problems)},
        **costs.sizes(setup),
        "problems": [
            *found.problems,
            *missing,
            *problems_of_posting(answers, due),
            *problems_of_memory(memory, seconds),
        ],
    }


def _strike_all(setup: Setup, blows: Sequence[chaos.Blow], begun_s: float) -> dict[str, int]:
    """Strike at the times of the schedule; kind -> how often."""
    struck: dict[str, int] = {}
    for blow in blows:
        time.sleep(max(0.0, begun_s + blow.at_s - time.time()))
        chaos.say(blow)
        chaos.strike(setup, blow)
        struck[blow.kind] = struck.get(blow.kind, 0) + 1
    return struck


def _drained(setup: Setup) -> float:
    """Wait for the end of all jobs; a job that never ends is for the audit to find."""
    try:
        return setup.drain(_DRAIN_S)
    except (TimeoutError, SQLAlchemyError) as error:
        print(f"not worked off: {error}", file=sys.stderr)
        return _DRAIN_S


def _minutes(
    taken: Sequence[Answer], ends: Mapping[str, float], begun_s: float
) -> list[dict[str, Any]]:
    """Latency of the pictures that were due in each minute."""
    by_minute: dict[int, list[float]] = {}
    for one in taken:
        if one.job_id in ends:
            minute = int((one.due_s - begun_s) // _MINUTE_S)
            by_minute.setdefault(minute, []).append(ends[one.job_id] - one.due_s)
    return [
        {"minute": minute, "pictures": len(waits), **latencies_ms(waits)}
        for minute, waits in sorted(by_minute.items())
    ]


def _memory(meter: Meter, begun_s: float, ended_s: float) -> dict[str, Any]:
    """Memory by minute of what lives on, and whether it is flat."""
    samples = [one for one in meter.samples if begun_s <= one.at_s <= ended_s]
    names = sorted({name for one in samples for name in one.rss_mib} - {MACHINE, "generator"})
    told = {}
    for name in names:
        times, mib = _by_minute(samples, name, begun_s)
        told[name] = {"minutes": times, "mib": mib, **flatness(times, mib)}
    return told


def _by_minute(
    samples: Sequence[Sample], name: str, begun_s: float
) -> tuple[list[float], list[float]]:
    """The middle of each minute; of processes that analyse, of the largest.

    Others are killed, and their mean would hide one that grows.
    """
    values: dict[int, list[float]] = {}
    for one in samples:
        if name in one.rss_mib:
            sizes = one.largest_mib if name == CHILDREN else one.rss_mib
            minute = int((one.at_s - begun_s) // _MINUTE_S)
            values.setdefault(minute, []).append(sizes[name])
    middles = {minute: sorted(all_)[len(all_) // 2] for minute, all_ in values.items()}
    return list(map(float, middles)), [round(mib, 1) for mib in middles.values()]


def problems_of_posting(answers: Sequence[Answer], due: int) -> list[str]:
    """Pictures that were drawn and not told of, or never accepted.

    Args:
        answers: What the generator wrote down.
        due: How many pictures it was to post. What it did not come to, or forgot to write down,
            is in no other count.
    """
    problems = []
    if len(answers) != due:
        problems.append(f"{due} pictures were due, {len(answers)} are told of")
    refused = sum(one.status not in TAKEN for one in answers)
    if refused:
        problems.append(f"{refused} pictures were never accepted")
    return problems


def problems_of_memory(memory: Mapping[str, Any], seconds: float) -> list[str]:
    """Who grew of those that are followed, and of whom nobody knows after a long run.

    Args:
        memory: Name -> what `flatness` said.
        seconds: How long the run was.
    """
    problems = []
    for name in FOLLOWED:
        if name not in memory:
            continue
        if memory[name]["is_flat"] is False:
            grown, allowed = memory[name]["growth_mib"], memory[name]["allowed_mib"]
            problems.append(f"{name} grew by {grown} MiB, {allowed} are allowed")
        if memory[name]["is_flat"] is None and seconds >= _LONG_S:
            problems.append(f"nobody knows whether {name} grew")
    return problems
