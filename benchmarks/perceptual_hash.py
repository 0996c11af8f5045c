"""What reducing pictures before PDQ changes, on real photographs.

Usage: perceptual_hash.py FOLDER [COUNT]

Compares, for photographs of a folder at working size, PDQ of the whole picture with our hash,
which reduces it first: the bits that differ, the quality, the milliseconds; and how far either
hash of a copy (long side 300 px, JPEG quality 60) lies from that of its original.
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pdqhash

from studio_detector.batch.near_duplicates import MAX_DISTANCE_BITS, MIN_QUALITY
from studio_detector.batch.perceptual import perceptual_hash
from studio_detector.errors import InputError
from studio_detector.imaging import load
from studio_detector.imaging.resize import reduce_area, working_shape

if TYPE_CHECKING:
    import numpy.typing as npt

_COPY_SIDE_PX = 300
_COPY_QUALITY = 60
_MOST = 2_000


def whole_hash(rgb: npt.NDArray[np.uint8]) -> tuple[str, int]:
    """PDQ as it comes, without reducing first."""
    bits, quality = pdqhash.compute(np.array(rgb))
    return np.packbits(bits.astype(bool)).tobytes().hex(), int(quality)


def copy_of(rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """A smaller and worse copy."""
    rows, columns = rgb.shape[:2]
    small = reduce_area(rgb, working_shape(rows, columns, _COPY_SIDE_PX))
    _, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _COPY_QUALITY])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)


def bits_between(one: tuple[str, int], other: tuple[str, int]) -> int:
    """Bits in which two hashes differ."""
    return (int(one[0], 16) ^ int(other[0], 16)).bit_count()


def main(folder: Path, most: int) -> None:
    """Measure and print."""
    cv2.setNumThreads(1)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    order = np.random.default_rng(1).permutation(len(files))[:most]
    between, crossed, spent_s = [], 0, {whole_hash: 0.0, perceptual_hash: 0.0}
    copies: dict[object, list[int]] = {whole_hash: [], perceptual_hash: []}
    for path in (files[at] for at in order):
        try:
            rgb = load(path).rgb
        except InputError:
            continue
        copy, found = copy_of(rgb), {}
        for hashed in spent_s:
            start = process_time()
            found[hashed] = hashed(rgb)
            spent_s[hashed] += process_time() - start
            copies[hashed].append(bits_between(found[hashed], hashed(copy)))
        whole, ours = found[whole_hash], found[perceptual_hash]
        between.append(bits_between(whole, ours))
        crossed += (whole[1] >= MIN_QUALITY) != (ours[1] >= MIN_QUALITY)
    count = len(between)
    print(
        f"{count} photographs: {np.median(between):.0f} bits differ in the median, "
        f"{np.percentile(between, 99):.0f} at the 99th percentile, {max(between)} at most; "
        f"{crossed} change sides of quality {MIN_QUALITY}"
    )
    for hashed, name in ((whole_hash, "whole"), (perceptual_hash, "reduced")):
        distances = np.array(copies[hashed])
        near = np.count_nonzero(distances <= MAX_DISTANCE_BITS) / count
        print(
            f"{name}: {1000 * spent_s[hashed] / count:.2f} ms, {near:.1%} of the copies within "
            f"{MAX_DISTANCE_BITS} bits, 99th percentile {np.percentile(distances, 99):.0f}"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else _MOST)
