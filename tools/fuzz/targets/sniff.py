"""The first bytes of a file."""

from __future__ import annotations

from studio_detector.imaging.sniff import FORMATS, sniff
from tools.fuzz.target import Target

_HEAD_BYTES = 1024


def check(data: bytes) -> None:
    """The head alone decides, and gives a format that is decoded."""
    found = sniff(data)
    if found not in FORMATS:
        raise AssertionError(found)
    if sniff(data[:_HEAD_BYTES]) != found:
        raise AssertionError("more than the head was asked")


TARGET = Target(
    title="kind of a picture by its first bytes",
    check=check,
    most_bytes=2048,
)
