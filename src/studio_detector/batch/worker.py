"""A worker process: reads, decodes and analyses one photo after another behind hard limits.

For each photo, three messages cross or four::

    parent                        worker
    {"path": ...} or the bytes -> reads and hashes
                               <- {"sha256": ..., "file_bytes": ...}, or {"row": failure}
    {"is_wanted": ...}         -> decodes and analyses, or forgets the photo
                               <- {"row": ...}
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, BinaryIO

import cv2
import numpy as np
from PIL import AvifImagePlugin

from studio_detector.batch.perceptual import perceptual_hash
from studio_detector.batch.settings_message import settings_from_plain
from studio_detector.errors import AnalysisError, LimitError, StudioDetectorError
from studio_detector.imaging.child import affordable, describe_error
from studio_detector.imaging.confinement import (
    be_expendable,
    limit_cpu,
    limit_memory,
    private_pipes,
)
from studio_detector.imaging.decode import decode_bytes
from studio_detector.imaging.frame import Frame
from studio_detector.imaging.framing import NO_MEMORY_STATUS, read_message, write_message
from studio_detector.imaging.source import read_source
from studio_detector.pipeline.detector import Detector
from studio_detector.pipeline.report import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Large enough for every analysis, and of no light at all.
_WARM_UP_SIDE_PX = 64


class Worker:
    """What one process analyses with.

    Args:
        settings: The message that starts the worker.

    Raises:
        ConfigError: If a disabled analysis or the model does not exist.
        ModelError: If the model cannot be used with the analyses.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        chosen = settings_from_plain(settings["settings"])
        # This process is the isolation.
        self._detector = Detector(
            replace(
                chosen,
                isolate=False,
                limits=affordable(chosen.limits, int(settings["memory_bytes"])),
            )
        )
        self._timeout_s = float(settings["timeout_s"])
        self._wants_hash = bool(settings["perceptual_hash"])
        self.most_bytes = chosen.limits.max_file_bytes
        self._warm_up()
        limit_memory(int(settings["memory_bytes"]))

    def _warm_up(self) -> None:
        """Load what is loaded on first use, before memory and time are counted."""
        side = _WARM_UP_SIDE_PX
        grey = np.full((side, side, 3), 128, dtype=np.uint8)
        if self._wants_hash:
            perceptual_hash(grey)
        # A plugin's defect; every photo will say so.
        with contextlib.suppress(AnalysisError):
            self._detector.analyse_frame(
                Frame(rgb=grey, format="array", original_rows_px=side, original_columns_px=side)
            )

    def serve(self, requests: BinaryIO, replies: BinaryIO) -> None:
        """Answer one request."""
        request, data = read_message(requests, self.most_bytes)
        # A decoder may insist on threads of its own, whose times add up.
        limit_cpu(self._timeout_s * (os.cpu_count() or 1))
        started = perf_counter()
        try:
            if "path" in request:
                data = read_source(request["path"], self._detector.settings.limits)
            sha256 = hashlib.sha256(data).hexdigest()
        except (StudioDetectorError, MemoryError) as error:
            write_message(replies, {"row": failure_row(error)})
            return
        read_ms = (perf_counter() - started) * 1000
        write_message(replies, {"sha256": sha256, "file_bytes": len(data)})
        if read_message(requests, 0)[0]["is_wanted"]:
            row = self._analyse(data, sha256, read_ms)
            try:
                write_message(replies, {"row": row})
            except ValueError as error:  # a plugin measured what is no number
                write_message(replies, {"row": failure_row(error)})

    def _analyse(self, data: bytes, sha256: str, read_ms: float) -> dict[str, Any]:
        started = perf_counter()
        settings = self._detector.settings
        try:
            frame = decode_bytes(
                data,
                working_size_px=settings.working_size_px,
                limits=settings.limits,
                sha256=sha256,
            )
            decode_ms = read_ms + (perf_counter() - started) * 1000
            report = self._detector.analyse_frame(frame, decode_ms=decode_ms)
            row = report.to_dict(verbose=True)
            if self._wants_hash:
                row["pdq"], row["pdq_quality"] = perceptual_hash(frame.rgb)
        except Exception as error:  # noqa: BLE001 - one photo never stops a run
            return failure_row(error)
        return row


def failure_row(error: Exception) -> dict[str, Any]:
    """The row of a photo that came to grief, whatever the grief; it has no path yet."""
    if any(_is_want_of_memory(cause) for cause in _causes(error)):
        error = LimitError("analysis ran out of memory; reduce the picture", code="memory")
    if isinstance(error, StudioDetectorError):
        return Failure.of(None, error).to_dict()
    return Failure(path=None, code="internal", message=f"the worker failed: {error!r}").to_dict()


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _is_want_of_memory(error: BaseException) -> bool:
    if isinstance(error, cv2.error):
        return bool(error.code == cv2.Error.StsNoMem)
    return isinstance(error, MemoryError)


def main() -> None:
    """Serve requests from standard input on standard output until the input ends."""
    requests, replies = private_pipes()
    be_expendable()
    # Parallel over pictures; this process is ours alone, so the settings disturb nobody.
    cv2.setNumThreads(1)
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    try:
        settings, _ = read_message(requests, 0)
        try:
            worker = Worker(settings)
        except StudioDetectorError as error:
            write_message(replies, describe_error(error))
            return
        write_message(replies, {"ready": True})
        while True:
            worker.serve(requests, replies)
    except (EOFError, OSError):
        # The parent closed the pipe or is gone: the way this process is meant to end.
        return
    except MemoryError:
        sys.exit(NO_MEMORY_STATUS)
