"""Milliseconds of each stage of the pipeline, median over photos, one thread.

Usage: stages.py [--count 100] [PHOTO ...]

Without photos it takes the first pictures of the test split of the labelled set named by
STUDIO_PHOTOS, else the samples that scikit-image ships. Both wall-clock and CPU time are
printed; on a busy machine the CPU time is the one to read.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio_detector.imaging import Frame


def photos_to_measure(count: int) -> list[Path]:
    """The first ``count`` test pictures of the labelled set, or scikit-image's samples."""
    folder = os.environ.get("STUDIO_PHOTOS")
    if folder:
        with (Path(folder) / "labels.csv").open(newline="") as file:
            names = [row["file"] for row in csv.DictReader(file) if row["split"] == "test"]
        return [Path(folder) / name for name in sorted(names)[:count]]
    import skimage.data

    samples = Path(skimage.data.__file__).parent
    return [samples / name for name in ("astronaut.png", "chelsea.png", "coffee.png")]


_T = TypeVar("_T")


class Stopwatch:
    """Collects wall-clock and CPU milliseconds by stage."""

    def __init__(self) -> None:
        self.wall_ms: dict[str, list[float]] = {}
        self.cpu_ms: dict[str, list[float]] = {}

    def run(self, stage: str, work: Callable[[], _T]) -> _T:
        """Time one piece of work under the name of a stage."""
        wall, cpu = perf_counter(), process_time()
        result = work()
        self.cpu_ms.setdefault(stage, []).append((process_time() - cpu) * 1000)
        self.wall_ms.setdefault(stage, []).append((perf_counter() - wall) * 1000)
        return result

    def print_table(self) -> None:
        """Print the medians of all stages."""
        print(f"{'stage':<22}{'median CPU ms':>15}{'median wall ms':>16}")
        for stage, values in self.cpu_ms.items():
            wall = statistics.median(self.wall_ms[stage])
            print(f"{stage:<22}{statistics.median(values):>15.2f}{wall:>16.2f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", nargs="*", type=Path)
    parser.add_argument("--count", type=int, default=100)
    arguments = parser.parse_args()

    import cv2

    from studio_detector.analysis.registry import Registry
    from studio_detector.decision.shipped import load_model
    from studio_detector.imaging import load
    from studio_detector.pipeline.settings import Settings
    from studio_detector.planes import Planes

    cv2.setNumThreads(1)
    photos = arguments.photos or photos_to_measure(arguments.count)
    settings = Settings()
    registry = Registry.load()
    model = load_model(settings.model, rule_weights=settings.rule_weights)
    watch = Stopwatch()

    def stage(name: str, phase: str, planes: Planes) -> dict[str, object]:
        analyses = registry.phase(phase)
        return watch.run(name, lambda: {a.SPEC.name: a.measure(planes) for a in analyses})

    for photo in photos:
        data = photo.read_bytes()
        frame: Frame = watch.run("decode", lambda data=data: load(data))
        planes = Planes(frame.rgb)
        lighting = stage("lighting", "lighting", planes)
        network = stage("network", "network", planes)
        detail = stage("detail", "detail", planes)
        watch.run("decide", lambda m={**lighting, **network, **detail}: model.full.evaluate(m))
        for analysis in registry:
            fresh = Planes(frame.rgb)
            watch.run(f"  {analysis.SPEC.name} alone", lambda a=analysis, p=fresh: a.measure(p))
    print(f"{len(photos)} photos, one thread, OpenCV {cv2.__version__}")
    watch.print_table()


if __name__ == "__main__":
    main()
