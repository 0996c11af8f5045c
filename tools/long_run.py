"""Run a long batch and watch it: rate, memory over time, failures by code.

Usage: long_run.py SOURCE... [--inputs 50000] [--workers N]

The files below the sources are listed again and again until there are enough inputs, so that
most of them are exact duplicates, which a batch analyses once. Memory is what the processes of
the batch hold (resident), sampled twice a second and shown for each tenth of the time. Linux.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from studio_detector.reporting import grid

_EVERY_S = 0.5
_PARTS = 10
_COMMAND = (sys.executable, "-m", "studio_detector", "batch", "--quiet")
_MIB = 1024 * 1024


def files_below(sources: list[str]) -> list[str]:
    """Every file below the sources, sorted, whatever it is."""
    found = []
    for source in sources:
        for folder, _, names in sorted(os.walk(source)):
            found += [str(Path(folder, name)) for name in sorted(names)]
    return [name for name in found if "\n" not in name]


def resident_mib(process: int) -> tuple[float, float]:
    """Memory of a process, and the most that one of its children holds."""
    children = Path(f"/proc/{process}/task").glob("*/children")
    numbers = [int(number) for path in children for number in path.read_text().split()]
    return _held(process), max(map(_held, numbers), default=0.0)


def _held(process: int) -> float:
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except (OSError, IndexError):  # it has just ended
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / _MIB


def watch(command: list[str]) -> tuple[int, float, list[tuple[float, float]]]:
    """Run the batch; its status, seconds, and the samples of memory."""
    samples = []
    start = time.monotonic()
    process = subprocess.Popen(command)
    while process.poll() is None:
        samples.append(resident_mib(process.pid))
        time.sleep(_EVERY_S)
    return process.returncode, time.monotonic() - start, samples


def main() -> None:
    """Build the list, run, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--inputs", type=int, default=50_000)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    files = files_below(given.sources)
    with tempfile.TemporaryDirectory() as folder:
        names, output = Path(folder, "list.txt"), Path(folder, "rows.sqlite")
        repeated = itertools.islice(itertools.cycle(files), max(given.inputs, len(files)))
        names.write_text("".join(f"{name}\n" for name in repeated), "utf-8", "surrogateescape")
        options = ["--output", str(output), "--workers", str(given.workers), "--no-measurements"]
        status, seconds, samples = watch([*_COMMAND, str(names), *options])
        with sqlite3.connect(output) as rows:
            codes = Counter(code for (code,) in rows.execute("SELECT error_code FROM photos"))
            (copies,) = rows.execute("SELECT count(duplicate_of) FROM photos").fetchone()
        rows.close()
    total = codes.total()
    print(
        f"{total:,} rows of {len(files):,} files in {seconds:.0f} s: {total / seconds:.0f} a second"
    )
    print(f"exit status {status}, exact duplicates {copies:,}, workers {given.workers}")
    parts = [
        samples[len(samples) * n // _PARTS : len(samples) * (n + 1) // _PARTS] for n in range(10)
    ]
    table = [
        (f"{n + 1}", f"{max(a for a, _ in part):.0f}", f"{max(b for _, b in part):.0f}")
        for n, part in enumerate(parts)
        if part
    ]
    print(grid.aligned(("tenth of the time", "main process, MiB", "largest worker, MiB"), table))
    failed = [(code, f"{count:,}") for code, count in sorted(codes.items(), key=str) if code]
    print(grid.aligned(("failure", "rows"), failed))


if __name__ == "__main__":
    main()
