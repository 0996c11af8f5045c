"""How many cores this process may really use."""

from __future__ import annotations

import os
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def usable_cores(quota_file: Path = _QUOTA) -> int:
    """Cores by affinity and, in a container, by its quota of CPU time.

    Args:
        quota_file: Where Linux says "microseconds period" or "max period".

    Returns:
        At least 1; a broken core counts as one, because an idle worker costs only memory.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    try:
        quota, period = quota_file.read_text().split()
        cores = min(cores, -(-int(quota) // int(period)))
    except (OSError, ValueError):
        pass  # no quota
    return max(1, cores)
