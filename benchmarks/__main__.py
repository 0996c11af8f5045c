"""Measure everything, print the tables, hold the ratios against the budget.

Exit status 1 when a ratio is beyond its bound. Nothing heavy is imported before all is measured,
because Linux lets a child inherit the highest memory of the process it was forked from.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import budget, machine
from benchmarks.processes import measure_processes, run
from benchmarks.results import Rate, Results, Shelf, Times, read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ROOT = Path(__file__).resolve().parents[1]
RESULTS = _ROOT / "benchmarks" / "results.json"
BUDGET = _ROOT / "benchmarks" / "budget.toml"
PAGE = _ROOT / "docs" / "performance.md"
PLOT = _ROOT / "docs" / "images" / "benchmarks.svg"
_SCRATCH = _ROOT / ".cache" / "bench"
# Read when the libraries are loaded, so set before any process that loads them.
_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)


def measure(quick: int) -> Results:
    """Measure everything.

    Args:
        quick: Divides the rounds; 1 for figures worth keeping.
    """
    environment = os.environ | _ONE_THREAD
    described = machine.describe()
    with tempfile.TemporaryDirectory(prefix="studio-bench-") as name:
        folder = Path(name)

        def part(what: str) -> Any:  # noqa: ANN401 - plain data of that part
            print(f"measuring: {what}", file=sys.stderr, flush=True)
            return _part(what, folder, quick, environment)

        part("pictures")
        processes = measure_processes(folder / "vga" / "00.jpg", environment)
        peak_mib = part("memory")
        found, scaling, rates = part("times"), part("scaling"), part("rates")
    return Results(
        measured=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=described,
        shelves=tuple(Shelf(**one) for one in found["shelves"]),
        times=tuple(Times(**one) for one in found["times"]),
        scaling=tuple(Times(**one) for one in scaling),
        photographs=found["photographs"],
        detail_share=found["detail_share"],
        processes=tuple(processes),
        peak_mib=peak_mib,
        rates=tuple(Rate(**one) for one in rates),
        skipped=found["skipped"],
    )


def write_pages(results: Results) -> None:
    """Write the plot and the generated parts of docs/performance.md."""
    from benchmarks.plot import write_plot
    from benchmarks.tables import fill_page

    write_plot(PLOT, results)
    fill_page(PAGE, results)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; see the module."""
    chosen = _arguments(arguments)
    if chosen.render:
        write_pages(read(RESULTS))
        return 0
    bounds = budget.read_budget(BUDGET)
    results = measure(chosen.quick)
    scratch = _SCRATCH / "results.json"
    scratch.parent.mkdir(parents=True, exist_ok=True)
    scratch.write_text(results.to_json(), encoding="utf-8")
    if chosen.write:
        RESULTS.write_text(results.to_json(), encoding="utf-8")
        # From the file, so that rendering it again gives the same.
        write_pages(read(RESULTS))
    return _print(results, budget.check(bounds, results))


def _part(what: str, folder: Path, quick: int, environment: Mapping[str, str]) -> Any:  # noqa: ANN401
    command = [sys.executable, "-m", "benchmarks.inside", what, str(folder), f"--quick={quick}"]
    return json.loads(run(command, environment).output)


def _print(results: Results, checks: Sequence[budget.Check]) -> int:
    from benchmarks import tables

    for title, text in (
        ("Machine", tables.machine_text(results)),
        ("Pictures", tables.pictures_table(results)),
        ("Stages", tables.stages_table(results)),
        ("Candidates", tables.candidates_table(results)),
        ("Scaling", tables.scaling_table(results)),
        ("Throughput", tables.rates_table(results)),
        ("Processes", tables.processes_table(results)),
        ("Goals", tables.goals_table(results)),
        ("Budget", tables.budget_table(checks)),
    ):
        print(f"## {title}\n\n{text}")
    exceeded = [one for one in checks if not one.is_kept]
    for one in exceeded:
        print(f"budget: {one.bound.name}: {one.verdict}", file=sys.stderr)
    return 1 if exceeded else 0


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--write",
        action="store_true",
        help="keep the figures: benchmarks/results.json, docs/performance.md and the plot",
    )
    parser.add_argument(
        "--render",
        action="store_true",
        help="only write docs/performance.md and the plot again, from benchmarks/results.json",
    )
    parser.add_argument(
        "--quick",
        type=int,
        default=1,
        metavar="N",
        help="divide the rounds by N, for trying things out; not with --write",
    )
    chosen = parser.parse_args(arguments)
    if chosen.quick < 1 or (chosen.write and chosen.quick > 1):
        parser.error("--quick takes 1 or more, and kept figures need all rounds")
    return chosen


if __name__ == "__main__":
    sys.exit(main())
