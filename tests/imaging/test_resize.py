"""Reduction: sizes, area averaging, scaled decoding, independence of threads."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from studio_detector.imaging import load
from studio_detector.imaging.jpeg import DRAFT_MARGIN_RATIO, draft_divisor
from studio_detector.imaging.resize import reduce_area, working_shape

SIDES = st.integers(1, 70_000)


@given(SIDES, SIDES, st.integers(1, 4_000))
def test_the_long_side_is_met_and_nothing_is_enlarged(rows_px, columns_px, working_size_px):
    """And the short side never vanishes."""
    rows, columns = working_shape(rows_px, columns_px, working_size_px)

    assert min(max(rows_px, columns_px), working_size_px) == max(rows, columns)
    assert 1 <= rows <= rows_px
    assert 1 <= columns <= columns_px
    assert (columns, rows) == working_shape(columns_px, rows_px, working_size_px)


@given(SIDES, SIDES, st.integers(1, 4_000))
def test_scaled_decoding_keeps_its_margin(rows_px, columns_px, working_size_px):
    """The largest divisor that leaves more than is needed."""
    divisor = draft_divisor(rows_px, columns_px, working_size_px)
    long_px = max(rows_px, columns_px)

    assert divisor in {1, 2, 4, 8}
    assert divisor == 1 or long_px >= divisor * DRAFT_MARGIN_RATIO * working_size_px
    assert divisor == 8 or long_px < 2 * divisor * DRAFT_MARGIN_RATIO * working_size_px


def test_reduction_by_a_whole_factor_is_the_mean_of_its_area():
    """For bytes, wide samples and floats."""
    noise = np.random.default_rng(4).integers(0, 256, (64, 48, 3))
    means = noise.reshape(16, 4, 12, 4, 3).mean(axis=(1, 3))
    for dtype, tolerance in ((np.uint8, 0.51), (np.uint16, 0.51), (np.float32, 1e-3)):
        reduced = reduce_area(noise.astype(dtype), (16, 12))

        assert dtype == reduced.dtype
        assert np.abs(reduced - means).max() <= tolerance


def test_reduction_keeps_the_mean():
    """Area averaging loses no light, at any factor."""
    noise = np.random.default_rng(4).integers(0, 256, (701, 533), dtype=np.uint8)

    assert abs(reduce_area(noise, (97, 74)).mean() - noise.mean()) < 0.1


@pytest.mark.parametrize(
    ("side_px", "tolerance"), [(384, 1.5), (768, 1.5), (1536, 1.5), (437, 3), (811, 3), (1571, 3)]
)
def test_scaled_decoding_comes_close_to_a_full_one(encode, side_px, tolerance):
    """Through each divisor, against the same picture as a lossless file.

    Sides that the divisor does not divide lie up to half a scaled pixel off.
    """
    rows, columns = np.mgrid[0:side_px, 0 : side_px // 4] / side_px
    waves = 128 + 90 * np.sin(20 * rows + 30 * columns**2) * np.cos(40 * columns)
    scene = Image.fromarray(np.clip(waves, 0, 255).astype(np.uint8)).convert("RGB")
    scaled = load(encode(scene, "JPEG", quality=95), working_size_px=128)
    full = load(encode(scene, "PNG", compress_level=1), working_size_px=128)

    assert full.rgb.shape == scaled.rgb.shape
    assert (full.original_rows_px, full.original_columns_px) == (side_px, side_px // 4)
    assert (scaled.original_rows_px, scaled.original_columns_px) == (side_px, side_px // 4)
    assert np.abs(full.rgb.astype(int) - scaled.rgb).mean() < tolerance


def test_threads_do_not_change_pixels_and_importing_sets_none():
    """The same reduction under 1, 2, 3 and 8 threads of OpenCV, in a process of its own."""
    script = """
import sys, hashlib
import cv2
before = cv2.getNumThreads()
from studio_detector.imaging.resize import reduce_area
import studio_detector.imaging.decode
assert cv2.getNumThreads() == before
import numpy as np
noise = np.random.default_rng(0).integers(0, 256, (1501, 2003, 3), dtype=np.uint8)
for threads in (1, 2, 3, 8):
    cv2.setNumThreads(threads)
    print(hashlib.sha256(reduce_area(noise, (384, 512)).tobytes()).hexdigest())
"""
    printed = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    ).stdout.split()

    assert 4 == len(printed)
    assert 1 == len(set(printed))


def test_decoding_twice_gives_the_same_pixels(encode):
    """And so does another process, which the loader contract tests."""
    noise = np.random.default_rng(6).integers(0, 256, (1000, 1500, 3), dtype=np.uint8)
    data = encode(Image.fromarray(noise), "JPEG")
    digests = {hashlib.sha256(load(data).rgb.tobytes()).hexdigest() for _ in range(3)}

    assert 1 == len(digests)


def test_naming_load_and_limits_imports_no_codec():
    """The command line's help must not pay for OpenCV, Pillow and NumPy."""
    script = """
import sys
from studio_detector.imaging import IsolatedLoader, Limits, load
print(sorted({"cv2", "PIL", "numpy", "pi_heif"} & sys.modules.keys()))
"""
    printed = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    ).stdout

    assert "[]" == printed.strip()
