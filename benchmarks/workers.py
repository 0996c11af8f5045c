"""Photos per second by number of workers, chunk by chunk in turn, so that all meet the same load.

    python -m benchmarks.workers FOLDER --photos 600 --workers 1 2

Linux only: CPU time and memory of the workers are read from /proc. On a machine that does
other work as well, photos per CPU second is the figure to compare; wall-clock is what was left.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import time
from pathlib import Path
from statistics import median

from benchmarks.memory import cpu_s, peak_mib, pids
from studio_detector.batch.pool import PoolOptions, WorkerPool
from studio_detector.batch.seen import SeenOnDisk
from studio_detector.pipeline.settings import Settings
from studio_detector.sources.photo import Photo

CHUNK = 100


def run(pool: WorkerPool, photos: list[Photo]) -> tuple[float, float, float]:
    """Photos per second of wall clock, per CPU second of workers, and the parent's share of CPU."""
    before, own = {pid: cpu_s(pid) for pid in pids(pool)}, time.process_time()
    started = time.perf_counter()
    rows = sum(1 for _ in pool.run(photos))
    wall = time.perf_counter() - started
    own = time.process_time() - own
    cpu = sum(cpu_s(pid) - before.get(pid, 0.0) for pid in pids(pool))
    return rows / wall, rows / cpu, own / (own + cpu)


def main() -> None:
    """Measure and print one line of JSON for each number of workers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=600)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    arguments = parser.parse_args()
    paths = sorted(path for path in arguments.folder.rglob("*") if path.is_file())
    photos = [Photo(source=str(path), path=str(path)) for path in paths[: arguments.photos]]
    chunks = list(itertools.batched(photos, CHUNK)) if hasattr(itertools, "batched") else [
        photos[start : start + CHUNK] for start in range(0, len(photos), CHUNK)
    ]  # fmt: skip
    figures: dict[int, list[tuple[float, float, float]]] = {n: [] for n in arguments.workers}
    seen = {n: SeenOnDisk() for n in arguments.workers}
    pools = {n: WorkerPool(Settings(), PoolOptions(workers=n), seen=seen[n]) for n in seen}
    for pool in pools.values():
        run(pool, photos[-64:])  # starts them
    for chunk in chunks:
        for number, pool in pools.items():
            figures[number].append(run(pool, list(chunk)))
    for number, pool in pools.items():
        wall, cpu, own = (median(column) for column in zip(*figures[number], strict=True))
        peak = max(map(peak_mib, pids(pool)))
        print(json.dumps({
            "workers": number, "photos": len(photos), "photos_per_s": round(wall, 1),
            "photos_per_worker_cpu_s": round(cpu, 1), "parent_cpu_share": round(own, 3),
            "worker_peak_mib": round(peak), "load": round(os.getloadavg()[0], 1),
        }))  # fmt: skip
        pool.close()
        seen[number].close()


if __name__ == "__main__":
    main()
