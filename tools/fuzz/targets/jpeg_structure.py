"""The markers of a JPEG, walked without decoding."""

from __future__ import annotations

from studio_detector.imaging.jpeg import MAX_SCANS, read_structure
from tools.fuzz.target import Target


def check(data: bytes) -> None:
    """There are no more scans than are decoded, and no memory below nothing."""
    structure = read_structure(b"\xff\xd8" + data)
    if len(structure.scans) > MAX_SCANS:
        raise AssertionError(len(structure.scans))
    if structure.coefficient_bytes() < 0:
        raise AssertionError(structure.coefficient_bytes())
    structure.lacks_scans()
    structure.is_single_scan()


TARGET = Target(
    title="markers of a JPEG",
    check=check,
    # The search itself keeps a kilobyte of each try here; without it, memory stays level.
    memory_mib=8192,
)
