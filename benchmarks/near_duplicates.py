"""CPU time and memory of finding near duplicates, by number of photos.

Usage: near_duplicates.py [COUNT...]

Half of the hashes are random, the others are made from them by flipping 0 to 40 bits. Prints
for each count the CPU seconds, the pairs found of those within the bound, and the peak of
memory while groups are found, beyond what was there before.
"""

from __future__ import annotations

import sys
import tracemalloc
from time import process_time
from typing import TYPE_CHECKING

import numpy as np

from studio_detector.batch.near_duplicates import MAX_DISTANCE_BITS, connected

if TYPE_CHECKING:
    import numpy.typing as npt

_COUNTS = (1_000, 10_000, 100_000)
_MOST_FLIPS = 40


def hashes(count: int) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.int64]]:
    """Hashes and by how many bits each of the second half differs from its origin."""
    random = np.random.default_rng(1)
    origins = random.integers(0, 2, (count // 2, 256), dtype=np.uint8)
    flips = random.integers(0, _MOST_FLIPS + 1, count // 2)
    ranks = random.random(origins.shape).argsort(axis=1).argsort(axis=1)
    variants = origins ^ (ranks < flips[:, None])
    packed = np.packbits(np.concatenate([origins, variants]), axis=1)
    return packed.view(np.uint16), flips


def main(counts: list[int]) -> None:
    """Measure and print."""
    for count in counts:
        words, flips = hashes(count)
        started = process_time()
        labels = connected(words)
        seconds = process_time() - started
        found = int((labels[len(flips) :] == np.arange(len(flips))).sum())
        near = int((flips <= MAX_DISTANCE_BITS).sum())
        tracemalloc.start()
        connected(words)
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        print(
            f"{count:>9,} photos: {seconds:7.2f} s CPU, {found:,} of {near:,} pairs, "
            f"{peak_bytes / 1e6:.0f} MB ({peak_bytes / count:.0f} bytes a photo)"
        )


if __name__ == "__main__":
    main([int(count) for count in sys.argv[1:]] or list(_COUNTS))
