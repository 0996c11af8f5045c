"""Pictures a second through the worker pool, by workers."""

from __future__ import annotations

import os
import statistics
import sys
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.memory import cpu_s, peak_mib, pids
from benchmarks.results import Rate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.sizes import Size

_REPEATS = 3
# About two seconds of work for one worker each time.
_PICTURES = {"vga": 240, "12mp": 96}
# The first pictures of each worker come out while others still start.
_WARM_UP_PER_WORKER = 6


@dataclass(slots=True)
class _Repeats:
    pictures_per_s: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    peak_mib: float = 0.0


def measure_rates(folder: Path, sizes: Sequence[Size], quick: int) -> list[Rate]:
    """Throughput with 1 to all cores' workers, interleaved.

    Args:
        folder: Where the pictures lie.
        sizes: Sizes to measure.
        quick: Divides the number of pictures.

    Returns:
        One rate for every size and number of workers; none without a worker pool.
    """
    try:
        import studio_detector.batch.pool  # noqa: F401 - only whether it is there
    except ImportError as error:
        print(f"throughput is left out: {error}", file=sys.stderr)
        return []
    workers = range(1, (os.cpu_count() or 1) + 1)
    found = {(size.name, count): _Repeats() for size in sizes for count in workers}
    for _ in range(_REPEATS):
        for (size, count), repeats in found.items():
            paths = sorted((folder / size).glob("*.jpg"))
            wanted = max(4 * count * _WARM_UP_PER_WORKER, _PICTURES[size] // quick)
            chosen = [paths[index % len(paths)] for index in range(wanted)]
            _run(chosen, count, repeats)
    return [
        Rate(
            size=size,
            workers=count,
            pictures_per_s=statistics.median(repeats.pictures_per_s),
            cpu_ms=statistics.median(repeats.cpu_ms),
            peak_mib=repeats.peak_mib,
            count=len(repeats.cpu_ms),
        )
        for (size, count), repeats in found.items()
    ]


def _run(paths: Sequence[Path], workers: int, repeats: _Repeats) -> None:
    from studio_detector.batch.pool import PoolOptions, WorkerPool
    from studio_detector.pipeline.settings import Settings
    from studio_detector.sources.photo import Photo

    photos = (Photo(source=str(path), path=str(path)) for path in paths)
    skipped = workers * _WARM_UP_PER_WORKER
    start, before = perf_counter(), 0.0
    with WorkerPool(Settings(), PoolOptions(workers=workers)) as pool:
        for index, row in enumerate(pool.run(photos), 1):
            if row.get("error"):
                raise RuntimeError(f"{row.get('path')} failed: {row['error']}")
            if index == skipped:
                start, before = perf_counter(), sum(map(cpu_s, pids(pool)))
        wall_s = perf_counter() - start
        spent_s = sum(map(cpu_s, pids(pool))) - before
        repeats.peak_mib = max(repeats.peak_mib, *map(peak_mib, pids(pool)))
    repeats.pictures_per_s.append((len(paths) - skipped) / wall_s)
    repeats.cpu_ms.append(1000 * spent_s / (len(paths) - skipped))
