"""A child process of the service: decodes, analyses and draws behind hard limits.

The parent begins, with the bytes of the picture behind the header. To have it analysed::

    parent                             child
    {"do": "analyse", "asks": ...}  -> decodes and hashes
                                    <- {"pdq": ...}            only if the parent asks
    {"is_wanted": ...}              -> analyses, or forgets the picture
                                    <- {"row": ..., "planes_ms": ...}

To have it drawn::

    {"do": "page", "overlay" ...}   -> decodes, where there are bytes, and draws
                                    <- {} and the file, or an error

Whatever goes wrong with a picture is a row or an error of ours, and the child lives on.
"""

from __future__ import annotations

import contextlib
import os
from time import perf_counter
from typing import TYPE_CHECKING, Any, BinaryIO

from studio_detector.batch.perceptual import perceptual_hash
from studio_detector.batch.serving import (
    bound_time,
    confined,
    failure_of,
    failure_row,
    serve,
    warm_up,
    write_row,
)
from studio_detector.batch.settings_message import settings_from_plain
from studio_detector.errors import AnalysisError
from studio_detector.imaging.child import describe_error
from studio_detector.imaging.confinement import limit_memory
from studio_detector.imaging.decode import decode_bytes
from studio_detector.imaging.framing import read_message, write_message
from studio_detector.planes import Planes
from studio_detector.service.children.earlier import known_measurements, with_earlier_time
from studio_detector.service.children.loaded import Loaded
from studio_detector.service.children.outcome import new_row
from studio_detector.service.children.quick_json import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_detector.decision.policy import Phases
    from studio_detector.imaging.frame import Frame

# All cores may be at work on pictures; what asks `/livez` is still answered at once.
_NICENESS = 5


class ServiceWorker:
    """What one child answers with.

    Args:
        message: Starts the child: the settings of each variant by its name, and the bounds.

    Raises:
        ConfigError: If a disabled analysis or a model does not exist.
        ModelError: If a model cannot be used with the analyses.
    """

    def __init__(self, message: Mapping[str, Any]) -> None:
        self._memory_bytes = int(message["memory_bytes"])
        self._timeout_s = float(message["timeout_s"])
        chosen = {name: settings_from_plain(plain) for name, plain in message["settings"].items()}
        self._most_bytes = max(found.limits.max_file_bytes for found in chosen.values())
        # Models and plugins, whose files cannot be read any more once the process is confined.
        self._variants = {
            name: Loaded.of(confined(found, self._memory_bytes)) for name, found in chosen.items()
        }
        self._loaded: dict[tuple[str, Phases], Loaded] = {}

    def warm_up(self) -> None:
        """See `Server.warm_up`."""
        for found in self._variants.values():
            warm_up(found.detector, with_hash=True)
        limit_memory(self._memory_bytes)

    def serve(self, requests: BinaryIO, replies: BinaryIO) -> None:
        """Answer one request."""
        request, data = read_message(requests, self._most_bytes)
        bound_time(self._timeout_s)
        if request["do"] == "analyse":
            self._analyse(request, data, requests, replies)
        else:
            self._draw(request, data, replies)

    def _analyse(
        self, request: Mapping[str, Any], data: bytes, requests: BinaryIO, replies: BinaryIO
    ) -> None:
        start = perf_counter()
        known = request["known"]
        try:
            loaded = self._load(request["variant"], request["phases"])
            frame = self._decode(loaded, data, request["sha256"])
            hashed = (
                perceptual_hash(frame.rgb)
                if known is None
                else (known["pdq"], known["pdq_quality"])
            )
        except Exception as error:  # noqa: BLE001 - one picture never stops the others
            write_row(replies, failure_row(error))
            return
        decode_ms = (perf_counter() - start) * 1000
        if request["asks"]:
            write_message(replies, {"pdq": hashed[0], "pdq_quality": hashed[1]})
            if not read_message(requests, 0)[0]["is_wanted"]:
                return
        planes = Planes(frame.rgb)
        try:
            report = loaded.detector.analyse_frame(
                frame,
                decode_ms=decode_ms,
                planes=planes,
                known=None if known is None else known_measurements(known, loaded.basis),
            )
            row = new_row(report, loaded.detector, measured_on=loaded.basis, perceptual_hash=hashed)
        except Exception as error:  # noqa: BLE001 - one picture never stops the others
            row = failure_row(error)
        else:
            if known is not None:
                row["timing_ms"] = with_earlier_time(row["timing_ms"], known["timing_ms"])
        write_row(replies, row, to_json=to_json, planes_ms=planes.spent.milliseconds)

    def _draw(self, request: Mapping[str, Any], data: bytes, replies: BinaryIO) -> None:
        # Libraries that most children never need.
        from studio_detector.service.children.drawing import Drawer  # noqa: PLC0415

        row, phases = request["row"], request["phases"]
        try:
            names = dict.fromkeys((request["variant"], *self._variants))
            every = [self._load(name, phases) for name in names if name in self._variants]
            loaded = every[0]
            frame = self._decode(loaded, data, row["sha256"]) if data else None
            drawer = Drawer.of(row, frame, loaded, [found.detector.model for found in every])
            if request["do"] == "page":
                file = drawer.page(request["name"], request["pipeline_version"])
            elif request["do"] == "overlay":
                file = drawer.overlay(request["name"])
            elif request["do"] == "thumbnail":
                file = drawer.thumbnail()
            else:
                file = drawer.explanation()
        except Exception as error:  # noqa: BLE001 - one picture never stops the others
            ours = failure_of(error) or AnalysisError(f"drawing failed: {error!r}", code="internal")
            write_message(replies, describe_error(ours))
            return
        write_message(replies, {}, file)

    @staticmethod
    def _decode(loaded: Loaded, data: bytes, sha256: str) -> Frame:
        settings = loaded.detector.settings
        return decode_bytes(
            data, working_size_px=settings.working_size_px, limits=settings.limits, sha256=sha256
        )

    def _load(self, variant: str, phases: Phases) -> Loaded:
        key = (variant, phases)
        found = self._loaded.get(key)
        if found is None:
            found = self._loaded[key] = self._variants[variant].under(phases)
        return found


def main() -> None:
    """Serve until the parent is gone, and leave the cores to who answers requests."""
    with contextlib.suppress(AttributeError):  # not on every system
        os.nice(_NICENESS)
    serve(ServiceWorker)
