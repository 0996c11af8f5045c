"""Kill, stop and flood services, and count jobs in and results out; see docs/service/faults.md.

    python -m tools.faults [--scenario NAME ...] [--mode MODE ...] [--jobs N] [--write]

Exits with 0 if every accepted job ended exactly once as it must, in every run.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from benchmarks import machine
from tools.faults.fleet import Fleet
from tools.faults.play import Outcome, SkippedError, play
from tools.faults.processes import Crew
from tools.faults.service import MODES
from tools.faults.table import SCENARIOS, keep, kept, merged

if TYPE_CHECKING:
    from collections.abc import Sequence

_JOBS = 2_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; see the module."""
    given = _parser().parse_args(arguments)
    told = {"measured": datetime.now(UTC).isoformat(timespec="seconds"), "machine": _machine()}
    is_good = True
    with Crew() as crew:
        fleet = Fleet(crew)
        for name in given.scenario:
            scenario = SCENARIOS[name]
            for mode in given.mode:
                if mode not in scenario.modes:
                    continue
                print(f"{name} {mode} ...", file=sys.stderr, flush=True)
                try:
                    outcome = play(scenario, fleet, mode, given.jobs, seed=given.seed)
                except SkippedError as reason:
                    print(f"{name} {mode}: not played: {reason}", flush=True)
                    continue
                print(_line(outcome), flush=True)
                is_good &= outcome.is_good
                if given.write:
                    keep(merged(kept(), [outcome], told))
    return 0 if is_good else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    names = list(SCENARIOS)
    parser.add_argument("--scenario", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--mode", nargs="+", choices=MODES, default=MODES)
    parser.add_argument("--jobs", type=int, default=_JOBS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="keep what came of it, fill the page")
    return parser


def _line(outcome: Outcome) -> str:
    numbers = {
        key: getattr(outcome, key)
        for key in (
            "jobs_in",
            "done",
            "dead",
            "results",
            "stored_twice",
            "lost",
            "attempts",
            "tracebacks",
            "seconds",
        )
    }
    verdict = "good" if outcome.is_good else f"BAD: {'; '.join(outcome.problems)}"
    told = f"{outcome.scenario} {outcome.mode}: {json.dumps(numbers)} {outcome.remark}"
    return f"{told}\n    {verdict}"


def _machine() -> str:
    facts = machine.describe()
    return f"{facts['cores']} cores" if "cores" in facts else str(facts)


if __name__ == "__main__":
    sys.exit(main())
