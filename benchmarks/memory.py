"""What processes hold and spend, from /proc. Linux.

``ru_maxrss`` would not do: a child inherits the value of the process that started it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio_detector.batch.pool import WorkerPool


def pids(pool: WorkerPool) -> list[int]:
    """Ids of the workers."""
    children = [supervisor._child for supervisor in pool._supervisors]  # noqa: SLF001
    return [child._process.pid for child in children if child is not None]  # noqa: SLF001


def cpu_s(pid: int) -> float:
    """CPU seconds of a process so far."""
    numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")


def peak_mib(pid: int | str = "self") -> float:
    """Largest resident set of a process so far."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
