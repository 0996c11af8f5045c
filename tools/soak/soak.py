"""One run: a service of its own, all pictures posted, everything watched."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import os
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from tools.faults import guardian
from tools.faults.processes import Crew
from tools.faults.service import Service
from tools.soak import pictures, probe
from tools.soak.canary import Canary
from tools.soak.pictures import Posted
from tools.soak.poster import Poster
from tools.soak.watch import Watch

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path

#: Beyond it, `/livez` was too slow.
LIVEZ_MS = 100.0
_WORKERS = 2
_NICE = 5
_CONNECTIONS = 6
_PHOTO_TIMEOUT_S = 10.0
_MIB = 1024 * 1024
_MOST_UPLOAD_BYTES = 16 * _MIB
_CHILD_BYTES = 1024 * _MIB
# What a child may hold beyond the address space allowed to it: what it has from its start on.
_CHILD_START_MIB = 512
# What the process that serves may hold, and grow by while nothing new is kept.
_SERVING_MIB = 1024
_GROWTH_MIB = 64
_GROWTH_RATIO = 1.25
_MOST_PROBLEMS = 20
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of Linux


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Post and watch.

    Args:
        arguments: ``count`` of changed pictures, beside the lures and, unless ``no_edge``, the
            edge corpus; ``seed`` of the changes; ``no_times`` lets `/livez` take its time.

    Returns:
        What was measured; ``problems`` is empty if all is as it must be.
    """
    with Crew() as crew, _adopting_orphans(), Canary(crew.folder / "canary") as canary:
        service = Service(crew, "soak", urls={}, settings=_settings(), variables=_variables(crew))
        service.start_api(0, "--workers", str(_WORKERS))
        api = service.apis[0]
        # From here on: who posts is to take no time from who answers.
        os.nice(_NICE)
        own = {os.getpid(), *guardian.descendants({os.getpid()})} - {api.pid, *api.below()}
        kept = _files(service.folder)
        told: dict[str, Any] = {}
        begun = time.monotonic()
        with (
            Watch(api.pid, lambda: guardian.descendants({os.getpid()}) - own) as watch,
            _probed(service.addresses[0], crew.folder / "probe.json", own) as livez,
        ):
            poster = asyncio.run(_posted(service.addresses[0], canary, arguments, told))
        seconds = time.monotonic() - begun
        problems = [*poster.problems, *told.pop("problems"), *canary.problems(), *watch.problems()]
        problems += _memory_problems(watch.facts())
        problems += _livez_problems(livez, None if arguments.no_times else LIVEZ_MS)
        problems += service.stop()
        left = _files(service.folder) - kept
        if left:
            problems.append(f"files lie where none should: {sorted(left)[:5]}")
        if "Traceback" in service.said(1 << 24):
            problems.append("the service logged a traceback")
    return {
        "pictures": sum(poster.kinds.values()),
        "changed": arguments.count,
        "seed": arguments.seed,
        "seconds": round(seconds),
        "kinds": dict(poster.kinds),
        "statuses": dict(sorted(poster.statuses.items())),
        "ends": dict(sorted(poster.ends.items())),
        "failures": poster.failures,
        "told to come again": dict(sorted(poster.again.items())),
        "drawn": poster.looked_at,
        "memory": watch.facts(),
        "livez": _livez_facts(livez),
        **told,
        "problems": [
            what if times == 1 else f"{what} ({times} times)"
            for what, times in Counter(problems).most_common(_MOST_PROBLEMS)
        ],
    }


async def _posted(
    address: str, canary: Canary, arguments: argparse.Namespace, told: dict[str, Any]
) -> Poster:
    """Post everything; what the service said of a good picture before and after."""
    known = pictures.known_picture()
    async with Poster(address, canary.word) as poster:
        # Bytes behind the end of a JPEG change its hash and not its pixels.
        before = await poster.verdict(known + b"before")
        await poster.post_all(_all(canary, arguments), _CONNECTIONS)
        after = await poster.verdict(known + b"after")
        problems = [] if before == after and before[0] == 200 else [f"{before} became {after}"]
        unfinished = await poster.unfinished()
        if unfinished:
            problems.append(f"{unfinished} jobs are not over")
        posted, ended = sum(poster.kinds.values()), sum(poster.ends.values())
        if posted != ended:
            problems.append(f"{posted} pictures were posted and {ended} came to an end")
        told.update({"unfinished": unfinished, "lost": posted - ended, "problems": problems})
    return poster


def _all(canary: Canary, arguments: argparse.Namespace) -> Iterator[Posted]:
    for data in canary.lures():
        yield Posted(kind="lures", data=data)
    if not arguments.no_edge:
        yield from pictures.whole(_MOST_UPLOAD_BYTES)
    yield from pictures.changed(arguments.count, arguments.seed)


def _settings() -> dict[str, object]:
    return {
        "photo_timeout_s": _PHOTO_TIMEOUT_S,
        "photo_memory_bytes": _CHILD_BYTES,
        "max_upload_bytes": _MOST_UPLOAD_BYTES,
        # Long enough for what is drawn of some.
        "keep_pictures_s": 60,
        # Nobody is asked for a key on this machine alone, and nobody is to be turned away here:
        # `shedding` asks what happens to those who ask too often.
        "rate_address": "none",
        "rate_global": "none",
    }


def _variables(crew: Crew) -> dict[str, str]:
    temporary = crew.folder / "temporary"
    temporary.mkdir()
    return {"TMPDIR": str(temporary)}


def _files(folder: Path) -> set[str]:
    """Files around a service: all but its data, and of these the uploads that lie aside."""
    outside = [path for path in folder.rglob("*") if "data" not in path.relative_to(folder).parts]
    aside = [*(folder / "data" / "scratch").rglob("*"), *(folder.parent / "temporary").rglob("*")]
    return {str(path) for path in (*outside, *aside) if path.is_file()}


@contextlib.contextmanager
def _adopting_orphans() -> Iterator[None]:
    """Whoever leaves its parent below becomes a child of this process, and is seen."""
    prctl = ctypes.CDLL(None).prctl
    prctl(_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        prctl(_SUBREAPER, 0, 0, 0, 0)


@contextlib.contextmanager
def _probed(address: str, file: Path, own: set[int]) -> Iterator[dict[str, Any]]:
    """Ask `/livez` all the while; what came of it is there at the end."""
    port = address.rpartition(":")[2]
    asking = subprocess.Popen(
        [sys.executable, probe.__file__, port, str(file)], stdin=subprocess.PIPE
    )
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, asking.pid, 0)
    own.add(asking.pid)
    found: dict[str, Any] = {}
    try:
        yield found
    finally:
        if asking.stdin is not None:
            asking.stdin.close()
        asking.wait(60)
    found.update(json.loads(file.read_text(encoding="utf-8")))


def _livez_facts(livez: dict[str, Any]) -> dict[str, Any]:
    took = livez["took_ms"]
    return {
        "asked": len(took),
        "failed": len(livez["wrong"]),
        **_spread(took),
        "over_100_ms": sum(one > LIVEZ_MS for one in took),
        "asker_woken_late": _spread(livez["late_ms"]),
    }


def _spread(times_ms: list[float]) -> dict[str, float]:
    ordered = sorted(times_ms)
    return {
        "p50_ms": round(ordered[len(ordered) // 2], 1),
        "p99_ms": round(ordered[int(0.99 * (len(ordered) - 1))], 1),
        "most_ms": round(ordered[-1], 1),
    }


def _livez_problems(livez: dict[str, Any], most_ms: float | None) -> list[str]:
    problems = [f"/livez answered {answer}" for answer in livez["wrong"]]
    if most_ms is not None and max(livez["took_ms"]) > most_ms:
        problems.append(f"/livez took {max(livez['took_ms']):.0f} ms, {most_ms:g} are allowed")
    return problems


def _memory_problems(facts: dict[str, Any]) -> list[str]:
    problems = []
    if facts["child_most_mib"] > _CHILD_BYTES // _MIB + _CHILD_START_MIB:
        problems.append(f"a child held {facts['child_most_mib']} MiB")
    if facts["serving_most_mib"] > _SERVING_MIB:
        problems.append(f"the process that serves held {facts['serving_most_mib']} MiB")
    early, late = facts["serving_early_mib"], facts["serving_late_mib"]
    if late > _GROWTH_RATIO * early + _GROWTH_MIB:
        problems.append(f"the process that serves grew from {early} to {late} MiB")
    return problems
