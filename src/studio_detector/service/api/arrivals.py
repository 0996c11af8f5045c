"""Archives that are taken in while they come, so that neither memory nor disk holds them."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from studio_detector.service.api.pieces import gathered
from studio_detector.service.api.threads import call
from studio_detector.service.intake.arriving import Arriving

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable

    from anyio import CapacityLimiter

_T = TypeVar("_T")

# Fewer changes between the threads than there are pieces.
_AT_ONCE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Begun:
    """A body of which the beginning has come.

    Attributes:
        head: The first bytes, or all there are.
        pieces: All of it, from its beginning.
    """

    head: bytes
    pieces: AsyncGenerator[bytes, None]


async def begun(pieces: AsyncGenerator[bytes, None], head_bytes: int) -> Begun:
    """Read the beginning of a body.

    Args:
        pieces: The body; see `pieces_of`.
        head_bytes: How much of it is wanted; less where there is no more.

    Raises:
        StudioDetectorError: As `pieces_of`.
    """
    first: list[bytes] = []
    missing = head_bytes
    while missing > 0 and (piece := await anext(pieces, None)) is not None:
        first.append(piece)
        missing -= len(piece)

    async def again() -> AsyncGenerator[bytes, None]:
        for piece in first:
            yield piece
        first.clear()
        async for piece in pieces:
            yield piece

    return Begun(b"".join(first)[:head_bytes], again())


async def taken_in(
    pieces: AsyncIterator[bytes],
    threads: CapacityLimiter,
    take: Callable[[Arriving], _T],
    *,
    is_hashed: bool,
) -> _T:
    """Take a body in while it comes.

    Args:
        pieces: The body.
        threads: Where it is read; there must be room for a thread.
        take: Reads it, in such a thread, and gives what came of it. What it does not read is
            thrown away: an answer before the body was sent would not reach most senders.
        is_hashed: Whether `Arriving.digest` will be asked for.

    Returns:
        What ``take`` gives.

    Raises:
        StudioDetectorError: As `pieces_of`, whatever became of what had come; or as ``take``.
    """
    arriving = Arriving(is_hashed=is_hashed)
    taking = asyncio.create_task(call(threads, take, arriving))
    # Also where no thread could be had: nobody waits for a reader that is not there.
    taking.add_done_callback(lambda _: arriving.leave())
    try:
        await _feed(pieces, arriving)
    except BaseException:
        arriving.break_off()
        # Nothing of a request may go on once it is over.
        with contextlib.suppress(Exception):
            await taking
        raise
    arriving.end()
    return await taking


async def _feed(pieces: AsyncIterator[bytes], arriving: Arriving) -> None:
    async for part in gathered(pieces, _AT_ONCE_BYTES):
        if not arriving.feed(part):
            await asyncio.to_thread(arriving.wait_for_room)
