"""Photos in, rows out, in order, by supervised worker processes that nothing hostile can stop."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, fields
from functools import partial
from typing import TYPE_CHECKING, Any

from studio_detector.batch.cores import usable_cores
from studio_detector.batch.keeper import AbandonedError
from studio_detector.batch.perceptual import check_installed
from studio_detector.batch.supervisor import Supervisor
from studio_detector.batch.window import Ticket, Window
from studio_detector.errors import ConfigError, StudioDetectorError, UnreadableError
from studio_detector.imaging.isolated import DEFAULT_MEMORY_BYTES, DEFAULT_TIMEOUT_S
from studio_detector.imaging.source import read_source
from studio_detector.pipeline.report import Failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType
    from typing import Self

    from studio_detector.batch.seen import Seen
    from studio_detector.imaging.sandbox import Sandbox
    from studio_detector.pipeline.settings import Settings
    from studio_detector.sources.photo import Photo

_WINDOW_PER_WORKER = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolOptions:
    """How photos are analysed by workers; nothing here changes a verdict.

    Attributes:
        workers: Worker processes; 0 takes as many as cores are usable.
        timeout_s: Seconds one photo may take, reading, decoding and analysis together.
        memory_bytes: Address space a worker may take beyond its start (Linux).
        recycle_after: Photos after which a worker is replaced, so that what decoders leak
            stays small.
        window: Photos in flight at most; 0 takes 8 for each worker.
        perceptual_hash: Add the perceptual hash of the working-size picture to each row
            (``pdq``, ``pdq_quality``; extra ``batch``).
        sandbox: How workers are confined beyond their limits; see `IsolatedLoader`. They read
            photos by their paths, so all of the files of this user stay readable.

    Raises:
        ConfigError: ``config_invalid_value`` for a number out of range.
    """

    workers: int = 0
    timeout_s: float = DEFAULT_TIMEOUT_S
    memory_bytes: int = DEFAULT_MEMORY_BYTES
    recycle_after: int = 10_000
    window: int = 0
    perceptual_hash: bool = False
    sandbox: Sandbox = "auto"

    def __post_init__(self) -> None:
        for name in (field.name for field in fields(self) if field.name != "sandbox"):
            value, least = getattr(self, name), 0 if name in {"workers", "window"} else 1
            if name == "timeout_s":
                is_fine = 0 < value < math.inf
            else:
                is_fine = name == "perceptual_hash" or least <= value < math.inf
            if not is_fine:
                raise ConfigError(
                    f"{name} is {value!r}; give a positive number", code="config_invalid_value"
                )


class WorkerPool:
    """Worker processes for many photos.

    Every photo gets a row, whatever it does to the worker that meets it; see `Keeper` for
    what is tried again. Memory does not grow with the number of photos.

    ::

        with WorkerPool(Settings(), seen=SeenOnDisk()) as pool:
            for row in pool.run(photos):
                ...

    Args:
        settings: Of the analysis. ``isolate`` is taken for granted.
        options: What differs from the defaults.
        seen: Rows of photos analysed before, by digest; with it, exact duplicates are
            analysed once. None analyses every copy.

    Raises:
        MissingExtraError: ``missing_extra`` for a perceptual hash without the extra ``batch``.
    """

    def __init__(
        self, settings: Settings, options: PoolOptions | None = None, *, seen: Seen | None = None
    ) -> None:
        options = PoolOptions() if options is None else options
        if options.perceptual_hash:
            check_installed()
        self._limits = settings.limits
        self._seen = seen
        workers = options.workers or usable_cores()
        self._size = options.window or _WINDOW_PER_WORKER * workers
        self._supervisors = [
            Supervisor(
                settings,
                timeout_s=options.timeout_s,
                memory_bytes=options.memory_bytes,
                recycle_after=options.recycle_after,
                perceptual_hash=options.perceptual_hash,
                sandbox=options.sandbox,
            )
            for _ in range(workers)
        ]
        self._threads: list[threading.Thread] = []
        self._window: Window | None = None
        self._is_stopping = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End a run that is still going on, and every worker; a later `run` starts others."""
        self._abandon()
        for supervisor in self._supervisors:
            supervisor.close()

    def stop(self) -> None:
        """Pull no more photos; `run` finishes those in flight and ends.

        For good, and to be called from anywhere, signal handlers included.
        """
        self._is_stopping = True

    def run(self, photos: Iterable[Photo | Failure]) -> Iterator[dict[str, Any]]:
        """Analyse photos; one run at a time.

        Args:
            photos: Pulled one by one from the thread that takes the rows, never more than
                the window ahead of them; may be endless. A stream is read when it is pulled.
                Failures keep their place.

        Yields:
            One row for each, in order: ``Report.to_dict(verbose=True)`` or
            ``Failure.to_dict()``, with ``sha256`` and ``file_bytes`` (None where nothing
            could be read), and ``duplicate_of``, the path of the first, on exact duplicates.

        Raises:
            RuntimeError: If another run is going on, or the pool was closed in its midst.
            ConfigError: What a worker cannot start with, from the settings.
            ModelError: Likewise, from the model file.
            IsolationError: ``crashed`` if workers cannot be started.
            Exception: Whatever ``photos`` raises, behind the rows of what it gave before.
        """
        if self._window is not None:
            raise RuntimeError("the pool runs already; exhaust that run or close it")
        window = self._begin()
        pulled: Iterator[Photo | Failure] | None = iter(photos)
        trouble: Exception | None = None
        try:
            while True:
                while pulled is not None and window.has_room and not self._is_stopping:
                    try:
                        photo = next(pulled)
                    except StopIteration:
                        pulled = None
                    except Exception as error:  # noqa: BLE001 - raised below, in its place
                        trouble, pulled = error, None
                    else:
                        window.admit(self._ticket(photo))
                if window.is_empty:
                    break
                yield window.next_row()
            self._finish()
        finally:
            # Whatever else ended the run leaves photos on their way.
            if window is self._window:
                self._abandon()
        if trouble is not None:
            raise trouble

    def _ticket(self, photo: Photo | Failure) -> Ticket:
        if isinstance(photo, Failure):
            return Ticket(photo.path, None, row=photo.to_dict())
        source = photo.source
        if isinstance(source, str):
            return Ticket(photo.path, source)
        try:
            return Ticket(photo.path, read_source(source, self._limits))
        except StudioDetectorError as error:
            failure = Failure.of(photo.path, error)
        except Exception as error:  # noqa: BLE001 - archives fail in their own ways
            unreadable = UnreadableError(
                f"the stream could not be read: {error!r}", code="read_failed"
            )
            failure = Failure.of(photo.path, unreadable)
        return Ticket(photo.path, None, row=failure.to_dict())

    def _begin(self) -> Window:
        self._window = window = Window(self._size, self._seen)
        for supervisor in self._supervisors:
            supervisor.resume()
        self._threads = [
            # A daemon, so that a pool that nobody closed does not keep the process.
            threading.Thread(target=_work, args=(supervisor, window), daemon=True)
            for supervisor in self._supervisors
        ]
        for thread in self._threads:
            thread.start()
        return window

    def _finish(self) -> None:
        if self._window is not None:
            self._window.end(len(self._threads))
        for thread in self._threads:
            thread.join()
        self._threads, self._window = [], None

    def _abandon(self) -> None:
        if self._window is not None:
            self._window.fail(RuntimeError("the pool was closed while it ran"))
            for supervisor in self._supervisors:
                supervisor.abandon()
        self._finish()


def _work(supervisor: Supervisor, window: Window) -> None:
    while (ticket := window.take()) is not None and ticket.source is not None:
        try:
            row = supervisor.analyse(ticket.source, partial(window.claim, ticket))
        except AbandonedError:
            return
        except BaseException as error:  # noqa: BLE001 - raised where rows are taken
            window.fail(error)
            return
        if row is not None:
            window.settle(ticket, row)
