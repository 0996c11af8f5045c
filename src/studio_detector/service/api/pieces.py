"""The pieces of a body, as they come: bounded in size, in rest and in slowness."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_detector.errors import AccessError, LimitError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable

    from starlette.requests import Request

# Of an announced length; a number with more is too large whatever it says.
_MOST_DIGITS = 15
# A short body may be as slow as it likes, within the rest between two pieces.
_GRACE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How slowly a body may come.

    Attributes:
        rest_s: Seconds between two pieces.
        bytes_per_s: Least speed.
        grace_s: Seconds of waiting for the sender after which the speed counts.
    """

    rest_s: float
    bytes_per_s: int
    grace_s: float = _GRACE_S


def announced_bytes(request: Request) -> int | None:
    """The length that a body is announced to have; None if it is not.

    Args:
        request: The request.
    """
    announced = request.headers.get("content-length")
    if announced is None:
        return None
    # Whoever announces a number of a thousand digits gets the largest that is told apart.
    return int(announced[: _MOST_DIGITS + 1])


async def pieces_of(request: Request, most_bytes: int, pace: Pace) -> AsyncGenerator[bytes, None]:
    """The pieces of a body.

    Args:
        request: The request.
        most_bytes: Bytes that it may have.
        pace: How slowly it may come.

    Yields:
        Bytes, none of them empty.

    Raises:
        LimitError: ``limit_file_size``, by the length announced or once it has come to more.
        AccessError: ``request_timeout``.
    """
    if (announced_bytes(request) or 0) > most_bytes:
        raise too_large(most_bytes)
    loop = asyncio.get_running_loop()
    total, waited_s = 0, 0.0
    stream = request.stream()
    while True:
        # Only the sender's time counts: where we are slow ourselves, it waits for us.
        begun = loop.time()
        try:
            async with asyncio.timeout(pace.rest_s):
                piece = await anext(stream, None)
        except TimeoutError as error:
            raise _too_slow(f"nothing of the body came for {pace.rest_s:g} s") from error
        if piece is None:
            return
        waited_s += loop.time() - begun
        total += len(piece)
        if total > most_bytes:
            raise too_large(most_bytes)
        if waited_s > pace.grace_s and total < waited_s * pace.bytes_per_s:
            raise _too_slow(f"the body comes at less than {pace.bytes_per_s} bytes a second")
        if piece:
            yield piece


async def gathered(pieces: AsyncIterable[bytes], least_bytes: int) -> AsyncGenerator[bytes, None]:
    """The same bytes in fewer pieces: a sender may make them of a byte or two each.

    Args:
        pieces: Of a body.
        least_bytes: Of each that is given, but for the last.
    """
    held: list[bytes] = []
    held_bytes = 0
    async for piece in pieces:
        held.append(piece)
        held_bytes += len(piece)
        if held_bytes >= least_bytes:
            yield b"".join(held)
            held, held_bytes = [], 0
    if held:
        yield b"".join(held)


def too_large(most_bytes: int) -> LimitError:
    """The error for a body of more bytes than that."""
    return LimitError(
        f"the body has more than {most_bytes:,} bytes; send a smaller one (files are bounded by "
        "max_upload_bytes and max_batch_upload_bytes of the service)",
        code="limit_file_size",
    )


def _too_slow(what: str) -> AccessError:
    return AccessError(f"{what}; send it again, faster", code="request_timeout")
