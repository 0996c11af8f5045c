"""Pictures for a service: words of the command line, several asked about at once."""

from __future__ import annotations

import sys
import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from studio_detector.client.sources import is_address
from studio_detector.pipeline.report import Failure
from studio_detector.reporting.printable import printable
from studio_detector.sources.arguments import expand
from studio_detector.sources.photo import Note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import BinaryIO

    from studio_detector.cli.run import Run
    from studio_detector.client.sources import Source

_T = TypeVar("_T")
_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture to ask about.

    Attributes:
        path: What it is called.
        source: What the client is given.
    """

    path: str
    source: Source


def pictures(run: Run, words: tuple[str, ...], *, quiet: bool) -> Iterator[Picture | Failure]:
    """The pictures that words of the command line mean: those of ``analyse``, and addresses."""
    stdin: BinaryIO | None = getattr(sys.stdin, "buffer", None)  # None where it is closed
    for word in words:
        if is_address(word):
            yield Picture(word, word)
            continue
        for item in expand((word,), stdin):
            if isinstance(item, Note):
                if not quiet:
                    run.console.say(printable(item.text) + "\n")
            elif isinstance(item, Failure):
                yield item
            else:
                yield Picture(item.path, item.source)


def in_order(items: Iterable[_T], work: Callable[[_T], _R], parallel: int) -> Iterator[_R]:
    """Do something for each item, a few at a time, and give what came of it in order.

    The threads end with the process, so that an interrupt does not wait for answers.

    Args:
        items: Taken no earlier than needed.
        work: What to do; what it raises is raised here.
        parallel: How many at a time.
    """
    tasks: SimpleQueue[tuple[_T, Future[_R]] | None] = SimpleQueue()
    for _ in range(parallel):
        threading.Thread(target=_worked, args=(tasks, work), daemon=True).start()
    begun: deque[Future[_R]] = deque()
    try:
        for item in items:
            future: Future[_R] = Future()
            tasks.put((item, future))
            begun.append(future)
            if len(begun) > parallel:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
    finally:
        for future in begun:
            future.cancel()
        for _ in range(parallel):
            tasks.put(None)


def _worked(tasks: SimpleQueue[tuple[_T, Future[_R]] | None], work: Callable[[_T], _R]) -> None:
    while (task := tasks.get()) is not None:
        item, future = task
        if not future.set_running_or_notify_cancel():
            continue
        try:
            future.set_result(work(item))
        except BaseException as error:  # noqa: BLE001 - raised where the result is asked for
            future.set_exception(error)
