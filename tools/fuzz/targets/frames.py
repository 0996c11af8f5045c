"""The frames of GIF and TIFF, counted without decoding."""

from __future__ import annotations

from PIL import Image

from studio_detector.imaging.frames import count_frames
from tools.fuzz.choice import chosen
from tools.fuzz.target import Target

_MOST = 50
_UNUSED = Image.new("L", (1, 1))


def check(data: bytes) -> None:
    """At least one, and never far past the bound."""
    kind, data = chosen(data, ("GIF", "TIFF"))
    found = count_frames(kind, data, _UNUSED, _MOST)
    if not 1 <= found <= _MOST + 1:
        raise AssertionError(found)


TARGET = Target(
    title="frames of GIF and TIFF",
    check=check,
    most_bytes=1 << 13,
)
