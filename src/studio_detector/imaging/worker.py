"""The child of `IsolatedLoader`: decodes one picture after another behind hard limits."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import cv2

from studio_detector.errors import StudioDetectorError
from studio_detector.imaging.decode import decode_bytes
from studio_detector.imaging.framing import NO_MEMORY_STATUS, read_message, write_message
from studio_detector.imaging.limits import Limits

if TYPE_CHECKING:
    from studio_detector.imaging.frame import Frame

if sys.platform != "win32":
    import resource


def main() -> None:
    """Serve requests from standard input on standard output until the input ends."""
    requests, replies = _private_pipes()
    # This process is ours alone, so the setting disturbs nobody; idle threads would eat
    # from its address space.
    cv2.setNumThreads(1)
    try:
        settings, _ = read_message(requests, 0)
        _limit_memory(int(settings["memory_bytes"]))
        limits = Limits(**settings["limits"])
        write_message(replies, {"ready": True})
        while True:
            request, data = read_message(requests, limits.max_file_bytes)
            _limit_cpu(float(request["timeout_s"]))
            header, pixels = _answer(data, int(request["working_size_px"]), limits)
            write_message(replies, header, pixels)
    except (EOFError, OSError):
        # The parent closed the pipe or is gone: the way this process is meant to end.
        return
    except MemoryError:
        sys.exit(NO_MEMORY_STATUS)


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Move the pipes away from descriptors 0 and 1, where C libraries may read and print."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("r+b") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(nothing.fileno(), 1)
    return requests, replies


def _answer(data: bytes, working_size_px: int, limits: Limits) -> tuple[dict[str, Any], bytes]:
    try:
        frame = decode_bytes(data, working_size_px=working_size_px, limits=limits)
    except StudioDetectorError as error:
        return _refusal(type(error).__name__, error.code, error.message), b""
    except MemoryError:
        return _refusal("LimitError", "memory", "decoding ran out of memory"), b""
    except Exception as error:  # noqa: BLE001 - a defect of ours, reported rather than lost
        return _refusal("IsolationError", "internal", f"the decoder failed: {error!r}"), b""
    return _header(frame), frame.rgb.tobytes()


def _refusal(kind: str, code: str, message: str) -> dict[str, Any]:
    return {"kind": kind, "code": code, "message": message}


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


def _limit_memory(memory_bytes: int) -> None:
    """Bound the address space to what is taken now plus ``memory_bytes``, where possible.

    macOS accepts the limit and ignores it; Windows has none. There, the estimate made before
    decoding is the only bound.
    """
    statistics = Path("/proc/self/statm")
    if sys.platform == "win32" or not statistics.exists():
        return
    taken_bytes = int(statistics.read_text().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = taken_bytes + memory_bytes
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))


def _limit_cpu(timeout_s: float) -> None:
    """Bound the CPU time of the next picture, should the parent be unable to end this process."""
    if sys.platform == "win32":
        return
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    # Decoders may use several threads, whose times add up.
    wanted = int(time.process_time() + timeout_s * (os.cpu_count() or 1)) + 1
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (wanted, hard))
