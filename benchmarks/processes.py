"""Fresh processes: CPU and wall-clock time from start to end, in turns."""

from __future__ import annotations

import os
import shlex
import statistics
import subprocess
import sys
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.results import Process

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

IMPORT, HELP, COLD_START, BARE = "import", "--help", "one photo", "bare interpreter"
_REPEATS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What one process took."""

    cpu_s: float
    wall_s: float
    output: str


def commands(photo: Path) -> dict[str, list[str]]:
    """The processes to measure, by name."""
    python, console = [sys.executable, "-c"], [sys.executable, "-m", "studio_detector"]
    return {
        BARE: [*python, "pass"],
        IMPORT: [*python, "import studio_detector"],
        HELP: [*console, "--help"],
        COLD_START: [*console, str(photo), "--quiet"],
    }


def measure_processes(photo: Path, environment: Mapping[str, str]) -> list[Process]:
    """Start each process several times, in turns, after one start that fills the caches.

    Args:
        photo: The photo of the cold start.
        environment: Environment of the processes.

    Raises:
        RuntimeError: If a process fails.
    """
    spent: dict[str, list[Spent]] = {name: [] for name in commands(photo)}
    for turn in range(_REPEATS + 1):
        for name, command in commands(photo).items():
            one = run(command, environment)
            if turn:
                spent[name].append(one)
    return [
        Process(
            name=name,
            command=_shown(command, photo),
            cpu_s=statistics.median(one.cpu_s for one in spent[name]),
            wall_s=statistics.median(one.wall_s for one in spent[name]),
            count=len(spent[name]),
        )
        for name, command in commands(photo).items()
    ]


def run(command: Sequence[str], environment: Mapping[str, str]) -> Spent:
    """Run a process to its end; what it says on standard error passes through.

    Raises:
        RuntimeError: If its exit status is not 0.
    """
    start = perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env=dict(environment), text=True
    ) as process:
        output = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall_s = perf_counter() - start
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with status {process.returncode}")
    return Spent(cpu_s=usage.ru_utime + usage.ru_stime, wall_s=wall_s, output=output)


def _shown(command: Sequence[str], photo: Path) -> str:
    # Neither the interpreter's place nor the temporary folder matters.
    names = {sys.executable: "python", str(photo): "photo.jpg"}
    return shlex.join(names.get(argument, argument) for argument in command)
