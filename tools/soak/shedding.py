"""One key asks ten times as often as it may; another one must hardly notice.

    python -m tools.soak.shedding [--rounds N] [--seconds S] [--no-times]

The loud key posts as often as it may for some seconds, then ten times as often, and so on in
turn, so that a machine that is busy otherwise is so in both. Meanwhile the quiet key, of another
tenant, posts pictures and waits for their results. Exits with 0 if nothing was wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from benchmarks.service.http import Connection
from studio_detector.service.access.api_keys import ApiKeys
from studio_detector.service.access.roles import Role
from studio_detector.service.secret import open_secret
from studio_detector.service.settings import ServiceSettings
from studio_detector.service.store import open_store
from tools.faults import pictures
from tools.faults.processes import Crew
from tools.faults.service import Service

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: Requests a second that each key may make, and how many times that the loud one makes.
ALLOWED_PER_S = 10
TIMES = 10
#: How many times as long the quiet key may wait meanwhile.
MOST_RATIO = 2.0
_LOUD_CONNECTIONS = 16
_QUIET_EVERY_S = 0.5
_ANALYSE = "/api/v1/analyse"
_KIND = "Content-Type: image/jpeg\r\n"
# A window slides by the second, so that what was asked for before it does not matter long.
_SETTLING_S = 2.0


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Flood and measure.

    Args:
        arguments: ``rounds`` of two turns each, ``seconds`` of a turn, ``no_times``.

    Returns:
        What was measured; ``problems`` is empty if all is as it must be.
    """
    with Crew() as crew:
        service = Service(crew, "shedding", urls={}, settings=_settings())
        service.start_api(0, "--auth", "keys")
        keys = _keys(service.data)
        turns = asyncio.run(_turns(service.addresses[0], keys, arguments.rounds, arguments.seconds))
        problems = service.stop()
        if "Traceback" in service.said(1 << 24):
            problems.append("a traceback stands in the log")
    return _facts(turns, arguments, problems)


def _settings() -> dict[str, object]:
    return {"rate_key": f"{ALLOWED_PER_S}/second", "workers": 2}


def _keys(data_dir: Path) -> dict[str, str]:
    settings = ServiceSettings()
    store = open_store(f"sqlite:///{data_dir / 'studio.db'}")
    try:
        made = ApiKeys(store, open_secret(settings, data_dir))
        return {
            tenant: made.create(tenant=tenant, role=Role.ANALYST).secret
            for tenant in ("loud", "quiet")
        }
    finally:
        store.close()


async def _turns(
    address: str, keys: dict[str, str], rounds: int, seconds: float
) -> dict[str, list[tuple[Counter[int], list[float]]]]:
    """For each kind of turn, what the loud key was answered and how long the quiet one waited."""
    turns: dict[str, list[tuple[Counter[int], list[float]]]] = {"allowed": [], "flood": []}
    await _quiet(address, keys["quiet"], 2 * seconds)  # until everything is warm
    for _ in range(rounds):
        for kind, times in (("allowed", 1), ("flood", TIMES)):
            await asyncio.sleep(_SETTLING_S)
            turns[kind].append(
                await asyncio.gather(  # type: ignore[arg-type]
                    _loud(address, keys["loud"], times * ALLOWED_PER_S, seconds),
                    _quiet(address, keys["quiet"], seconds),
                )
            )
    return turns


async def _loud(address: str, key: str, per_s: int, seconds: float) -> Counter[int]:
    """Post one and the same picture so many times a second, answered or not."""
    statuses: Counter[int] = Counter()
    body = pictures.good(1, 1)[0].data
    count = round(per_s * seconds)
    numbers = iter(range(count))
    begun = time.monotonic()

    async def post() -> None:
        async with Connection(address) as connection:
            for number in numbers:
                await asyncio.sleep(begun + number / per_s - time.monotonic())
                status, _ = await connection.request("POST", _ANALYSE, body, _KIND + _bearer(key))
                statuses[status] += 1

    await asyncio.gather(*(post() for _ in range(_LOUD_CONNECTIONS)))
    return statuses


async def _quiet(address: str, key: str, seconds: float) -> list[float]:
    """Post pictures that nobody has posted, and wait for each; how long that took, in ms."""
    took_ms: list[float] = []
    made = pictures.good(
        max(1, round(seconds / _QUIET_EVERY_S)), secrets.randbits(30), copies_every=0
    )
    begun = time.monotonic()
    async with Connection(address) as connection:
        for number, picture in enumerate(made):
            await asyncio.sleep(begun + number * _QUIET_EVERY_S - time.monotonic())
            asked = time.monotonic()
            status, said = await connection.request(
                "POST", f"{_ANALYSE}?wait=20", picture.data, _KIND + _bearer(key)
            )
            if status != 200:
                raise RuntimeError(f"the quiet key was answered {status}: {said}")
            took_ms.append(1000 * (time.monotonic() - asked))
    return took_ms


def _facts(
    turns: dict[str, list[tuple[Counter[int], list[float]]]],
    arguments: argparse.Namespace,
    problems: list[str],
) -> dict[str, Any]:
    facts: dict[str, Any] = {"rounds": arguments.rounds, "seconds_of_a_turn": arguments.seconds}
    for kind, found in turns.items():
        statuses: Counter[int] = sum((of_loud for of_loud, _ in found), Counter())
        took_ms = sorted(one for _, of_quiet in found for one in of_quiet)
        facts[kind] = {
            "loud": dict(sorted(statuses.items())),
            "quiet": {
                "posted": len(took_ms),
                "p50_ms": round(took_ms[len(took_ms) // 2], 1),
                "p95_ms": round(took_ms[int(0.95 * (len(took_ms) - 1))], 1),
            },
        }
        unexpected = statuses.keys() - {200, 202, 429}
        if unexpected:
            problems.append(f"{kind}: the loud key was answered {sorted(unexpected)}")
    flood = facts["flood"]["loud"]
    passed = sum(count for status, count in flood.items() if status != 429)
    # What is allowed in a turn, and in the window that was open when it began.
    most = ALLOWED_PER_S * (arguments.seconds + 1) * arguments.rounds
    facts["shed"] = round(flood.get(429, 0) / sum(flood.values()), 3)
    if passed > most:
        problems.append(f"{passed} requests of the flood passed, {most:g} are allowed")
    ratio = facts["flood"]["quiet"]["p50_ms"] / facts["allowed"]["quiet"]["p50_ms"]
    facts["ratio"] = round(ratio, 2)
    if ratio > MOST_RATIO and not arguments.no_times:
        problems.append(f"the quiet key waited {ratio:.2f} times as long, {MOST_RATIO:g} may be")
    return facts | {"problems": problems}


def _bearer(key: str) -> str:
    return f"Authorization: Bearer {key}\r\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; see the module."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=8.0, help="of a turn")
    parser.add_argument("--no-times", action="store_true", help="let the quiet key wait")
    outcome = run(parser.parse_args(arguments))
    print(json.dumps(outcome, indent=2), flush=True)
    return 1 if outcome["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())
