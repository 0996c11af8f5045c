"""Many child processes behind one door: hand in a picture from any thread, get a row."""

from __future__ import annotations

import contextlib
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from studio_detector.batch.cores import usable_cores
from studio_detector.batch.keeper import AbandonedError, Keeper
from studio_detector.batch.settings_message import settings_to_plain
from studio_detector.batch.supervisor import blame_memory, failed_row
from studio_detector.errors import BusyError, InputError, RequestError
from studio_detector.imaging.source import read_source
from studio_detector.reporting.overlays.of_report import drawable
from studio_detector.service.children.conversation import Trouble, analysed, file_of, is_spent
from studio_detector.service.children.earlier import KNOWN_KEYS
from studio_detector.service.children.explained import is_explanation
from studio_detector.service.children.free import FreeChildren
from studio_detector.service.children.outcome import report_of, row_of
from studio_detector.service.children.plain_jpeg import is_plain_jpeg
from studio_detector.service.children.plain_png import is_plain_png
from studio_detector.service.metrics.metrics import Metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import TracebackType
    from typing import Self
    from uuid import UUID

    from studio_detector.decision.policy import Phases
    from studio_detector.imaging.sandbox import Confinement, Sandbox
    from studio_detector.pipeline.settings import Settings
    from studio_detector.service.children.conversation import WantsNear
    from studio_detector.service.records import NewResult

_log = logging.getLogger(__name__)

_ENTRY = "studio_detector.service.children.worker"
_URGENT_ENTRY = "studio_detector.service.children.urgent_worker"
_PAGE_START = b"<!doctype html>"


class AnalysisChildren:
    """Analyses and draws in supervised child processes; for any number of threads.

    A thread takes whatever child is free, and waits where none is. Drawing has children of its
    own, so that nobody who looks at a page holds up the analyses. All of them are started when
    they are first needed, or by `start`, and replaced as `Keeper` says.

    Args:
        settings: Settings of each variant by its name.
        size: Children that analyse; 0 takes as many as cores are usable.
        timeout_s: Seconds one picture may take.
        memory_bytes: Address space a child may take beyond its start (Linux).
        recycle_after: Pictures after which a child is replaced.
        kept: Those of them that are for urgent pictures alone, and that the system favours.
        drawers: Children that draw.
        sandbox: How children are confined beyond their limits; see `IsolatedLoader`.
        metrics: Where it is counted how children end, and how long planes and drawing take.
    """

    def __init__(  # noqa: PLR0913 - each is a setting with a name
        self,
        settings: Mapping[str, Settings],
        *,
        size: int = 0,
        timeout_s: float,
        memory_bytes: int,
        recycle_after: int,
        kept: int = 1,
        drawers: int = 1,
        sandbox: Sandbox = "auto",
        metrics: Metrics | None = None,
    ) -> None:
        self._settings = dict(settings)
        self._memory_bytes = memory_bytes
        self.size = size or usable_cores()
        message = {
            "settings": {name: settings_to_plain(found) for name, found in settings.items()},
            "timeout_s": timeout_s,
            "memory_bytes": memory_bytes,
            "sandbox": sandbox,
        }
        self._metrics = metrics or Metrics()
        make = partial(
            Keeper,
            message=message,
            timeout_s=timeout_s,
            recycle_after=recycle_after,
            ended=self._metrics.children.met,
        )
        kept = min(kept, self.size - 1)
        ordinary = [make(_ENTRY) for _ in range(self.size - kept)]
        urgent = [make(_URGENT_ENTRY) for _ in range(kept)]
        self._analysts = [*ordinary, *urgent]
        self._drawers = [make(_ENTRY) for _ in range(drawers)]
        self._free_analysts = FreeChildren(ordinary, urgent)
        self._free_drawers = FreeChildren(self._drawers)
        self._is_started = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> Confinement:
        """Have every child that analyses ready, so that the first picture waits for none.

        Returns:
            How far they are confined, which is logged, too.

        Raises:
            ConfigError: ``sandbox_missing``.
            StudioDetectorError: What a child cannot start with, or that none can be started.
        """
        found = _started(self._analysts)
        self._is_started = True
        return found

    def start_drawing(self) -> Confinement:
        """Have every child that draws ready; see `start`."""
        return _started(self._drawers)

    def occupied(self) -> tuple[int, int, int]:
        """How many children that analyse are busy, are idle, and are kept for urgent work."""
        ordinary, kept = self._free_analysts.counts()
        busy = self.size - ordinary - kept
        return (busy, ordinary, kept) if self._is_started else (busy, 0, 0)

    @property
    def is_ready(self) -> bool:
        """Whether all that analyse were started, and were not ended since."""
        return self._is_started

    def analyse(
        self,
        data: bytes,
        *,
        sha256: str,
        variant: str,
        phases: Phases,
        known: Mapping[str, Any] | None = None,
        wants_near: WantsNear | None = None,
        is_urgent: bool = True,
    ) -> dict[str, Any] | UUID:
        """Decode and analyse one picture.

        Args:
            data: The file.
            sha256: Its digest, hex, which the row will carry.
            variant: Name of the variant.
            phases: Policy of phases.
            known: Row of an earlier analysis of the same bytes, by any variant; what it
                measured is not measured again, and its milliseconds are added.
            wants_near: Asked once the picture is decoded, from this thread; its time is not the
                picture's. It is asked once more if the picture is tried again.
            is_urgent: Whether it may take a child that is kept for urgent pictures.

        Returns:
            The row, see `studio_detector.service.children.outcome`; of a picture that failed,
            the row of a `Failure`. If ``wants_near`` gave a result, that.

        Raises:
            RequestError: ``unknown_variant``.
            BusyError: ``draining`` after `close`.
            IsolationError: ``crashed`` if no child can be started, whatever the picture.
            Exception: Whatever ``wants_near`` raises.
        """
        settings = self._settings_of(variant)
        try:
            read_source(data, settings.limits)
        except InputError as error:
            # A child would not even take what is too long.
            return failed_row(error)
        request = {
            "do": "analyse",
            "variant": variant,
            "phases": phases,
            "sha256": sha256,
            "known": None if known is None else {key: known[key] for key in KNOWN_KEYS},
            "asks": wants_near is not None,
        }
        talk = partial(
            analysed,
            request=request,
            data=data,
            sha256=sha256,
            wants_near=wants_near,
            planes_took=self._metrics.stages.planes_took,
        )
        with _taken(self._free_analysts, is_urgent=is_urgent) as keeper:
            row = keeper.ask(talk, failed=failed_row, is_spent=is_spent)
        if isinstance(row, Trouble):
            raise row.error
        if isinstance(row, dict) and self._memory_bytes < settings.limits.max_decode_bytes:
            blame_memory(row)
        return row

    def report_page(self, data: bytes | None, result: NewResult, *, name: str | None = None) -> str:
        """The page of a result as HTML without scripts.

        Args:
            data: The file it was made of; None where it is no longer kept.
            result: The result.
            name: What the photo is called.

        Raises:
            StudioDetectorError: As `overlay`; ``missing_extra`` without Jinja2.
        """
        file = self._drawn("page", data, result, name, is_fine=_is_page)
        return file.decode("utf-8", "replace")

    def overlay_names(self, result: NewResult) -> tuple[str, ...]:
        """Names of the overlays that can be drawn of a result."""
        return tuple(kind.name for kind in drawable(report_of(result).measurements))

    def overlay(self, data: bytes | None, result: NewResult, name: str) -> bytes:
        """One overlay as a PNG.

        Args:
            data: The file the result was made of; None where it is no longer kept.
            result: The result.
            name: One of `overlay_names`.

        Raises:
            RequestError: ``overlay_unknown`` if there is none of that name, or the result was
                made by other versions than are installed; ``picture_gone`` without the file.
            InputError: If the picture cannot be decoded or passes a limit.
            IsolationError: ``crashed``, ``timeout`` or ``memory``.
            BusyError: ``draining`` after `close`.
        """
        names = self.overlay_names(result)
        if name not in names:
            raise RequestError(
                f"there is no overlay {name!r} of this picture; known: {', '.join(names)}",
                code="overlay_unknown",
            )
        return self._drawn("overlay", data, result, name, is_fine=is_plain_png)

    def explanation(self, result: NewResult) -> dict[str, Any]:
        """What the page of a result says beside its pictures, as plain data; see `photo_data`.

        Raises:
            StudioDetectorError: As `overlay`, but for those about pictures.
        """
        file = self._drawn("explanation", None, result, None, is_fine=is_explanation)
        found: dict[str, Any] = json.loads(file)
        return found

    def thumbnail(self, data: bytes, result: NewResult) -> bytes:
        """A small picture of a result as a JPEG.

        Args:
            data: The file the result was made of.
            result: The result.

        Raises:
            StudioDetectorError: As `overlay`.
        """
        return self._drawn("thumbnail", data, result, None, is_fine=is_plain_jpeg)

    def close(self) -> None:
        """End every child; pictures on their way raise ``draining`` in their threads."""
        self._is_started = False
        for keeper in (*self._analysts, *self._drawers):
            keeper.abandon()
        # Each comes back when its thread has noticed.
        with self._free_analysts.all_taken(), self._free_drawers.all_taken():
            for keeper in (*self._analysts, *self._drawers):
                keeper.close()

    def _settings_of(self, variant: str) -> Settings:
        if variant not in self._settings:
            raise RequestError(
                f"there is no variant {variant!r}; known: {', '.join(self._settings)}",
                code="unknown_variant",
            )
        return self._settings[variant]

    def _drawn(
        self,
        do: str,
        data: bytes | None,
        result: NewResult,
        name: str | None,
        *,
        is_fine: Callable[[bytes], bool],
    ) -> bytes:
        request = {
            "do": do,
            "name": name,
            "variant": result.work.variant,
            "phases": result.work.phases,
            "pipeline_version": result.work.pipeline_version,
            "row": row_of(result),
        }
        if data is not None:
            variant = result.work.variant
            # Of a variant that is gone, the first stands in here as it does in the child.
            settings = self._settings.get(variant, next(iter(self._settings.values())))
            read_source(data, settings.limits)
        talk = partial(file_of, request=request, data=data or b"", is_fine=is_fine)
        with _taken(self._free_drawers) as keeper, self._metrics.stages.timed("report"):
            file = keeper.ask(talk, failed=Trouble, is_spent=is_spent)
        if isinstance(file, Trouble):
            raise file.error
        return file


def _started(keepers: Sequence[Keeper]) -> Confinement:
    with ThreadPoolExecutor(max_workers=len(keepers)) as threads:
        found, *_ = list(threads.map(Keeper.start, keepers))
    _log.log(
        logging.INFO if found.is_full else logging.WARNING,
        "processes that meet pictures are confined by %s",
        found,
    )
    return found


def _is_page(file: bytes) -> bool:
    return file.startswith(_PAGE_START)


@contextlib.contextmanager
def _taken(free: FreeChildren, *, is_urgent: bool = False) -> Iterator[Keeper]:
    with free.taken(is_urgent=is_urgent) as keeper:
        try:
            yield keeper
        except AbandonedError as error:
            raise BusyError(
                "the service is about to stop; ask again soon", code="draining"
            ) from error
