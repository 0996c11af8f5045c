"""The parts of a run that need a process of their own; each prints JSON.

The process that starts them stays small, as Linux lets a child inherit the highest memory of
the process it was forked from.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import statistics
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.sizes import SCALING_SIZES, SIZES, SMOOTH_SIZES, TWELVE_MP, VGA, Size

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Whose share in doubt is told; the pictures of a size are too few for that.
_PHOTOGRAPHS = 120


def times(folder: Path, quick: int) -> dict[str, Any]:
    """Every stage and candidate at every size."""
    from benchmarks.candidates import all_candidates
    from benchmarks.measure import race, ready
    from benchmarks.pictures import read_pictures

    _one_thread()
    able, skipped = ready(all_candidates())
    found, shelves = [], []
    for size in _thinned((*SIZES, *SMOOTH_SIZES), quick):
        _say(f"{size.name}: {', '.join(one.name for one in able if one.rounds(size))}")
        shelf = read_pictures(folder, size)
        found += race(able, shelf, size)
        shelves.append(
            {
                "size": size.name,
                "megapixels": size.megapixels,
                "pictures": len(shelf),
                "median_bytes": round(statistics.median(len(one.data) for one in shelf)),
            }
        )
    return {
        "times": [dataclasses.asdict(one) for one in found],
        "shelves": shelves,
        "skipped": skipped,
        **_policy(quick),
    }


def scaling(folder: Path, quick: int) -> list[dict[str, Any]]:
    """End to end and the floor from small to large."""
    from benchmarks.candidates import scaling_candidates
    from benchmarks.measure import race, ready
    from benchmarks.pictures import read_pictures

    _one_thread()
    able, _ = ready(scaling_candidates())
    found = []
    for size in _thinned(SCALING_SIZES, quick):
        found += race(able, read_pictures(folder, size), size)
    return [dataclasses.asdict(one) for one in found]


def memory(folder: Path, quick: int) -> float:
    """Peak MiB of this process after the default detector has seen all 12 MP pictures."""
    import cv2

    from benchmarks.memory import peak_mib
    from studio_detector import Detector

    # OpenCV's thread pool has buffers of its own; a worker runs without.
    cv2.setNumThreads(1)
    detector = Detector()
    for path in sorted((folder / TWELVE_MP.name).glob("*.jpg")) * (1 if quick > 1 else 2):
        detector.analyse(path)
    return peak_mib()


def pictures(folder: Path, quick: int) -> None:
    """Make all pictures."""
    from benchmarks.pictures import COUNT, SCALING_COUNT, make_pictures

    make_pictures(folder, (*SIZES, *SMOOTH_SIZES), COUNT if quick == 1 else SCALING_COUNT)
    make_pictures(folder, SCALING_SIZES, SCALING_COUNT)


def rates(folder: Path, quick: int) -> list[dict[str, Any]]:
    """Throughput of the worker pool; empty where there is no pool."""
    from benchmarks.throughput import measure_rates

    return [dataclasses.asdict(one) for one in measure_rates(folder, (VGA, TWELVE_MP), quick)]


def _policy(quick: int) -> dict[str, float]:
    from benchmarks.pictures import photographs
    from studio_detector import Detector

    detector = Detector()
    chosen = sorted(set(photographs(max(1, _PHOTOGRAPHS // quick))))
    in_detail = [detector.analyse(path).timing.detail_ms is not None for path in chosen]
    return {"photographs": len(chosen), "detail_share": statistics.fmean(in_detail)}


def _thinned(sizes: Sequence[Size], quick: int) -> list[Size]:
    return [dataclasses.replace(size, rounds=max(3, size.rounds // quick)) for size in sizes]


def _one_thread() -> None:
    import cv2

    cv2.setNumThreads(1)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


PARTS: dict[str, Callable[[Path, int], Any]] = {
    "pictures": pictures,
    "times": times,
    "scaling": scaling,
    "memory": memory,
    "rates": rates,
}


def main() -> None:
    """Run one part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--quick", type=int, default=1, help="divide the rounds by this")
    arguments = parser.parse_args()
    json.dump(PARTS[arguments.part](arguments.folder, arguments.quick), sys.stdout)


if __name__ == "__main__":
    main()
