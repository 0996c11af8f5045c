"""Perceptual hashes of pictures of any size, reduced before they are hashed."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from studio_detector.batch.near_duplicates import MAX_DISTANCE_BITS, MIN_QUALITY
from studio_detector.batch.perceptual import HASHED_SIDE_PX, perceptual_hash

pdqhash = pytest.importorskip("pdqhash")


@pytest.fixture(scope="module")
def photo():
    """A photograph that a dependency ships: uint8 (512, 512, 3)."""
    from skimage import data

    return np.ascontiguousarray(data.astronaut())


def distance(one, other):
    return (int(one[0], 16) ^ int(other[0], 16)).bit_count()


def resized(rgb, side_px):
    rows, columns = rgb.shape[:2]
    scale = side_px / max(rows, columns)
    size = (round(columns * scale), round(rows * scale))
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("side_px", [1024, 700, 512, 300, 256])
def test_copies_of_another_size_are_near(photo, side_px):
    """As a shop's page and its thumbnail show the same product."""
    copy = perceptual_hash(np.ascontiguousarray(resized(photo, side_px)[:, : side_px * 3 // 4]))
    whole = perceptual_hash(np.ascontiguousarray(photo[:, :384]))

    assert distance(whole, copy) <= MAX_DISTANCE_BITS
    assert min(whole[1], copy[1]) >= MIN_QUALITY


def test_a_small_picture_is_hashed_as_it_is(photo):
    """Nothing is enlarged."""
    small = resized(photo, HASHED_SIDE_PX - 20)
    bits, quality = pdqhash.compute(small)

    assert (np.packbits(bits.astype(bool)).tobytes().hex(), quality) == perceptual_hash(small)


def test_the_hash_stays_near_that_of_the_whole_picture(photo):
    """Reducing by exact area averages loses nothing that PDQ looks at."""
    bits, quality = pdqhash.compute(photo)
    whole = (np.packbits(bits.astype(bool)).tobytes().hex(), quality)
    found = perceptual_hash(photo)

    assert distance(whole, found) <= MAX_DISTANCE_BITS
    assert abs(whole[1] - found[1]) <= 10


@pytest.mark.parametrize("shape", [(1, 1), (1, 4000), (3000, 2), (2, 2)], ids=str)
def test_the_thinnest_pictures_have_a_hash(shape):
    """Of whatever quality."""
    digits, quality = perceptual_hash(np.full((*shape, 3), 77, dtype=np.uint8))

    assert 64 == len(digits)
    assert 0 <= quality <= 100


def test_a_read_only_picture_is_left_alone(photo):
    """Pictures come read-only from the decoder."""
    rgb = photo[:200, :150].copy()
    rgb.setflags(write=False)

    assert perceptual_hash(rgb) == perceptual_hash(rgb.copy())


def test_a_flat_picture_has_no_quality():
    """There is nothing to tell it from others."""
    assert 0 == perceptual_hash(np.full((512, 300, 3), 200, dtype=np.uint8))[1]
