"""Shed load, then post broken pictures to a service and watch it; see docs/service/soak.md.

    python -m tools.soak [--only soak|shedding] [--count N] [--seed N] [--no-times] [--write]

Exits with 0 if nothing was wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from benchmarks import machine
from tools.soak import shedding, soak
from tools.soak.table import keep, kept

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_COUNT = 20_000
# Shedding goes first: the other gives its processor time away for good.
_RUNS: Mapping[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "shedding": shedding.run,
    "soak": soak.run,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; see the module."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", choices=list(_RUNS), help="one of the two alone")
    parser.add_argument("--count", type=int, default=_COUNT, help="changed pictures")
    parser.add_argument("--no-edge", action="store_true", help="leave out the edge corpus as it is")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=4, help="of shedding")
    parser.add_argument("--seconds", type=float, default=8.0, help="of a turn of shedding")
    parser.add_argument("--no-times", action="store_true", help="let all answers take their time")
    parser.add_argument("--write", action="store_true", help="keep what came of it, fill the page")
    given = parser.parse_args(arguments)
    is_good = True
    told = {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{machine.describe()['cores']} cores",
    }
    for name in [given.only] if given.only else list(_RUNS):
        outcome = _RUNS[name](given)
        print(json.dumps({name: outcome}, indent=2), flush=True)
        is_good &= not outcome["problems"]
        if given.write:
            keep(kept() | {name: outcome | told})
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
