"""What a batch costs besides the analysis: CPU time a row, and memory by number of rows.

Usage: batch_rows.py [SUFFIX] [COUNT...]

A stand-in for the worker pool hands out the verbose report of one picture, its measurements
changed at random, under as many names as asked for. Printed for each count, ascending: CPU
microseconds a row in the process that writes, for keeping the rows safe and for writing the
output; the size of the output; and the peak of resident memory of the whole process so far.
"""

from __future__ import annotations

import copy
import hashlib
import random
import resource
import sys
import tempfile
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np

from studio_detector.batch.plan import BatchOptions
from studio_detector.batch.pool import PoolOptions
from studio_detector.batch.rows import row_columns
from studio_detector.batch.run import Batch
from studio_detector.batch.writers.base import Layout
from studio_detector.pipeline.detector import Detector
from studio_detector.sources.photo import Photo

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_COUNTS = (2_000, 8_000, 16_000)


class Pool:
    """Stands in for `WorkerPool`; what it makes itself is timed and not counted."""

    def __init__(self, result: dict[str, Any]) -> None:
        self._result = result
        self._random = random.Random(1)  # noqa: S311 - nothing secret
        self.seconds = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def run(self, photos: Iterable[Photo]) -> Iterator[dict[str, Any]]:
        """A result for each photo."""
        for photo in photos:
            started = process_time()
            result = copy.deepcopy(self._result)
            result["path"] = photo.path
            result["sha256"] = hashlib.sha256(photo.path.encode()).hexdigest()
            result["file_bytes"] = 1_000_000
            for values in result["measurements"].values():
                for name, value in values.items():
                    if value is not None:
                        values[name] = value * self._random.random()
            self.seconds += process_time() - started
            yield result


class Watcher:
    """Notes the moment at which the output begins to be written."""

    def __init__(self) -> None:
        self.assembling_from = 0.0

    def note(self, text: str) -> None:
        """Nothing."""

    def resumed(self, counts: object) -> None:
        """Nothing."""

    def advanced(self, counts: object) -> None:
        """Nothing."""

    def assembling(self, rows: int) -> None:
        """The moment."""
        del rows
        self.assembling_from = process_time()


def measure(suffix: str, count: int, folder: Path) -> None:
    """Run one batch and print its figures."""
    detector = Detector()
    picture = np.random.default_rng(1).integers(0, 255, (384, 512, 3), dtype=np.uint8)
    pool = Pool(detector.analyse(picture).to_dict(verbose=True))
    watcher = Watcher()
    output = folder / f"rows-{count}{suffix}"
    columns = row_columns([analysis.SPEC for analysis in detector.registry])
    batch = Batch(
        detector=detector,
        options=BatchOptions(output=output, layout=Layout(columns=columns)),
        pool_options=PoolOptions(),
        watcher=watcher,
        open_pool=cast("Any", lambda *_, **__: pool),
    )
    started = process_time()
    batch.run(Photo(source="", path=f"{number:08d}.jpg") for number in range(count))
    ended = process_time()
    keeping = (watcher.assembling_from - started - pool.seconds) / count
    writing = (ended - watcher.assembling_from) / count
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{suffix} {count:>7,} rows: {keeping * 1e6:5.0f} us a row to keep, "
        f"{writing * 1e6:5.0f} us a row to write, {output.stat().st_size / count:6.0f} bytes a "
        f"row, {peak_mib:4.0f} MiB at most"
    )


def main(arguments: list[str]) -> None:
    """Measure and print."""
    suffix = arguments.pop(0) if arguments and arguments[0].startswith(".") else ".parquet"
    with tempfile.TemporaryDirectory() as folder:
        for count in sorted(map(int, arguments)) or _COUNTS:
            measure(suffix, count, Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
