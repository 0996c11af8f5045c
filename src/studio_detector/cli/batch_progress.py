"""How a batch is watched: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Protocol, Self, get_args

from studio_detector.batch.plan import Watcher
from studio_detector.decision.policy import Label
from studio_detector.reporting.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from rich.progress import Progress, TaskID

    from studio_detector.batch.counts import Counts
    from studio_detector.cli.streams import Console

#: Seconds between two lines where there is no terminal.
LINE_EVERY_S = 30.0


class BatchDisplay(Watcher, Protocol):
    """A `Watcher` that is open for as long as a batch runs.

    Attributes:
        total: Photos in all; None as long as nobody has counted them.
    """

    total: int | None

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


def open_display(console: Console, *, quiet: bool, is_terminal: bool) -> BatchDisplay:
    """The display that fits standard error.

    Args:
        console: Standard error.
        quiet: Show nothing at all.
        is_terminal: Whether a person looks at it while the batch runs.
    """
    if quiet:
        return _Nothing()
    return _Bar(console) if is_terminal else _Lines(console)


def counts_words(counts: Counts) -> str:
    """The counts in words: "3 studio, 1 natural, 0 uncertain, 0 failed"."""
    parts = [f"{counts.labels[label]:,} {label}" for label in get_args(Label)]
    return ", ".join([*parts, f"{counts.failed:,} failed"])


@dataclass(slots=True)
class _Nothing:
    total: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def note(self, text: str) -> None:
        pass

    def resumed(self, counts: Counts) -> None:
        pass

    def advanced(self, counts: Counts) -> None:
        pass

    def assembling(self, rows: int) -> None:
        pass


@dataclass(slots=True)
class _Lines:
    """For files and pipes: a log with a line every `LINE_EVERY_S`."""

    console: Console
    clock: Callable[[], float] = monotonic
    total: int | None = None
    _started: float = 0.0
    _said: float = 0.0
    _before: int = 0

    def __enter__(self) -> Self:
        self._started = self._said = self.clock()
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def note(self, text: str) -> None:
        self.console.say(printable(text) + "\n")

    def resumed(self, counts: Counts) -> None:
        self._before = counts.rows
        self._started = self._said = self.clock()
        self.console.say(f"resumed after {counts.rows:,} photos: {counts_words(counts)}\n")

    def advanced(self, counts: Counts) -> None:
        now = self.clock()
        if now - self._said < LINE_EVERY_S:
            return
        self._said = now
        rate = (counts.rows - self._before) / max(now - self._started, 1e-9)
        of = f" of {self.total:,}" if self.total is not None else ""
        left = ""
        if self.total is not None and rate > 0:
            left = f", {_duration(max(0, self.total - counts.rows) / rate)} left"
        words = counts_words(counts)
        self.console.say(f"{counts.rows:,}{of} photos, {rate:.1f}/s{left}: {words}\n")

    def assembling(self, rows: int) -> None:
        pass


class _Bar:
    """For terminals: a bar with counts, rate and, once the photos are counted, the time left."""

    def __init__(self, console: Console) -> None:
        from rich.console import Console as RichConsole
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self.total: int | None = None
        self._progress: Progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}", markup=False),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[counts]}", markup=False),
            console=RichConsole(file=console.stream),
            transient=True,
        )
        self._task: TaskID = self._progress.add_task("photos", total=None, rate="", counts="")
        self._started = monotonic()
        self._before = 0

    def __enter__(self) -> Self:
        self._started = monotonic()
        self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()

    def note(self, text: str) -> None:
        from rich.text import Text

        self._progress.console.print(Text(printable(text)), soft_wrap=True)

    def resumed(self, counts: Counts) -> None:
        self._before = counts.rows
        self._started = monotonic()
        self.note(f"resumed after {counts.rows:,} photos")
        # Time and speed begin anew; the fields would be lost if they were not given again.
        self._progress.reset(
            self._task, completed=counts.rows, rate="", counts=counts_words(counts)
        )

    def advanced(self, counts: Counts) -> None:
        rate = (counts.rows - self._before) / max(monotonic() - self._started, 1e-9)
        self._progress.update(
            self._task,
            completed=counts.rows,
            total=self.total,
            rate=f"{rate:.1f}/s",
            counts=counts_words(counts),
        )

    def assembling(self, rows: int) -> None:
        self._progress.update(self._task, description="writing", total=rows, completed=rows)


@dataclass(slots=True)
class Counter:
    """Counts the inputs beside the run, so that the time left can be told.

    Attributes:
        count: Counts them, asking now and then whether to give up.
        display: Is given the total.
    """

    count: Callable[[Callable[[], bool]], int | None]
    display: BatchDisplay
    _is_over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        threading.Thread(target=self._run, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._is_over.set()

    def _run(self) -> None:
        self.display.total = self.count(self._is_over.is_set)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"
