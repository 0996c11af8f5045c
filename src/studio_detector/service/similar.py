"""Which results are of pictures that look alike: an index of perceptual hashes in memory.

Two pictures look alike by the bounds of `studio_detector.batch.near_duplicates`. Every hash of
a tenant is compared: 53 bytes each, a million in about 20 ms, exact and without a structure
that could go stale. The store has the truth; the index is fed from it and may be behind.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar
from uuid import UUID

import numpy as np

from studio_detector.batch.near_duplicates import MAX_DISTANCE_BITS, MIN_QUALITY

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from studio_detector.service.records import Work

    Words = npt.NDArray[np.uint64]

_Kind = TypeVar("_Kind", bound=np.generic)

_HASH_BYTES = 32
_HASH_WORDS = 4
_ID_WORDS = 2
_FIRST_CAPACITY = 256
# Compared at once: their differences fit into the cache of a core.
_CHUNK = 1 << 14
_PAGE = 10_000
# Numbers are given when a transaction begins to write and become visible when it ends, so a
# number may appear below the highest one seen.
_LOOK_BACK = 1000


class HashRow(NamedTuple):
    """The perceptual hash of one result, as the store gives it.

    Attributes:
        seq: Number of the result; grows with time.
        tenant: Whose.
        result_id: Its name.
        work: What was asked.
        pdq: 64 hexadecimal digits; None if there is none.
        quality: Of the hash, 0..100; None if there is none.
    """

    seq: int
    tenant: str
    result_id: UUID
    work: Work
    pdq: str | None
    quality: int | None


class HashFeed(Protocol):
    """Where the index reads on."""

    def __call__(self, after_seq: int, limit: int) -> Sequence[HashRow]:
        """Give the first results numbered above ``after_seq``, ``limit`` at most, in order."""


@dataclass(slots=True)
class SimilarIndex:
    """Perceptual hashes by tenant; thread-safe.

    A result that another process deleted is still named here: who asks reads it from the store,
    and calls `forget` where it is gone.
    """

    _tenants: dict[str, _Hashes] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _reading: threading.Lock = field(default_factory=threading.Lock)
    _highest_seq: int = 0
    _recent_seqs: set[int] = field(default_factory=set)
    _forgotten: set[UUID] = field(default_factory=set)

    def catch_up(self, feed: HashFeed) -> int:
        """Take in what the store has gained.

        Args:
            feed: Reads the store; what it raises is passed on, and nothing is lost by it.

        Returns:
            Results that were taken in, with or without a usable hash.
        """
        taken = 0
        with self._reading:
            after = max(0, self._highest_seq - _LOOK_BACK)
            with self._lock:
                self._forgotten.clear()
            while rows := feed(after, _PAGE):
                after = rows[-1].seq
                taken += self._take(rows)
                if len(rows) < _PAGE:
                    break
        return taken

    def add(self, tenant: str, work: Work, result_id: UUID, pdq: str, quality: int) -> None:
        """Take in one hash; one whose quality is too low to tell pictures apart is left out.

        Args:
            tenant: Whose.
            work: What was asked.
            result_id: Name of the result.
            pdq: 64 hexadecimal digits.
            quality: Of the hash, 0..100.
        """
        with self._lock:
            self._add(tenant, work, result_id, pdq, quality)

    def forget(self, tenant: str, result_id: UUID) -> None:
        """Name a result no more, once the store has deleted it; an unknown one is no error."""
        with self._lock:
            if self._reading.locked():  # a page that is on its way may still hold it
                self._forgotten.add(result_id)
            if tenant in self._tenants:
                self._tenants[tenant].forget(result_id)

    def near(
        self, tenant: str, pdq: str, quality: int, work: Work | None = None
    ) -> list[tuple[UUID, int]]:
        """Find the results of pictures that look alike.

        Args:
            tenant: Whose results.
            pdq: Hash of the picture, 64 hexadecimal digits.
            quality: Of that hash; nothing looks like a picture of too low a quality.
            work: Only results of this work; None takes all.

        Returns:
            Name and distance in bits, 0..31, the nearest first; equally near ones by name.
        """
        if quality < MIN_QUALITY:
            return []
        wanted = _words(bytes.fromhex(pdq))
        with self._lock:
            hashes = self._tenants.get(tenant)
            if hashes is None:
                return []
            snapshot = hashes.snapshot(work)
        # Outside of the lock: what is added meanwhile lies behind the snapshot's end.
        return snapshot.near(wanted)

    def __len__(self) -> int:
        with self._lock:
            return sum(hashes.alive for hashes in self._tenants.values())

    def _take(self, rows: Sequence[HashRow]) -> int:
        with self._lock:
            new = [row for row in rows if row.seq not in self._recent_seqs]
            for row in new:
                if row.pdq is not None and row.result_id not in self._forgotten:
                    self._add(row.tenant, row.work, row.result_id, row.pdq, row.quality or 0)
            self._highest_seq = max(self._highest_seq, rows[-1].seq)
            oldest = self._highest_seq - _LOOK_BACK
            self._recent_seqs.update(row.seq for row in new)
            self._recent_seqs = {seq for seq in self._recent_seqs if seq > oldest}
        return len(new)

    def _add(self, tenant: str, work: Work, result_id: UUID, pdq: str, quality: int) -> None:
        if quality < MIN_QUALITY:
            return
        self._tenants.setdefault(tenant, _Hashes()).add(result_id, work, bytes.fromhex(pdq))


@dataclass(slots=True)
class _Hashes:
    """The hashes of one tenant, in arrays that grow by doubling. Not thread-safe by itself.

    Rows are never changed in place, but for being marked as gone; what grows or shrinks the
    arrays makes new ones, so that snapshots stay as they are.
    """

    hashes: Words = field(default_factory=lambda: np.empty((0, _HASH_WORDS), np.uint64))
    ids: Words = field(default_factory=lambda: np.empty((0, _ID_WORDS), np.uint64))
    works: npt.NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    is_gone: npt.NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_))
    numbers: dict[Work, int] = field(default_factory=dict)
    count: int = 0
    gone: int = 0

    @property
    def alive(self) -> int:
        return self.count - self.gone

    def add(self, result_id: UUID, work: Work, pdq: bytes) -> None:
        words = _words(pdq)
        if self.count == len(self.hashes):
            self._move(np.arange(self.count), max(_FIRST_CAPACITY, 2 * self.count))
        at = self.count
        self.hashes[at] = words
        self.ids[at] = np.frombuffer(result_id.bytes, np.uint64)
        self.works[at] = self.numbers.setdefault(work, len(self.numbers))
        self.is_gone[at] = False
        self.count += 1

    def forget(self, result_id: UUID) -> None:
        high, low = np.frombuffer(result_id.bytes, np.uint64)
        ids, is_gone = self.ids[: self.count], self.is_gone[: self.count]
        found = np.flatnonzero((ids[:, 0] == high) & (ids[:, 1] == low) & ~is_gone)
        is_gone[found] = True
        self.gone += len(found)
        if self.gone > max(_FIRST_CAPACITY, self.count // 2):
            alive = np.flatnonzero(~is_gone)
            self._move(alive, len(alive) + _FIRST_CAPACITY)

    def snapshot(self, work: Work | None) -> _Snapshot:
        end = self.count
        return _Snapshot(
            hashes=self.hashes[:end],
            ids=self.ids[:end],
            works=self.works[:end],
            is_gone=self.is_gone[:end],
            # -1 is the number of no work at all.
            work=None if work is None else self.numbers.get(work, -1),
        )

    def _move(self, kept: npt.NDArray[np.intp], capacity: int) -> None:
        end = self.count
        self.hashes = _grown(self.hashes[:end][kept], capacity)
        self.ids = _grown(self.ids[:end][kept], capacity)
        self.works = _grown(self.works[:end][kept], capacity)
        self.is_gone = _grown(self.is_gone[:end][kept], capacity)
        self.gone = int(np.count_nonzero(self.is_gone[: len(kept)]))
        self.count = len(kept)


@dataclass(frozen=True, slots=True)
class _Snapshot:
    hashes: Words
    ids: Words
    works: npt.NDArray[np.int32]
    is_gone: npt.NDArray[np.bool_]
    work: int | None

    def near(self, wanted: Words) -> list[tuple[UUID, int]]:
        found: dict[UUID, int] = {}
        for start in range(0, len(self.hashes), _CHUNK):
            part = slice(start, start + _CHUNK)
            distances = np.bitwise_count(self.hashes[part] ^ wanted).sum(axis=1, dtype=np.int64)
            is_near = (distances <= MAX_DISTANCE_BITS) & ~self.is_gone[part]
            if self.work is not None:
                is_near &= self.works[part] == self.work
            for at in np.flatnonzero(is_near):
                found[UUID(bytes=self.ids[start + at].tobytes())] = int(distances[at])
        return sorted(found.items(), key=lambda item: (item[1], item[0]))


def _words(pdq: bytes) -> Words:
    if len(pdq) != _HASH_BYTES:
        raise ValueError(f"a PDQ hash has {_HASH_BYTES} bytes, not {len(pdq)}")
    return np.frombuffer(pdq, np.uint64)


def _grown(rows: npt.NDArray[_Kind], capacity: int) -> npt.NDArray[_Kind]:
    grown = np.empty((capacity, *rows.shape[1:]), rows.dtype)
    grown[: len(rows)] = rows
    return grown
