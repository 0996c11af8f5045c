"""The last photos as counts in bins: exact, of bounded memory, however many come."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import numpy as np

from studio_detector.decision.drift import population_stability

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from studio_detector.decision.distribution import Bins

#: Photos at most.
PHOTOS = 5000
#: Seconds that a photo counts: a week.
AGE_S = 604_800.0
#: Photos below which an index would be chance.
FEWEST = 500


class Window:
    """How often each number of the last photos fell into each bin; thread-safe.

    Args:
        expected: Name of a number -> its bins, with the counts that are compared with.
        photos: Photos it holds at most; the oldest go first.
        age_s: Seconds after which a photo counts no more.
        clock: Seconds that never go back.
    """

    def __init__(
        self,
        expected: Mapping[str, Bins],
        *,
        photos: int = PHOTOS,
        age_s: float = AGE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._expected = dict(expected)
        self._age_s = age_s
        self._clock = clock
        # One bin more than the numbers with most bins have: where what is not counted is put.
        self._uncounted = max((len(bins.all_counts) for bins in expected.values()), default=0)
        width = len(self._expected)
        self._columns = np.arange(width)
        self._counts = np.zeros((width, self._uncounted + 1), dtype=np.int64)
        self._places = np.zeros((photos, width), dtype=np.min_scalar_type(self._uncounted))
        self._at_s = np.zeros(photos)
        self._first = self._length = 0
        self._lock = threading.Lock()

    def add(self, values: Mapping[str, float | None]) -> None:
        """Count a photo.

        Args:
            values: Name -> number, None where it is missing. A number that is not there at all,
                since nobody looked for it, is not counted.
        """
        uncounted = self._uncounted
        places = [
            bins.place(values[name]) if name in values else uncounted
            for name, bins in self._expected.items()
        ]
        with self._lock:
            now = self._clock()
            self._forget(now)
            if self._length == len(self._at_s):
                self._drop_oldest()
            at = (self._first + self._length) % len(self._at_s)
            self._places[at] = places
            self._at_s[at] = now
            self._counts[self._columns, self._places[at]] += 1
            self._length += 1

    def photos(self) -> int:
        """How many photos it holds."""
        with self._lock:
            self._forget(self._clock())
            return self._length

    def drifts(self, *, fewest: int = FEWEST) -> dict[str, float]:
        """The population stability index of each number.

        Args:
            fewest: A number that fewer photos have been counted for is left out.
        """
        with self._lock:
            self._forget(self._clock())
            counts = self._counts.copy()
        found = {}
        for (name, bins), row in zip(self._expected.items(), counts.tolist(), strict=True):
            counted = row[: len(bins.all_counts)]
            if sum(counted) >= max(1, fewest):
                found[name] = population_stability(bins.all_counts, counted)
        return found

    def _forget(self, now: float) -> None:
        while self._length and self._at_s[self._first] < now - self._age_s:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        self._counts[self._columns, self._places[self._first]] -= 1
        self._first = (self._first + 1) % len(self._at_s)
        self._length -= 1
