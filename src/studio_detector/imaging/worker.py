"""The child of `IsolatedLoader`: decodes one picture after another behind hard limits."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import cv2

from studio_detector.errors import IsolationError, LimitError, StudioDetectorError
from studio_detector.imaging.child import describe_error
from studio_detector.imaging.confinement import (
    be_expendable,
    limit_cpu,
    limit_memory,
    private_pipes,
)
from studio_detector.imaging.decode import decode_bytes
from studio_detector.imaging.framing import NO_MEMORY_STATUS, read_message, write_message
from studio_detector.imaging.limits import Limits
from studio_detector.imaging.sandbox import confine

if TYPE_CHECKING:
    from studio_detector.imaging.frame import Frame


def main() -> None:
    """Serve requests from standard input on standard output until the input ends."""
    requests, replies = private_pipes()
    be_expendable()
    # This process is ours alone, so the setting disturbs nobody; idle threads would eat
    # from its address space.
    cv2.setNumThreads(1)
    try:
        settings, _ = read_message(requests, 0)
        limit_memory(int(settings["memory_bytes"]))
        limits = Limits(**settings["limits"])
        try:
            confinement = confine(settings["sandbox"])
        except StudioDetectorError as error:
            write_message(replies, describe_error(error))
            return
        write_message(replies, {"confinement": confinement.to_plain()})
        while True:
            request, data = read_message(requests, limits.max_file_bytes)
            # Decoders may use several threads, whose times add up.
            limit_cpu(float(request["timeout_s"]) * (os.cpu_count() or 1))
            header, pixels = _answer(data, int(request["working_size_px"]), limits)
            write_message(replies, header, pixels)
    except (EOFError, OSError):
        # The parent closed the pipe or is gone: the way this process is meant to end.
        return
    except MemoryError:
        sys.exit(NO_MEMORY_STATUS)


def _answer(data: bytes, working_size_px: int, limits: Limits) -> tuple[dict[str, Any], bytes]:
    try:
        frame = decode_bytes(data, working_size_px=working_size_px, limits=limits)
    except StudioDetectorError as error:
        return describe_error(error), b""
    except MemoryError:
        return describe_error(LimitError("decoding ran out of memory", code="memory")), b""
    except Exception as error:  # noqa: BLE001 - a defect of ours, reported rather than lost
        defect = IsolationError(f"the decoder failed: {error!r}", code="internal")
        return describe_error(defect), b""
    return _header(frame), frame.rgb.tobytes()


def _header(frame: Frame) -> dict[str, Any]:
    return {
        "rows_px": frame.rgb.shape[0],
        "columns_px": frame.rgb.shape[1],
        "format": frame.format,
        "original_rows_px": frame.original_rows_px,
        "original_columns_px": frame.original_columns_px,
        "warnings": list(frame.warnings),
        "sha256": frame.sha256,
    }
