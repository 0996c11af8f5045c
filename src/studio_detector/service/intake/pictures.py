"""What can be told of a picture before a worker sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.errors import UnreadableError
from studio_detector.imaging.limits import check_file_size
from studio_detector.imaging.sniff import sniff

if TYPE_CHECKING:
    from studio_detector.imaging.limits import Limits


def check_picture(data: bytes, limits: Limits) -> None:
    """Refuse at once what no worker could decode.

    Args:
        data: The file.
        limits: ``max_file_bytes`` counts.

    Raises:
        UnreadableError: ``empty``.
        LimitError: ``limit_file_size``.
        UnsupportedError: ``unsupported_format``.
    """
    if not data:
        raise UnreadableError("the picture has no bytes; send the file itself", code="empty")
    check_file_size(len(data), limits)
    sniff(data)
