"""Groups of photos that look alike: perceptual hashes a few bits apart.

Two pictures are near duplicates if their PDQ hashes differ in at most 31 of 256 bits and both
have a quality of at least 50, the bounds that the authors of PDQ recommend (Facebook,
"The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019). A group is
what hangs together by such pairs, so its ends may be further apart.

Pairs are found by multi-index hashing (Norouzi, Punjani and Fleet 2012): a hash has 16 words
of 16 bits; of 31 differing bits, some word holds at most one. So two near duplicates share a
word, or differ in one bit of it, and only pictures that do are compared.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    Words = npt.NDArray[np.uint16]
    Indexes = npt.NDArray[np.int64]

#: Most bits in which the hashes of near duplicates differ.
MAX_DISTANCE_BITS = 31
#: Least quality of a hash; below, there is too little in the picture to tell it from others.
MIN_QUALITY = 50

_HASH_BYTES = 32
_WORDS = 16
# Pairs compared at once: 64 bytes each.
_PAIRS = 1 << 18


@dataclass(slots=True)
class HashList:
    """The hashes of all photos, 36 bytes each; all that a search for near duplicates keeps.

    Attributes:
        rows: Rows seen, hashed or not.
    """

    rows: int = 0
    _hashes: bytearray = field(default_factory=bytearray)
    _at: array[int] = field(default_factory=lambda: array("I"))

    def add(self, result: dict[str, Any]) -> None:
        """Take the hash of the next row, if it has one good enough."""
        pdq = result.get("pdq")
        if pdq is not None and (result.get("pdq_quality") or 0) >= MIN_QUALITY:
            self._hashes += bytes.fromhex(pdq)
            self._at.append(self.rows)
        self.rows += 1

    def groups(self) -> npt.NDArray[np.uint32]:
        """Group every row.

        Returns:
            uint32 (rows,): number of the group, from 1 in the order of their first rows; 0
            for a photo without near duplicates.
        """
        hashes = np.frombuffer(bytes(self._hashes), dtype=">u2").astype(np.uint16)
        labels = connected(hashes.reshape(-1, _WORDS))
        grouped = np.zeros(self.rows, dtype=np.uint32)
        if labels.size:
            sizes = np.bincount(labels, minlength=labels.size)
            shared = sizes[labels] > 1
            # Labels are first members, so sorting them numbers groups by their first rows.
            _, numbers = np.unique(labels[shared], return_inverse=True)
            grouped[np.asarray(self._at)[shared]] = numbers + 1
        return grouped


def connected(hashes: Words) -> Indexes:
    """Connect hashes that are near.

    Args:
        hashes: uint16 (n, 16), in any order.

    Returns:
        int64 (n,): the smallest index that each hash is connected with, itself included.
    """
    # Equal hashes first: a picture stored ten thousand times would make 50 million pairs.
    unique, first, inverse = np.unique(hashes, axis=0, return_index=True, return_inverse=True)
    parents = np.arange(len(unique))
    for left, right in _near_pairs(unique):
        _join(parents, left, right)
    smallest = np.full(len(unique), len(hashes))
    np.minimum.at(smallest, parents, first)
    labels: Indexes = smallest[parents][inverse.reshape(-1)]
    return labels


def _near_pairs(hashes: Words) -> Iterator[tuple[Indexes, Indexes]]:
    """Pairs of indexes of near hashes, in pieces; a pair may come several times."""
    packed = np.ascontiguousarray(hashes).view(np.uint64)
    for left, right in _candidates(hashes):
        distances = np.bitwise_count(packed[left] ^ packed[right]).sum(axis=1, dtype=np.int64)
        near = distances <= MAX_DISTANCE_BITS
        if near.any():
            yield left[near], right[near]


def _candidates(hashes: Words) -> Iterator[tuple[Indexes, Indexes]]:
    """Pairs of indexes that agree in a word up to one bit, in pieces of about `_PAIRS`."""
    for word in range(_WORDS):
        order = np.argsort(hashes[:, word], kind="stable")
        values, starts, counts = np.unique(
            hashes[order, word], return_index=True, return_counts=True
        )
        yield from _within(order, starts, counts)
        for bit in range(_WORDS):
            partners = values ^ np.uint16(1 << bit)
            at = np.searchsorted(values, partners)
            at[at == len(values)] = 0
            # Each pair of buckets once.
            met = np.flatnonzero((values[at] == partners) & (values < partners))
            yield from _across(order, starts, counts, met, at[met])


def _within(order: Indexes, starts: Indexes, counts: Indexes) -> Iterator[tuple[Indexes, Indexes]]:
    """Pairs of members of one bucket: the first with all after it, then the second ..."""
    crowded = np.flatnonzero(counts > 1)
    lengths = counts[crowded]
    # One job for each member: its partners are those behind it in its bucket.
    bucket = np.repeat(np.arange(len(crowded)), lengths)
    rank = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    begin = starts[crowded][bucket] + rank
    behind = lengths[bucket] - rank - 1
    yield from _expanded(order, begin, begin + 1, behind)


def _across(
    order: Indexes, starts: Indexes, counts: Indexes, ones: Indexes, others: Indexes
) -> Iterator[tuple[Indexes, Indexes]]:
    """Pairs with one member in one bucket and one in another."""
    lengths = counts[ones]
    bucket = np.repeat(np.arange(len(ones)), lengths)
    rank = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    yield from _expanded(
        order, starts[ones][bucket] + rank, starts[others][bucket], counts[others][bucket]
    )


def _expanded(
    order: Indexes, members: Indexes, begins: Indexes, lengths: Indexes
) -> Iterator[tuple[Indexes, Indexes]]:
    """Pair each member with a run of places, in pieces that are bounded in size."""
    ends = np.cumsum(lengths)
    done = 0
    start = 0
    while start < len(members):
        stop = max(start + 1, int(np.searchsorted(ends, done + _PAIRS, side="right")))
        length = lengths[start:stop]
        total = int(length.sum())
        if total:
            offsets = np.arange(total) - np.repeat(np.cumsum(length) - length, length)
            yield (
                order[np.repeat(members[start:stop], length)],
                order[np.repeat(begins[start:stop], length) + offsets],
            )
        done += total
        start = stop


def _join(parents: Indexes, left: Indexes, right: Indexes) -> None:
    """Merge the trees of pairs, in place; afterwards every parent is a root."""
    while True:
        one, other = parents[left], parents[right]
        differing = one != other
        if not differing.any():
            return
        left, right = left[differing], right[differing]
        one, other = one[differing], other[differing]
        np.minimum.at(parents, np.maximum(one, other), np.minimum(one, other))
        while True:
            roots = parents[parents]
            if np.array_equal(roots, parents):
                break
            parents[:] = roots
