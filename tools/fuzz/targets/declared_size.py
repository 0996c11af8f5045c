"""The size that a picture declares, read before any decoder sees it."""

from __future__ import annotations

from studio_detector.imaging.declared_size import declared_pixels
from tools.fuzz.target import Target


def check(data: bytes) -> None:
    """A number of pixels, or none; it never fails."""
    pixels = declared_pixels(data)
    if pixels is not None and pixels < 1:
        raise AssertionError(pixels)


TARGET = Target(title="size that a picture declares", check=check)
