"""Small pictures with something to measure, shared by tests of what is kept and judged again."""

from __future__ import annotations

import hashlib

import numpy as np

from pool_photos import encoded


def picture(seed):
    """Coarse noise on a plain ground: uint8 (96, 128, 3)."""
    random = np.random.default_rng(seed)
    rgb = np.full((96, 128, 3), random.integers(60, 250), dtype=np.uint8)
    rgb[20:70, 30:100] = np.kron(
        random.integers(0, 256, (10, 14, 3), dtype=np.uint8), np.ones((5, 5, 1), dtype=np.uint8)
    )
    return rgb


def file(seed):
    """The same as a PNG."""
    return encoded(picture(seed))


def sha256(data):
    """Digest of a file, hex."""
    return hashlib.sha256(data).hexdigest()
