"""What a child process does to itself before it touches hostile bytes."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path
from typing import BinaryIO

if sys.platform != "win32":
    import resource

# Half of the range: above every ordinary process, below those marked to be killed first.
_OOM_SCORE = "500"


def private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Move the pipes away from descriptors 0 and 1, where C libraries may read and print.

    Returns:
        Requests to read and replies to write.
    """
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("r+b") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(nothing.fileno(), 1)
    return requests, replies


def be_expendable() -> None:
    """Leave no core dump, and go before the parent should the system run out of memory."""
    if sys.platform != "win32":
        _, hard = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_OOM_SCORE)


def limit_memory(memory_bytes: int) -> None:
    """Bound the address space to what is taken now plus ``memory_bytes``, where possible.

    macOS accepts the limit and ignores it; Windows has none. There, the estimate made before
    decoding is the only bound.
    """
    statistics = Path("/proc/self/statm")
    if sys.platform == "win32" or not statistics.exists():
        return
    taken_bytes = int(statistics.read_text().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = taken_bytes + memory_bytes
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    # The hard one, too, which cannot be raised again.
    resource.setrlimit(resource.RLIMIT_AS, (wanted, wanted))


def limit_cpu(seconds: float) -> None:
    """Bound the CPU time from now on, should the parent be unable to end this process.

    Args:
        seconds: Of all threads together.
    """
    if sys.platform == "win32":
        return
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    wanted = int(time.process_time() + seconds) + 1
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (wanted, hard))
