"""Groups of photos that look alike."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_detector.batch import near_duplicates
from studio_detector.batch.near_duplicates import (
    MAX_DISTANCE_BITS,
    MIN_QUALITY,
    HashList,
    connected,
)


def _flipped(bits, flips):
    bits = bits.copy()
    bits[list(flips)] ^= 1
    return bits


def _words(bits):
    return np.packbits(np.array(bits, dtype=np.uint8).reshape(-1, 256), axis=1).view(np.uint16)


def _by_force(bits):
    """Smallest index reached from each hash by steps of at most 31 bits, compared one by one."""
    near = (bits[:, None] != bits[None, :]).sum(axis=2) <= MAX_DISTANCE_BITS
    reached = near
    for _ in bits:
        reached = (reached.astype(int) @ near.astype(int)) > 0
    return reached.argmax(axis=1)


@st.composite
def hashes(draw):
    """Some random hashes, and others made from earlier ones by flipping up to 40 bits."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    bits = [random.integers(0, 2, 256)]
    for _ in range(draw(st.integers(0, 14))):
        origin = draw(st.none() | st.integers(0, len(bits) - 1))
        if origin is None:
            bits.append(random.integers(0, 2, 256))
        else:
            flips = draw(st.sampled_from([0, 1, 15, 30, 31, 32, 33, 40]))
            bits.append(_flipped(bits[origin], random.choice(256, flips, replace=False)))
    return np.array(bits, dtype=np.uint8)


@settings(max_examples=80, deadline=None)
@given(hashes())
def test_the_index_finds_what_comparing_all_with_all_finds(bits):
    """No pair is missed, none is invented."""
    assert _by_force(bits).tolist() == connected(_words(bits)).tolist()


@pytest.mark.parametrize("spread", ["one word", "evenly", "two in each"])
def test_31_bits_are_near_and_32_are_not_wherever_they_lie(spread):
    """The pigeonholes hold at their edge: 31 bits over 16 words."""
    start = np.random.default_rng(5).integers(0, 2, 256).astype(np.uint8)
    places = {
        "one word": range(40),
        "evenly": [16 * (n % 16) + n // 16 for n in range(40)],
        "two in each": [
            0,
            *(16 * w + b for w in range(1, 16) for b in (0, 1)),
            1,
            2,
        ],
    }[spread]

    for flips, expected in ((31, [0, 0]), (32, [0, 1])):
        bits = np.array([start, _flipped(start, list(places)[:flips])])
        assert expected == connected(_words(bits)).tolist()


@settings(max_examples=20, deadline=None)
@given(hashes(), st.integers(1, 9))
def test_small_pieces_change_nothing(bits, pieces):
    """Candidates are compared in pieces of bounded size."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(near_duplicates, "_PAIRS", pieces)
        assert _by_force(bits).tolist() == connected(_words(bits)).tolist()


def _result(bits, quality=100):
    return {"pdq": np.packbits(bits).tobytes().hex(), "pdq_quality": quality}


def test_groups_are_numbered_by_their_first_rows_and_loners_have_none():
    """Failures and flat pictures keep their place without a group."""
    random = np.random.default_rng(3)
    one, two, lone, flat = random.integers(0, 2, (4, 256), dtype=np.uint8)
    hashes = HashList()
    for result in (
        _result(lone),
        _result(two),
        {"error": {}},
        _result(one),
        _result(flat, MIN_QUALITY - 1),
        _result(_flipped(two, range(20))),
        _result(flat, MIN_QUALITY - 1),
        _result(one, MIN_QUALITY),
        _result(_flipped(two, range(45))),  # near the one before, not near the first
    ):
        hashes.add(result)

    assert [0, 1, 0, 2, 0, 1, 0, 2, 1] == hashes.groups().tolist()


def test_no_photos_no_groups():
    """Nor a complaint."""
    assert [] == HashList().groups().tolist()
    empty = HashList()
    empty.add({"error": {}})
    assert [0] == empty.groups().tolist()


def test_ten_thousand_copies_are_one_group_without_comparing_them_all():
    """Equal hashes are put together before any pair is made."""
    hashes = HashList()
    same = _result(np.random.default_rng(1).integers(0, 2, 256, dtype=np.uint8))
    for _ in range(10_000):
        hashes.add(same)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(near_duplicates, "_expanded", _no_pairs)
        assert {1} == set(hashes.groups().tolist())


def _no_pairs(_order, members, _begins, lengths):
    assert not lengths.sum()
    yield from ()
