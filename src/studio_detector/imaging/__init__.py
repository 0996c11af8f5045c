"""From bytes to a Frame: sniffed, limited, decoded, colour-managed, upright, at working size."""

from __future__ import annotations

from studio_detector.imaging.frame import DECODE_VERSION, Frame
from studio_detector.imaging.isolated import IsolatedLoader
from studio_detector.imaging.limits import Limits
from studio_detector.imaging.load import WORKING_SIZE_PX, load
from studio_detector.imaging.sniff import FORMATS, sniff

__all__ = [
    "DECODE_VERSION",
    "FORMATS",
    "WORKING_SIZE_PX",
    "Frame",
    "IsolatedLoader",
    "Limits",
    "load",
    "sniff",
]
