"""Small pictures as text, for the contact sheet of a report."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import cv2

from studio_detector.errors import InputError
from studio_detector.imaging import load

if TYPE_CHECKING:
    from pathlib import Path

#: Long side of a thumbnail.
SIDE_PX = 220
_JPEG_QUALITY = 80


def thumbnail(path: Path, *, side_px: int = SIDE_PX) -> str | None:
    """A picture as a ``data:`` URI of a small JPEG without any metadata.

    Args:
        path: The photograph.
        side_px: Long side; smaller pictures are not enlarged.

    Returns:
        The URI; None if the photograph can no longer be read.
    """
    try:
        frame = load(path, working_size_px=side_px)
    except InputError:
        return None
    _, data = cv2.imencode(".jpg", frame.rgb[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode('ascii')}"
