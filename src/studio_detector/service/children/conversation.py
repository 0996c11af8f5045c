"""The parent's side of a conversation with one child about one picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio_detector.batch.supervisor import ran_out_of_memory
from studio_detector.errors import StudioDetectorError
from studio_detector.imaging.child import rebuild_error
from studio_detector.imaging.framing import FramingError, read_message, write_message
from studio_detector.service.children.quick_json import of_json
from studio_detector.service.children.replies import (
    checked_hash,
    checked_milliseconds,
    checked_outcome,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias
    from uuid import UUID

    from studio_detector.imaging.child import Child

    #: Asked with PDQ and its quality for a result that will do; None if there is none.
    WantsNear: TypeAlias = Callable[[str, int], UUID | None]

# A page is held below 1.5 MB, an overlay is 512 px wide.
_MOST_FILE_BYTES = 4 * 1024 * 1024


class Trouble:
    """An error as an answer, so that it does not end the conversation."""

    def __init__(self, error: Exception) -> None:
        self.error = error


def is_spent(answer: object) -> bool:
    """Whether an answer tells that the child ran out of memory."""
    if isinstance(answer, Trouble):
        return isinstance(answer.error, StudioDetectorError) and answer.error.code == "memory"
    return isinstance(answer, dict) and ran_out_of_memory(answer)


def analysed(
    child: Child,
    *,
    request: Mapping[str, Any],
    data: bytes,
    sha256: str,
    wants_near: WantsNear | None,
    planes_took: Callable[[float], None],
) -> dict[str, Any] | UUID | Trouble:
    """Have a picture analysed.

    Args:
        child: Who analyses.
        request: The header that asks for it.
        data: The file.
        sha256: Its digest, hex.
        wants_near: Asked in the midst, while the child waits; None asks nothing.
        planes_took: Told how many milliseconds the shared planes took, if the child tells it.

    Returns:
        The row; what ``wants_near`` gave instead; or what it raised.
    """
    write_message(child.requests, request, data)
    header, _ = read_message(child.replies, 0, of_json=of_json)
    if wants_near is not None and "row" not in header:
        pdq, quality = checked_hash(header)
        near: UUID | Trouble | None
        try:
            with child.waiting():
                near = wants_near(pdq, quality)
        except Exception as error:  # noqa: BLE001 - raised once the child was told
            near = Trouble(error)
        write_message(child.requests, {"is_wanted": near is None})
        if near is not None:
            return near
        header, _ = read_message(child.replies, 0, of_json=of_json)
    row = checked_outcome(header.get("row"), sha256)
    planes_ms = checked_milliseconds(header)
    if planes_ms is not None:
        planes_took(planes_ms)
    return row


def file_of(
    child: Child, *, request: Mapping[str, Any], data: bytes, is_fine: Callable[[bytes], bool]
) -> bytes | Trouble:
    """Have something drawn.

    Args:
        child: Who draws.
        request: The header that asks for it.
        data: The file of the picture; nothing where it is gone.
        is_fine: Whether a file is of the kind that was asked for.

    Returns:
        The file, or why there is none.
    """
    write_message(child.requests, request, data)
    header, file = read_message(child.replies, _MOST_FILE_BYTES)
    error = rebuild_error(header)
    if error is not None:
        return Trouble(error)
    if not is_fine(file):
        raise FramingError("a file of another kind")
    return file
