"""Load a service step by step, then for an hour with faults; see docs/service/load.md.

    python -m tools.load [--modes MODE ...] [--only PART ...] [--seconds S] [--write] [--render]

Exits with 0 if nothing was lost or doubled and the memory that is followed was flat.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from benchmarks import machine
from tools.faults.processes import Crew
from tools.faults.service import MODES
from tools.load import chaos, costs, steady, steps, stores
from tools.load.arrivals import ARRIVALS
from tools.load.derive import derived
from tools.load.prometheus import Prometheus
from tools.load.running import running
from tools.load.table import joined, keep, kept, parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tools.load.running import Setup

_PARTS = ("batch", "costs", "steps", "steady")
_MODES = ("embedded", "redis")
_SECONDS = 3600.0
_STEP_S = 25.0
_WORKERS = 2
_START_S = 25.0
_BATCH_S = 20.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; see the module."""
    given = _parser().parse_args(arguments)
    if given.render:
        keep(derived(kept()))
        return 0
    print(plan(given), file=sys.stderr, flush=True)
    if given.plan:
        return 0
    is_good = True
    if "batch" in given.only:
        _note(given, {"batch_cpu_ms": costs.batch_cpu_ms()})
    for mode in given.modes:
        found = _measured(mode, given)
        is_good &= not found.get("steady", {}).get("problems")
    return 0 if is_good else 1


def plan(given: argparse.Namespace) -> str:
    """What a run will do and how long it takes."""
    minutes = _BATCH_S / 60 * ("batch" in given.only)
    lines = []
    for mode in given.modes:
        took = {
            "costs": _START_S + costs.TAKES_S,
            "steps": _START_S + len(steps.PARTS) * (given.step_seconds + steps.OVERHEAD_S),
            "steady": _START_S + given.seconds,
        }
        own = {name: one / 60 for name, one in took.items() if name in given.only}
        minutes += sum(own.values())
        told = ", ".join(f"{name} {one:.0f} min" for name, one in own.items())
        lines.append(f"{mode}: {told or 'nothing'}")
    kept_ = "kept with --write" if given.write else "not kept: --write is missing"
    return "\n".join([*lines, f"together about {minutes:.0f} minutes; the figures are {kept_}"])


def _measured(mode: str, given: argparse.Namespace) -> dict[str, Any]:
    """Every part of one mode, each with a service of its own."""
    found: dict[str, Any] = {}
    measure = {"costs": _costs, "steps": _climbed, "steady": _held}
    for part in (name for name in measure if name in given.only):
        rate = _rate(mode, given, found) if part == "steady" else 0.0
        with Crew() as crew, running(crew, mode, given.workers) as setup:
            told = measure[part](setup, rate, given)
        found[part] = {**told, **_facts()}
        _note(given, {"modes": {mode: {part: found[part]}}})
    return found


def _costs(setup: Setup, _rate: float, _given: argparse.Namespace) -> dict[str, Any]:
    found = costs.measure(setup)
    costs.say(setup.mode, found)
    if not setup.is_scaled:
        return found
    return {**found, "commit_rates": stores.commit_rates(setup.fleet.postgres)}


def _climbed(setup: Setup, _rate: float, given: argparse.Namespace) -> dict[str, Any]:
    return steps.climb(setup, given.step_seconds, given.arrivals, given.seed)


def _held(setup: Setup, rate: float, given: argparse.Namespace) -> dict[str, Any]:
    watching = Prometheus(setup) if given.prometheus else None
    begun_s = datetime.now(UTC).timestamp()
    found = steady.hold(
        setup,
        rate,
        given.seconds,
        arrivals=given.arrivals,
        seed=given.seed,
        every_s=given.chaos_every,
    )
    if watching is not None:
        if given.write:
            watching.draw(begun_s, datetime.now(UTC).timestamp())
        watching.stop()
    return found


def _rate(mode: str, given: argparse.Namespace, found: dict[str, Any]) -> float:
    """The rate asked for, or a part of the saturation just measured, or of the one kept."""
    if given.rate:
        return float(given.rate)
    known = found if "steps" in found else kept().get("modes", {}).get(mode, {})
    if "steps" not in known:
        raise SystemExit(f"{mode}: nobody knows when it is full; give --rate, or run the steps")
    return steady.PART * float(known["steps"]["saturation_per_s"])


def _facts() -> dict[str, Any]:
    facts = machine.describe()
    return {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{facts['cores']} cores, {facts['processor']}",
        "cores": int(facts["cores"]),
        "commit": facts["commit"],
    }


def _note(given: argparse.Namespace, new: dict[str, Any]) -> None:
    """Keep what there is by now, or print it."""
    if given.write:
        keep(derived(joined(kept(), new)))
        return
    print(json.dumps(new, indent=1))
    print("\n".join(parts(derived(new)).values()), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--modes", nargs="+", choices=MODES, default=_MODES)
    parser.add_argument("--only", nargs="+", choices=_PARTS, default=_PARTS)
    parser.add_argument("--seconds", type=float, default=_SECONDS, help="of the steady run")
    parser.add_argument("--step-seconds", type=float, default=_STEP_S, help="of each step")
    parser.add_argument("--rate", type=float, help="of the steady run; else 70 %% of saturation")
    parser.add_argument("--chaos-every", type=float, default=chaos.EVERY_S, help="seconds")
    parser.add_argument("--arrivals", choices=list(ARRIVALS), default="poisson")
    parser.add_argument("--workers", type=int, default=_WORKERS, help="processes that analyse")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--prometheus", action="store_true", help="watch the steady run with it")
    parser.add_argument("--plan", action="store_true", help="only say how long it takes")
    parser.add_argument("--render", action="store_true", help="only reckon and fill in again")
    parser.add_argument("--write", action="store_true", help="keep the figures, fill the pages")
    return parser


if __name__ == "__main__":
    sys.exit(main())
