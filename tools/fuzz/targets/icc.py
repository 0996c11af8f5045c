"""Colour profiles."""

from __future__ import annotations

from studio_detector.imaging.icc import is_srgb
from tools.fuzz.target import Target


def check(data: bytes) -> None:
    """A profile is sRGB, or is not; it never fails."""
    if is_srgb(data) not in {True, False}:
        raise AssertionError("neither")


TARGET = Target(title="colour profiles", check=check)
