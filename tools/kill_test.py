"""Kill a batch with SIGKILL at random moments, resume it each time, and compare the outcome.

Usage: kill_test.py SOURCE... [--kills N] [--seed N] [--save-every N] [--workers N]

One batch runs unbroken. Another runs over the same inputs and is killed N times, at random
moments while it starts, runs and ends, and resumed each time with the same command. Prints
what each kill left, and exits with 0 if both Parquet files are equal to the byte, else with 1.

Milliseconds are left out (--no-timing), because no two runs agree on them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studio_detector.batch.files import TEMPORARY
from studio_detector.batch.parts import is_finished, parts_folder
from studio_detector.batch.shards import read_shards, shard_count
from studio_detector.errors import OutputError
from studio_detector.reporting import grid

if TYPE_CHECKING:
    from collections.abc import Callable

_COMMAND = (sys.executable, "-m", "studio_detector", "batch", "--no-timing", "--quiet")
# Exit statuses of a batch that has an output: all analysed, some failed, all failed.
_FINISHED = (0, 3, 4)
_HEADER = ("kill", "while", "after", "rows safe", "parts", "output")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is run."""

    sources: list[str]
    save_every: int
    workers: int | None

    def command(self, output: Path, *, resume: bool) -> list[str]:
        """The command line of one run."""
        return [
            *_COMMAND,
            f"--save-every={self.save_every}",
            *([f"--workers={self.workers}"] if self.workers else []),
            *(["--resume"] if resume else []),
            f"--output={output}",
            "--",
            *self.sources,
        ]


def unbroken(plan: Plan, output: Path) -> float:
    """Run without a kill; returns the seconds from its first finished part to its end."""
    process = subprocess.Popen(plan.command(output, resume=False))
    wait_until(lambda: standing_parts(output) > 0, process)
    started = time.monotonic()
    status = process.wait()
    if status not in _FINISHED:
        sys.exit(f"the unbroken run ended with status {status}")
    return time.monotonic() - started


def killed(plan: Plan, output: Path, *, kills: int, seconds: float, seed: int) -> list[tuple]:
    """Run with kills; returns a line for each, and the last for the run that finished."""
    moments = random.Random(seed)  # noqa: S311 - nothing secret
    lines: list[tuple] = []
    for number in range(1, kills + 2):
        process = subprocess.Popen(plan.command(output, resume=number > 1))
        if number <= kills:
            when = moment(moments, is_late=number > kills - max(1, kills // 5))
            parts = standing_parts(output)
            if when == "running":
                wait_until(lambda parts=parts: standing_parts(output) > parts, process)
            elif when == "ending":
                wait_until((parts_folder(output) / f"output{TEMPORARY}").exists, process)
            # While it starts, a resumed run reads what is there; it ends in a moment.
            longest = {"starting": 2.0, "running": 2 * seconds / kills, "ending": 0.05}[when]
            patience = moments.uniform(0, longest)
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                lines.append((str(number), when, f"{patience:.2f} s", *standing(output)))
                continue
        status = process.wait()
        if status not in _FINISHED:
            sys.exit(f"resumed run {number} ended with status {status}")
        lines.append(("-", "not killed", "", *standing(output)))
        if number <= kills and is_finished(output):
            # It was faster than the kill: what is left of the kills hits a new run.
            output.rename(output.with_name(f"finished-{number}.parquet"))
    return lines


def moment(moments: random.Random, *, is_late: bool) -> str:
    """Which part of a run to hit; its end last, because no new part comes after it."""
    if is_late:
        return "ending"
    return "starting" if moments.random() < 0.2 else "running"


def wait_until(reached: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Wait for a sign of a run on the disk, or for its end."""
    while process.poll() is None and not reached():
        time.sleep(0.002)


def standing_parts(output: Path) -> int:
    """Finished parts of a run."""
    folder = parts_folder(output)
    try:
        return shard_count(folder)
    except (FileNotFoundError, OutputError):  # not yet, not any more, or just being removed
        return 0


def standing(output: Path) -> tuple[str, str, str]:
    """What a kill left: rows in finished shards, their number, and whether there is an output."""
    folder = parts_folder(output)
    shards = shard_count(folder) if folder.is_dir() else 0
    rows = sum(1 for _ in read_shards(folder, shards))
    return (str(rows), str(shards), "whole" if output.exists() else "none yet")


def main() -> int:
    """Run both and compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sources", nargs="+", metavar="SOURCE")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save-every", type=int, default=50)
    parser.add_argument("--workers", type=int)
    given = parser.parse_args()
    plan = Plan(sources=given.sources, save_every=given.save_every, workers=given.workers)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seconds = unbroken(plan, folder / "unbroken.parquet")
        print(f"unbroken run: {seconds:.1f} s after its first part")
        output = folder / "killed.parquet"
        lines = killed(plan, output, kills=given.kills, seconds=seconds, seed=given.seed)
        print(grid.aligned(_HEADER, lines))
        expected = digest(folder / "unbroken.parquet")
        ended = [output, *sorted(folder.glob("finished-*.parquet"))]
        digests = {path.name: digest(path) for path in ended}
    equal = all(found == expected for found in digests.values())
    print(json.dumps({"equal": equal, "sha256": expected, "kills": given.kills, **digests}))
    return 0 if equal else 1


def digest(path: Path) -> str:
    """SHA-256 of a file in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
