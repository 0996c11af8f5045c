"""Try every target in turn; see docs/service/fuzzing.md.

    python -m tools.fuzz [--target NAME ...] [--minutes N] [--seed N] [--plain] [--write]

Exits with 0 if nothing was found. Inputs that reach new branches are kept in .cache/fuzz, so that
a later run goes on from there; an input that found something is put beside them.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.fuzz import catalogue
from tools.fuzz.one import FINDING
from tools.fuzz.table import keep, kept, merged

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROOT = Path(__file__).resolve().parents[2]
_CACHE = _ROOT / ".cache" / "fuzz"
# Beyond the time given: imports, and kept inputs that are all tried first.
_GRACE_S = 300
_EXECUTIONS = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
_MOST_SHOWN = 4000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; see the module."""
    given = _parser().parse_args(arguments)
    seconds = max(1, round(given.minutes * 60 / len(given.target)))
    rows = []
    for name in given.target:
        print(f"{name} for {seconds} s ...", file=sys.stderr, flush=True)
        row = _searched(name, seconds, given.seed, is_plain=given.plain)
        rows.append(row)
        said = f"{row['executions']:,} inputs in {row['seconds']} s, by {row['search']}"
        print(f"{name}: {said}, {row['findings']} findings", flush=True)
    if given.write:
        keep(merged(kept(), rows))
    return 1 if any(row["findings"] for row in rows) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    names = catalogue.names()
    parser.add_argument("--target", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--minutes", type=float, default=5.0, help="of all targets together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plain", action="store_true", help="hypothesis, even if atheris is there")
    parser.add_argument("--write", action="store_true", help="keep what came of it, fill the page")
    return parser


def _searched(name: str, seconds: int, seed: int, *, is_plain: bool) -> dict[str, Any]:
    corpus = _CACHE / name
    corpus.mkdir(parents=True, exist_ok=True)
    before = set(corpus.glob(f"{FINDING}*"))
    options = ["--seconds", str(seconds), "--corpus", str(corpus), "--seed", str(seed)]
    command = [sys.executable, "-m", "tools.fuzz.one", name, *options]
    begun = time.monotonic()
    # A process of its own for each: libFuzzer ends it, and codecs may.
    try:
        ended = subprocess.run(
            [*command, *(["--plain"] if is_plain else [])],
            cwd=_ROOT,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds + _GRACE_S,
            check=False,
        )
        is_finding, said = ended.returncode != 0, ended.stdout + ended.stderr
    except subprocess.TimeoutExpired:
        # One that hangs in C is a finding like any other; the targets behind it are still tried.
        is_finding, said = True, f"it did not end within {seconds + _GRACE_S} s"
    took_s = time.monotonic() - begun
    if is_finding:
        found = sorted(set(corpus.glob(f"{FINDING}*")) - before)
        print(f"{said[-_MOST_SHOWN:]}\n{name}: a finding in {[str(path) for path in found]}")
    executions = _EXECUTIONS.search(said)
    return {
        "target": name,
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "search": "atheris" if "libfuzzer" in said else "hypothesis",
        "seconds": round(took_s),
        "executions": int(executions[1]) if executions else 0,
        "findings": int(is_finding),
    }


if __name__ == "__main__":
    sys.exit(main())
