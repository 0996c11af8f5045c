"""Where blocking work runs: beside the event loop, each kind with room of its own."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import anyio.to_thread
from anyio import CapacityLimiter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

_P = ParamSpec("_P")
_T = TypeVar("_T")

_INTAKE = 16
_ARCHIVES = 4
_ARRIVALS = 2
_LARGE = 4
_READS = 16
_DRAWING = 4
_STREAMS = 4
_DOOR = 16
_ERASING = 4
_METRICS = 2


def _limiter(threads: int) -> Callable[[], CapacityLimiter]:
    return functools.partial(CapacityLimiter, threads)


@dataclass(frozen=True, slots=True)
class Threads:
    """Threads for each kind of work, so that a flood of one starves none of the others.

    Attributes:
        intake: Accepting pictures: hashing, keeping, the store.
        archives: Accepting archives and lists, which takes seconds.
        arrivals: Accepting archives while they come, which takes as long as that.
        large: Accepting pictures that lie in files, each of which is read into memory then.
        reads: Short questions to the store.
        drawing: Pages and overlays, which wait for a child process.
        streams: Parts of long lists.
        door: Looking up keys, and counts of requests on another machine.
        erasing: Erasing, which may take as long as there is much of it.
        metrics: Looking at the metrics, which may wait for the store.
    """

    intake: CapacityLimiter = field(default_factory=_limiter(_INTAKE))
    archives: CapacityLimiter = field(default_factory=_limiter(_ARCHIVES))
    arrivals: CapacityLimiter = field(default_factory=_limiter(_ARRIVALS))
    large: CapacityLimiter = field(default_factory=_limiter(_LARGE))
    reads: CapacityLimiter = field(default_factory=_limiter(_READS))
    drawing: CapacityLimiter = field(default_factory=_limiter(_DRAWING))
    streams: CapacityLimiter = field(default_factory=_limiter(_STREAMS))
    door: CapacityLimiter = field(default_factory=_limiter(_DOOR))
    erasing: CapacityLimiter = field(default_factory=_limiter(_ERASING))
    metrics: CapacityLimiter = field(default_factory=_limiter(_METRICS))


async def call(
    limiter: CapacityLimiter, work: Callable[_P, _T], *arguments: _P.args, **named: _P.kwargs
) -> _T:
    """Run a blocking function in a thread.

    Args:
        limiter: Whose room it takes; it waits while there is none.
        work: The function.
        arguments: Its arguments.
        named: Likewise.
    """
    if named:
        return await anyio.to_thread.run_sync(
            functools.partial(work, *arguments, **named), limiter=limiter
        )
    return await anyio.to_thread.run_sync(work, *arguments, limiter=limiter)


async def streamed(limiter: CapacityLimiter, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Take pieces from a blocking iterator, each in a thread.

    Args:
        limiter: Whose room each piece takes; none is taken while the caller reads slowly.
        pieces: The iterator.

    Yields:
        The pieces.
    """
    while (piece := await call(limiter, next, pieces, None)) is not None:
        yield piece
