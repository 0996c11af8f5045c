"""The inputs of a batch on their way into the pool, and past it."""

from __future__ import annotations

from collections import deque
from glob import has_magic
from typing import TYPE_CHECKING

from studio_detector.errors import InputError, OutputError, StudioDetectorError
from studio_detector.imaging.source import read_source
from studio_detector.pipeline.report import Failure
from studio_detector.sources.archives.archive import is_archive
from studio_detector.sources.arguments import STANDARD_INPUT
from studio_detector.sources.open import batch_sources
from studio_detector.sources.photo import Note, Photo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from studio_detector.imaging.limits import Limits
    from studio_detector.sources.open import SourceOptions


class Inputs:
    """Photos and failures for the pool; notes go to people.

    Args:
        items: What sources give.
        note: Is told every note.
        keeps: Whether photos are wanted again when their results come; then those in flight
            are held, and streams are read into memory, since they can be read only once.
        limits: Bounds of what is read.
    """

    def __init__(
        self,
        items: Iterable[Photo | Failure | Note],
        *,
        note: Callable[[str], None],
        keeps: bool,
        limits: Limits,
    ) -> None:
        self._items = iter(items)
        self._note = note
        self._keeps = keeps
        self._limits = limits
        self._in_flight: deque[Photo | Failure] = deque()
        self._passed = 0
        #: Whether all of them were given.
        self.is_exhausted = False

    def __iter__(self) -> Iterator[Photo | Failure]:
        return self

    def __next__(self) -> Photo | Failure:
        for item in self._items:
            if isinstance(item, Note):
                self._note(item.text)
                continue
            if not self._keeps:
                return item
            kept = item if isinstance(item, Failure) else self._in_memory(item)
            self._in_flight.append(kept)
            return kept
        self.is_exhausted = True
        raise StopIteration

    def next_kept(self) -> Photo | None:
        """The photo that the next result is of; None for a failure, or if none are kept."""
        if not self._in_flight:
            return None
        item = self._in_flight.popleft()
        return None if isinstance(item, Failure) else item

    def pass_by(self, path: str | None) -> None:
        """Take the next input out of the way, whose row is there already.

        Raises:
            OutputError: ``resume_mismatch`` if it is not the one that the row is of.
        """
        item = next(self, None)
        self._passed += 1
        if item is not None and item.path == path:
            return
        now = "there is none" if item is None else f"it is {item.path!r}"
        raise OutputError(
            f"the inputs are not those of the unfinished run: number {self._passed} was {path!r}, "
            f"now {now}; give the same inputs, or start again with --overwrite",
            code="resume_mismatch",
        )

    def _in_memory(self, photo: Photo) -> Photo | Failure:
        if isinstance(photo.source, str | bytes):
            return photo
        try:
            return Photo(source=read_source(photo.source, self._limits), path=photo.path)
        except InputError as error:
            return Failure.of(photo.path, error)


def count_inputs(
    arguments: Sequence[str], options: SourceOptions, is_over: Callable[[], bool]
) -> int | None:
    """Count the inputs without reading any photo.

    Args:
        arguments: What `batch_sources` is to be given.
        options: Likewise.
        is_over: Asked now and then whether the number is still wanted.

    Returns:
        The number of rows there will be; None if it is not wanted any more, or if it cannot be
        had for less than the run itself: from standard input and from archives.
    """
    if any(name == STANDARD_INPUT or is_archive(name) or has_magic(name) for name in arguments):
        return None
    rows = 0
    try:
        for item in batch_sources(arguments, None, options):
            if is_over():
                return None
            rows += not isinstance(item, Note)
    except StudioDetectorError:
        return None
    return rows
