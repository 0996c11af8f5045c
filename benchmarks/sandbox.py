"""What confining a child of the service costs: CPU time of its start, and of a picture.

    python -m benchmarks.sandbox FOLDER --photos 60 --turns 9

Children with and without take turns, so that both meet the same load. The system counts the CPU
time when a child has ended, to the microsecond. Linux and macOS.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from studio_detector.pipeline.settings import Settings
from studio_detector.service.children.children import AnalysisChildren

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_detector.imaging.sandbox import Sandbox

_SANDBOXES: tuple[Sandbox, ...] = ("off", "auto")
_MEMORY_BYTES = 1536 * 1024 * 1024


def child_ms(sandbox: Sandbox, photos: Sequence[bytes]) -> tuple[float, str]:
    """CPU milliseconds of one child from its start to its end, and how it was confined."""
    before = _ended_ms()
    with AnalysisChildren(
        {"default": Settings()},
        size=1,
        timeout_s=120.0,
        memory_bytes=_MEMORY_BYTES,
        recycle_after=len(photos) + 1,
        sandbox=sandbox,
    ) as children:
        confinement = str(children.start())
        for data in photos:
            sha256 = hashlib.sha256(data).hexdigest()
            children.analyse(data, sha256=sha256, variant="default", phases="auto")
    return _ended_ms() - before, confinement


def _ended_ms() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (usage.ru_utime + usage.ru_stime)


def main() -> None:
    """Measure and print one line of JSON for each kind of child."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=60)
    parser.add_argument("--turns", type=int, default=9)
    arguments = parser.parse_args()
    paths = sorted(path for path in arguments.folder.rglob("*") if path.is_file())
    photos = [path.read_bytes() for path in paths[: arguments.photos]]
    starts: dict[Sandbox, list[float]] = {name: [] for name in _SANDBOXES}
    pictures: dict[Sandbox, list[float]] = {name: [] for name in _SANDBOXES}
    confined: dict[Sandbox, str] = {}
    for _ in range(arguments.turns):
        for name in _SANDBOXES:
            start_ms, confined[name] = child_ms(name, ())
            starts[name].append(start_ms)
            pictures[name].append((child_ms(name, photos)[0] - start_ms) / len(photos))
    for name in _SANDBOXES:
        print(json.dumps({
            "sandbox": name, "confined_by": confined[name], "turns": arguments.turns,
            "photos": len(photos), "start_cpu_ms": round(median(starts[name]), 1),
            "picture_cpu_ms": round(median(pictures[name]), 2),
            "load": round(os.getloadavg()[0], 1),
        }))  # fmt: skip


if __name__ == "__main__":
    main()
