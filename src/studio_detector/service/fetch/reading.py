"""Bodies of answers, read up to a bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.errors import LimitError
from studio_detector.service.fetch.faults import failed

if TYPE_CHECKING:
    from studio_detector.service.fetch.client import Reply
    from studio_detector.service.fetch.target import Target

_MOST_DIGITS = 18


def read_body(reply: Reply, target: Target, max_bytes: int, *, what: str) -> bytes:
    """Read the body of an answer.

    Args:
        reply: The answer, unread.
        target: Who gave it.
        max_bytes: The most it may have.
        what: A word for it in messages, "picture".

    Raises:
        FetchError: ``fetch_failed`` for one that is packed: a small body could unpack into any
            number of bytes, so none is unpacked.
        LimitError: ``limit_file_size``.
    """
    encoding = reply.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        raise failed(
            f"{target.origin} sent the {what} with the content encoding {encoding[:40]!r}, "
            "though it was asked for none"
        )
    declared = reply.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit():
        _keep_to(int(declared[:_MOST_DIGITS]), max_bytes, target, what)
    data = bytearray()
    for piece in reply.body:
        _keep_to(len(data) + len(piece), max_bytes, target, what)
        data += piece
    return bytes(data)


def _keep_to(size: int, max_bytes: int, target: Target, what: str) -> None:
    if size > max_bytes:
        raise LimitError(
            f"the {what} at {target.origin} has {size} bytes or more; {max_bytes} are allowed",
            code="limit_file_size",
        )
