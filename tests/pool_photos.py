"""Pictures, names for rows, and `Seen` in memory, shared by the tests of the pool."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from studio_detector.sources.photo import Photo


def encoded(rgb, format_name="PNG", **options):
    """The file of a picture."""
    stream = io.BytesIO()
    Image.fromarray(np.asarray(rgb, dtype=np.uint8)).save(stream, format_name, **options)
    return stream.getvalue()


def flat(colour, side_px=48):
    """A PNG of one colour."""
    return encoded(np.full((side_px, side_px, 3), colour))


def noisy(seed, side_px=96):
    """A PNG of coarse noise, of other bytes for every seed."""
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return encoded(np.kron(coarse, np.ones((side_px // 8, side_px // 8, 1))))


def photo(source, path=None):
    """A photo named by its path, or by what is given."""
    return Photo(source=source, path=str(source) if path is None else path)


def untimed(row):
    """A row without what no two runs share."""
    return {key: value for key, value in row.items() if key != "timing_ms"}


def code(row):
    """Its error code; None for a verdict."""
    return row["error"]["code"] if "error" in row else None


class SeenInMemory:
    """`Seen` that a test can look into and empty."""

    def __init__(self):
        self.rows = {}

    def get(self, sha256):
        return self.rows.get(sha256)

    def put(self, sha256, row):
        self.rows.setdefault(sha256, dict(row))
