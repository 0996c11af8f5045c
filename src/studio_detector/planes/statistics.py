"""Percentiles and moments from histograms, without sorting."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt
    from cv2.typing import MatLike

_LEVELS = 256


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Counts of the 256 levels of an 8-bit plane or of some of its pixels.

    Attributes:
        counts: int64 array of shape (256,), read-only.
        cumulative: int64 array of shape (256,): how many lie at or below each level.
    """

    counts: npt.NDArray[np.int64]
    cumulative: npt.NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "cumulative", self.counts.cumsum())

    @classmethod
    def of(
        cls, plane: MatLike, mask: npt.NDArray[np.bool_] | None = None, *, channel: int = 0
    ) -> Histogram:
        """Count the levels of a uint8 plane or channel, inside a mask where one is given."""
        # OpenCV counts ten times faster than np.bincount, and exactly below 2**24 a level.
        chosen = None if mask is None else mask.view(np.uint8)
        if plane.size < 2**24:
            counted = cv2.calcHist([plane], [channel], chosen, [_LEVELS], [0, _LEVELS])
            counts = counted.ravel().astype(np.int64)
        else:
            levels = plane if plane.ndim == 2 else plane[:, :, channel]
            counts = np.bincount(
                levels.ravel() if mask is None else levels[mask], minlength=_LEVELS
            )
        counts.setflags(write=False)
        return cls(counts)

    @property
    def total(self) -> int:
        """Number of pixels counted."""
        return int(self.cumulative[-1])

    def percentile(self, percent: float) -> float:
        """Level below or at which ``percent`` (0..100) of the pixels lie; 0 when empty."""
        total = self.total
        return float(self.cumulative.searchsorted(percent / 100 * total)) if total else 0.0

    def fraction_at_least(self, level: int) -> float:
        """Share of the pixels at or above a level, 0..1; 0 when empty."""
        total = self.total
        below = int(self.cumulative[level - 1]) if level else 0
        return (total - below) / total if total else 0.0

    def mean(self) -> float:
        """Mean level, 0..255; 0 when empty."""
        total = self.total
        return float(self.counts @ np.arange(_LEVELS) / total) if total else 0.0

    def standard_deviation(self) -> float:
        """Standard deviation of the levels, 0..127.5; 0 when empty."""
        total = self.total
        if not total:
            return 0.0
        levels = np.arange(_LEVELS)
        mean = self.counts @ levels / total
        return math.sqrt(self.counts @ (levels - mean) ** 2 / total)

    def entropy_bits(self) -> float:
        """Shannon entropy of the levels in bits, 0..8; 0 when empty."""
        total = self.total
        if not total:
            return 0.0
        share = self.counts[self.counts > 0] / total
        return float(-(share * np.log2(share)).sum())


def percentiles(values: MatLike, *percents: float) -> list[float]:
    """Percentiles (0..100) of a few thousand values, between neighbours where needed.

    What `numpy.percentile` gives, without its checks, which cost more than the sorting.
    """
    ordered = np.sort(values, axis=None)
    last = len(ordered) - 1
    found = []
    for percent in percents:
        place = percent / 100 * last
        low = int(place)
        below, above = float(ordered[low]), float(ordered[min(low + 1, last)])
        found.append(below + (place - low) * (above - below))
    return found


def medians(samples: npt.NDArray[np.generic]) -> npt.NDArray[np.float64]:
    """Median along the last axis, as `numpy.median` gives it, without its checks."""
    length = samples.shape[-1]
    low, high = (length - 1) // 2, length // 2
    ordered = np.partition(samples, (low, high), axis=-1)
    return (ordered[..., low].astype(np.float64) + ordered[..., high]) / 2


def mean(plane: npt.NDArray[np.floating], mask: npt.NDArray[np.bool_] | None = None) -> float:
    """Mean of a float plane, or of what a mask chooses of it, which must not be nothing.

    OpenCV's sums of floats are not used: their last bit depends on where the plane lies in
    memory, and equal pictures must give equal floats. Its sums of whole numbers are exact.
    """
    chosen = plane if mask is None else plane[mask]
    return float(np.add.reduce(chosen, axis=None, dtype=np.float64)) / chosen.size


def share(mask: npt.NDArray[np.bool_]) -> float:
    """Share of a mask that is set, 0..1; the mask must not be empty."""
    return int(np.count_nonzero(mask)) / mask.size
