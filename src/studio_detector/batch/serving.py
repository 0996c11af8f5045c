"""The inside of a supervised process: confined, warmed up, answering until its parent is gone."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

import cv2
import numpy as np
from PIL import AvifImagePlugin

from studio_detector.batch.perceptual import perceptual_hash
from studio_detector.errors import AnalysisError, LimitError, StudioDetectorError
from studio_detector.imaging.child import affordable, describe_error
from studio_detector.imaging.confinement import be_expendable, limit_cpu, private_pipes
from studio_detector.imaging.frame import Frame
from studio_detector.imaging.framing import (
    NO_MEMORY_STATUS,
    read_message,
    to_json,
    write_message,
)
from studio_detector.imaging.sandbox import confine
from studio_detector.pipeline.report import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from studio_detector.imaging.framing import ToJson
    from studio_detector.pipeline.detector import Detector
    from studio_detector.pipeline.settings import Settings

# Large enough for every analysis, and of no light at all.
_WARM_UP_SIDE_PX = 64


class Server(Protocol):
    """Answers the requests of one parent."""

    def warm_up(self) -> None:
        """Load from libraries what is loaded on first use, then bound the memory."""

    def serve(self, requests: BinaryIO, replies: BinaryIO) -> None:
        """Answer one request."""


def serve(make: Callable[[Mapping[str, Any]], Server], *, reads_all: bool = False) -> None:
    """Serve requests from standard input on standard output until the input ends.

    Args:
        make: Builds the server from the message that starts it, before the process is confined:
            it reads the files that are not of packages, and starts no thread. What it raises of
            our errors is told to the parent.
        reads_all: See `studio_detector.imaging.sandbox.confine`.
    """
    requests, replies = private_pipes()
    be_expendable()
    # Parallel over pictures; this process is ours alone, so the settings disturb nobody.
    cv2.setNumThreads(1)
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    try:
        settings, _ = read_message(requests, 0)
        try:
            server = make(settings)
            confinement = confine(settings["sandbox"], reads_all=reads_all)
            server.warm_up()
        except StudioDetectorError as error:
            write_message(replies, describe_error(error))
            return
        write_message(replies, {"confinement": confinement.to_plain()})
        while True:
            server.serve(requests, replies)
    except (EOFError, OSError):
        # The parent closed the pipe or is gone: the way this process is meant to end.
        return
    except MemoryError:
        sys.exit(NO_MEMORY_STATUS)


def confined(settings: Settings, memory_bytes: int) -> Settings:
    """Settings for a process that is itself the isolation and may take so much memory."""
    return replace(settings, isolate=False, limits=affordable(settings.limits, memory_bytes))


def warm_up(detector: Detector, *, with_hash: bool) -> None:
    """Load what is loaded on first use, before memory and time are counted.

    Args:
        detector: Will analyse.
        with_hash: Whether pictures will be hashed, too.
    """
    side = _WARM_UP_SIDE_PX
    grey = np.full((side, side, 3), 128, dtype=np.uint8)
    if with_hash:
        perceptual_hash(grey)
    # A plugin's defect; every photo will say so.
    with contextlib.suppress(AnalysisError):
        detector.analyse_frame(
            Frame(rgb=grey, format="array", original_rows_px=side, original_columns_px=side)
        )


def bound_time(timeout_s: float) -> None:
    """Bound the CPU time of the picture that comes now.

    Args:
        timeout_s: Seconds it may take; a decoder may insist on threads of its own, whose times
            add up.
    """
    limit_cpu(timeout_s * (os.cpu_count() or 1))


def write_row(
    replies: BinaryIO, row: dict[str, Any], *, to_json: ToJson = to_json, **beside: float
) -> None:
    """Send a row; where a plugin measured what is no number, a failure instead.

    Args:
        replies: Where to.
        row: The row.
        to_json: Makes the JSON.
        beside: What else the message says.
    """
    try:
        write_message(replies, {"row": row, **beside}, to_json=to_json)
    except ValueError as error:
        write_message(replies, {"row": failure_row(error)})


def failure_of(error: Exception) -> StudioDetectorError | None:
    """What a photo came to grief of, as an error of ours; None for a defect."""
    if any(_is_want_of_memory(cause) for cause in _causes(error)):
        return LimitError("analysis ran out of memory; reduce the picture", code="memory")
    return error if isinstance(error, StudioDetectorError) else None


def failure_row(error: Exception) -> dict[str, Any]:
    """The row of a photo that came to grief, whatever the grief; it has no path yet."""
    ours = failure_of(error)
    if ours is not None:
        return Failure.of(None, ours).to_dict()
    return Failure(path=None, code="internal", message=f"the worker failed: {error!r}").to_dict()


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _is_want_of_memory(error: BaseException) -> bool:
    if isinstance(error, cv2.error):
        return bool(error.code == cv2.Error.StsNoMem)
    return isinstance(error, MemoryError)
