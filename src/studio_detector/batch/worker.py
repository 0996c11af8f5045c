"""A worker process: reads, decodes and analyses one photo after another behind hard limits.

For each photo, three messages cross or four::

    parent                        worker
    {"path": ...} or the bytes -> reads and hashes
                               <- {"sha256": ..., "file_bytes": ...}, or {"row": failure}
    {"is_wanted": ...}         -> decodes and analyses, or forgets the photo
                               <- {"row": ...}
"""

from __future__ import annotations

import hashlib
from time import perf_counter
from typing import TYPE_CHECKING, Any, BinaryIO

from studio_detector.batch.perceptual import perceptual_hash
from studio_detector.batch.serving import (
    bound_time,
    confined,
    failure_row,
    serve,
    warm_up,
    write_row,
)
from studio_detector.batch.settings_message import settings_from_plain
from studio_detector.errors import StudioDetectorError
from studio_detector.imaging.confinement import limit_memory
from studio_detector.imaging.decode import decode_bytes
from studio_detector.imaging.framing import read_message, write_message
from studio_detector.imaging.source import read_source
from studio_detector.pipeline.detector import Detector

if TYPE_CHECKING:
    from collections.abc import Mapping


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
        self._memory_bytes = int(settings["memory_bytes"])
        self._detector = Detector(confined(chosen, self._memory_bytes))
        self._timeout_s = float(settings["timeout_s"])
        self._wants_hash = bool(settings["perceptual_hash"])
        self._most_bytes = chosen.limits.max_file_bytes

    def warm_up(self) -> None:
        """See `Server.warm_up`."""
        warm_up(self._detector, with_hash=self._wants_hash)
        limit_memory(self._memory_bytes)

    def serve(self, requests: BinaryIO, replies: BinaryIO) -> None:
        """Answer one request."""
        request, data = read_message(requests, self._most_bytes)
        bound_time(self._timeout_s)
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
            write_row(replies, self._analyse(data, sha256, read_ms))

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


def main() -> None:
    """Serve until the parent is gone."""
    # Photos are opened by their paths, wherever they are.
    serve(Worker, reads_all=True)
