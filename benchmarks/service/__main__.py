"""Measure the service and print the tables; see docs/service/performance.md.

    python -m benchmarks.service [--quick N] [--modes embedded redis rabbitmq] [--write]

Pictures are photographs of the test split (STUDIO_PHOTOS), or samples without it. Every picture
has bytes of its own, so that nothing is answered from the cache. ``batch`` and the service are
measured in turn, so that both meet the same machine; figures are medians of the rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks import machine
from benchmarks.pictures import COUNT, make_pictures, photographs, read_pictures
from benchmarks.service import rates
from benchmarks.service.running import BROKERS, running
from benchmarks.service.tables import fill_page, tables
from benchmarks.sizes import TWELVE_MP, TWO_MP

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROOT = Path(__file__).resolve().parents[2]
RESULTS = _ROOT / "benchmarks" / "service" / "results.json"
PAGE = _ROOT / "docs" / "service" / "performance.md"
_PHOTOGRAPHS = 200
_ROUNDS = 5
# Of pictures larger than the photographs at hand, in a round: enough for some seconds each.
_IN_ROUND = {TWO_MP: 300, TWELVE_MP: 120}
_WAYS = ("single", "archive", "archives")
_WORKERS = 2
_CONNECTIONS = 16
_LATENCY_REQUESTS = 200
_STEADY_EVERY_S = 0.1
# More than are to wait, since some are done while they are posted.
_BACKLOG = 6_500
_HIGH_EVERY_S = 0.25
_HIGH_REQUESTS = 100
_OPTIONS = ("--workers", str(_WORKERS), "--set", "service.max_backlog=100000")


def measure(quick: int, modes: Sequence[str]) -> dict[str, Any]:
    """Everything, as plain data.

    Args:
        quick: Divides what is done; 1 for figures worth keeping.
        modes: Keys of `BROKERS`.
    """
    photos = [path.read_bytes() for path in photographs(_PHOTOGRAPHS)]
    return {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine.describe(),
        "photographs": len(photos),
        "median_bytes": int(median(map(len, photos))),
        "modes": {mode: _mode(mode, photos, quick) for mode in modes},
        "sizes": _sizes(photos, quick) if "embedded" in modes else {},
    }


def _mode(mode: str, photos: Sequence[bytes], quick: int) -> dict[str, Any]:
    _say(f"{mode}: throughput")
    return {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        **_throughput(mode, photos, 400, quick),
        **_latencies(mode, photos, quick),
    }


def _sizes(photos: Sequence[bytes], quick: int) -> dict[str, Any]:
    """Throughput of the embedded service by the size of the pictures."""
    found = {}
    _say("embedded: throughput with the command beside it")
    found["photographs"] = _throughput("embedded", photos, 1_000, quick, has_command=True)
    for size, in_round in _IN_ROUND.items():
        _say(f"embedded: throughput at {size.name}")
        with tempfile.TemporaryDirectory(prefix="studio-bench-") as name:
            make_pictures(Path(name), [size], COUNT)
            pictures = [picture.data for picture in read_pictures(Path(name), size)]
        found[size.name] = _throughput("embedded", pictures, in_round, quick, has_command=True)
    return found


def _throughput(
    mode: str,
    photos: Sequence[bytes],
    in_round: int,
    quick: int,
    *,
    has_command: bool = False,
) -> dict[str, Any]:
    rounds = max(1, _ROUNDS // quick)
    in_round = max(20, in_round // quick)
    fresh = rates.unlike(photos)

    def some(count: int) -> list[bytes]:
        return [next(fresh) for _ in range(count)]

    found: dict[str, list[float]] = {"batch": [], **{way: [] for way in _WAYS}}
    if has_command:
        found["command"] = []
    with running(mode, *_OPTIONS) as address:
        asyncio.run(rates.single_rate(address, some(in_round), _CONNECTIONS))  # warms up
        for _ in range(rounds):
            found["batch"].append(rates.batch_rate(some(in_round), _WORKERS))
            if has_command:
                found["command"].append(rates.command_rate(some(in_round), _WORKERS))
            found["single"].append(
                asyncio.run(rates.single_rate(address, some(in_round), _CONNECTIONS))
            )
            found["archive"].append(asyncio.run(rates.archive_rate(address, some(in_round))))
            found["archives"].append(asyncio.run(rates.archives_rate(address, some(in_round))))
    return {
        "median_bytes": int(median(map(len, photos))),
        **{f"{name}_per_s": round(median(rate), 1) for name, rate in found.items()},
        **{
            f"{name}_over_{base}": round(_ratio(found[name], found[base]), 3)
            for base in ("batch", "command")
            if base in found
            for name in _WAYS
        },
    }


def _ratio(rates_: Sequence[float], bases: Sequence[float]) -> float:
    """The median of the ratios of the rounds."""
    return median(rate / base for rate, base in zip(rates_, bases, strict=True))


def _latencies(mode: str, photos: Sequence[bytes], quick: int) -> dict[str, Any]:
    requests, high, backlog = (
        max(20, count // quick) for count in (_LATENCY_REQUESTS, _HIGH_REQUESTS, _BACKLOG)
    )
    pictures = rates.unlike(photos)

    def some(count: int) -> list[bytes]:
        return [next(pictures) for _ in range(count)]

    with running(mode, *_OPTIONS) as address:
        asyncio.run(rates.latency(address, some(20), every_s=_STEADY_EVERY_S))  # warms up
        _say(f"{mode}: latency")
        steady = asyncio.run(rates.latency(address, some(requests), every_s=_STEADY_EVERY_S))
        idle = asyncio.run(
            rates.latency(address, some(high), every_s=_HIGH_EVERY_S, priority="high")
        )
        _say(f"{mode}: {backlog} standard jobs wait")
        asyncio.run(rates.fill(address, some(backlog)))
        waiting = asyncio.run(rates.waiting(address))
        crowded = asyncio.run(
            rates.latency(address, some(high), every_s=_HIGH_EVERY_S, priority="high")
        )
        left = asyncio.run(rates.waiting(address))
    return {
        "steady": asdict(steady),
        "high_idle": asdict(idle),
        "high_crowded": asdict(crowded),
        "waiting_before": waiting,
        "waiting_after": left,
        "high_p95_ratio": round(crowded.p95_ms / idle.p95_ms, 2),
    }


def _say(what: str) -> None:
    print(f"measuring: {what}", file=sys.stderr, flush=True)


def main() -> int:
    """Run; see the module."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", type=int, default=1)
    parser.add_argument("--modes", nargs="+", choices=list(BROKERS), default=list(BROKERS))
    parser.add_argument("--write", action="store_true", help="keep the figures")
    parser.add_argument("--render", action="store_true", help="only fill the page again")
    given = parser.parse_args()
    if given.render:
        fill_page(PAGE, json.loads(RESULTS.read_text(encoding="utf-8")))
        return 0
    results = measure(given.quick, given.modes)
    print("\n".join(tables(results).values()))
    if given.write:
        if RESULTS.exists():
            # Modes can be measured one by one; each says when.
            before = json.loads(RESULTS.read_text(encoding="utf-8"))
            known = before["modes"] | results["modes"]
            results["modes"] = {mode: known[mode] for mode in BROKERS if mode in known}
            results["sizes"] = results["sizes"] or before.get("sizes", {})
        RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
        fill_page(PAGE, results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
