"""Decoding in a child process, so that hostile bytes can at worst take the child along."""

from __future__ import annotations

import contextlib
import json
import math
import signal
import subprocess
import sys
import threading
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from studio_detector.errors import (
    CODES,
    ConfigError,
    DecodeError,
    InputError,
    IsolationError,
    LimitError,
    MissingExtraError,
    StudioDetectorError,
    UnreadableError,
    UnsupportedError,
)
from studio_detector.imaging.frame import Frame
from studio_detector.imaging.framing import (
    NO_MEMORY_STATUS,
    FramingError,
    read_message,
    write_message,
)
from studio_detector.imaging.limits import Limits
from studio_detector.imaging.load import WORKING_SIZE_PX, is_array, load
from studio_detector.imaging.source import read_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

    from studio_detector.imaging.source import Readable, Source

#: Seconds one picture may take, waiting included.
DEFAULT_TIMEOUT_S = 10.0
#: Memory the child may take beyond its own start-up.
DEFAULT_MEMORY_BYTES = 1_400 * 1024 * 1024
#: Pictures after which the child is replaced, so that what decoders leak stays small.
DEFAULT_RECYCLE_AFTER = 1_000

# Importing the codecs on a busy machine.
_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 2.0
# Starts the child with the parent's import path.
_BOOTSTRAP = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from studio_detector.imaging.worker import main; main()"
)
_REBUILT: dict[str, type[StudioDetectorError]] = {
    kind.__name__: kind
    for kind in (
        DecodeError,
        InputError,
        IsolationError,
        LimitError,
        MissingExtraError,
        UnreadableError,
        UnsupportedError,
    )
}


class IsolatedLoader:
    """`load` in a persistent child process, behind limits the operating system enforces.

    The same `Frame` and the same errors as `load`; besides, a picture that crashes, hangs or
    overfills its decoder raises `IsolationError`, and the next one gets a fresh child. Bytes
    are read by the parent and arrays are not isolated at all, since neither is decoding.
    One instance serves one picture at a time, from any thread.

    Args:
        working_size_px: As for `load`.
        limits: As for `load`.
        timeout_s: Seconds one picture may take.
        memory_bytes: Address space the child may take beyond its start (Linux).
        recycle_after: Pictures after which the child is replaced.

    Raises:
        ConfigError: ``config_invalid_value`` for a number that is not positive.

    Example:
        >>> with IsolatedLoader() as loader:  # doctest: +SKIP
        ...     frame = loader.load("portrait.jpg")
    """

    def __init__(
        self,
        *,
        working_size_px: int = WORKING_SIZE_PX,
        limits: Limits | None = None,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        memory_bytes: int = DEFAULT_MEMORY_BYTES,
        recycle_after: int = DEFAULT_RECYCLE_AFTER,
    ) -> None:
        for name, value in (
            ("working_size_px", working_size_px),
            ("timeout_s", timeout_s),
            ("memory_bytes", memory_bytes),
            ("recycle_after", recycle_after),
        ):
            if not 0 < value < math.inf:
                raise ConfigError(
                    f"{name} is {value!r}; give a positive number", code="config_invalid_value"
                )
        self._working_size_px = working_size_px
        self._limits = Limits() if limits is None else limits
        # What cannot fit is refused before decoding: some codecs, once out of memory, blame
        # the file.
        self._child_limits = replace(
            self._limits, max_decode_bytes=min(self._limits.max_decode_bytes, memory_bytes)
        )
        self._timeout_s = timeout_s
        self._memory_bytes = memory_bytes
        self._recycle_after = recycle_after
        self._lock = threading.Lock()
        self._child: _Child | None = None

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
        """End the child; a later `load` starts another."""
        with self._lock:
            self._stop()

    def load(self, source: Source) -> Frame:
        """Read, decode in the child and prepare one picture.

        Args:
            source: As for `studio_detector.imaging.load`.

        Returns:
            The same frame.

        Raises:
            IsolationError: ``crashed``, ``timeout`` or ``memory``.
            StudioDetectorError: As `studio_detector.imaging.load`.
        """
        if is_array(source):
            return load(source, working_size_px=self._working_size_px, limits=self._limits)
        data = read_source(cast("Readable", source), self._limits)
        with self._lock:
            header, payload = self._exchange(data)
            if "kind" in header:
                raise self._rebuild_error(header)
            try:
                return _rebuild_frame(header, payload)
            except (KeyError, TypeError, ValueError) as error:
                self._stop()
                raise _garbled(repr(error)) from error

    def _exchange(self, data: bytes) -> tuple[dict[str, Any], bytes]:
        child = self._ready_child()
        with child.deadline(self._timeout_s):
            try:
                request = {"timeout_s": self._timeout_s, "working_size_px": self._working_size_px}
                write_message(child.requests, request, data)
                reply = read_message(child.replies, 3 * self._working_size_px**2)
            except FramingError as error:
                self._stop()
                raise _garbled(str(error)) from error
            except (EOFError, OSError) as error:
                self._stop()
                raise child.obituary(self._timeout_s) from error
            except BaseException:
                # An interrupt in mid-message: what is left in the pipe belongs to no one.
                self._stop()
                raise
        child.served += 1
        return reply

    def _ready_child(self) -> _Child:
        if self._child is not None and self._child.served >= self._recycle_after:
            self._stop()
        if self._child is None:
            self._child = child = _Child()
            settings = {"memory_bytes": self._memory_bytes, "limits": asdict(self._child_limits)}
            with child.deadline(_START_TIMEOUT_S):
                try:
                    write_message(child.requests, settings)
                    read_message(child.replies, 0)
                except (EOFError, OSError, FramingError) as error:
                    self._stop()
                    raise IsolationError(
                        "the decoding process could not be started; decode without isolation "
                        "or look into the installation",
                        code="crashed",
                    ) from error
        return self._child

    def _rebuild_error(self, header: dict[str, Any]) -> StudioDetectorError:
        code, message = str(header.get("code")), str(header.get("message"))
        if code == "limit_memory" and self._child_limits != self._limits:
            return IsolationError(message, code="memory")
        if code == "memory":
            # What it failed to free is not worth keeping.
            self._stop()
            return IsolationError(message, code="memory")
        kind = _REBUILT.get(str(header["kind"]))
        if kind is None or code not in CODES:
            self._stop()
            return _garbled(f"error {header['kind']!r} with code {code!r}")
        return kind(message, code=code)

    def _stop(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.stop()


class _Child:
    """The process, its pipes, and why it ended."""

    def __init__(self) -> None:
        command = [sys.executable, "-c", _BOOTSTRAP, json.dumps(sys.path)]
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Codecs print their complaints there.
            stderr=subprocess.DEVNULL,
            # An interrupt at the terminal is for the parent, which then closes the pipe.
            start_new_session=True,
        )
        self.requests = cast("BinaryIO", self._process.stdin)
        self.replies = cast("BinaryIO", self._process.stdout)
        self.served = 0
        self._is_late = False

    @contextlib.contextmanager
    def deadline(self, seconds: float) -> Iterator[None]:
        """Kill the process unless the block ends in time, which unblocks any pipe."""
        timer = threading.Timer(seconds, self._expire)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()

    def _expire(self) -> None:
        self._is_late = True
        self._process.kill()

    def obituary(self, timeout_s: float) -> IsolationError:
        """Say why the process, which has ended, did so."""
        status = self._process.returncode
        if self._is_late or status == -getattr(signal, "SIGXCPU", 0):
            return IsolationError(
                f"decoding took longer than {timeout_s:g} s and was stopped; "
                "reduce the picture or raise the timeout",
                code="timeout",
            )
        # Nobody but the kernel's out-of-memory killer sends SIGKILL, beside ourselves.
        if status in {NO_MEMORY_STATUS, -getattr(signal, "SIGKILL", 0)}:
            return IsolationError(
                "the decoding process ran out of memory; reduce the picture",
                code="memory",
            )
        return IsolationError(
            f"the decoding process crashed (status {status}); the file is most likely hostile",
            code="crashed",
        )

    def stop(self) -> None:
        """End the process if it still runs, and free all that belongs to it."""
        # Closing flushes, which fails when the process is gone.
        with contextlib.suppress(OSError):
            self.requests.close()
        try:
            self._process.wait(timeout=_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.replies.close()


def _rebuild_frame(header: dict[str, Any], payload: bytes) -> Frame:
    # Loaded already by whoever uses the pixels; not by whoever only imports this module.
    import numpy as np  # noqa: PLC0415

    rows, columns = int(header["rows_px"]), int(header["columns_px"])
    # Over immutable bytes, hence read-only.
    rgb = np.frombuffer(payload, dtype=np.uint8).reshape(rows, columns, 3)
    return Frame(
        rgb=rgb,
        format=str(header["format"]),
        original_rows_px=int(header["original_rows_px"]),
        original_columns_px=int(header["original_columns_px"]),
        warnings=tuple(str(warning) for warning in header["warnings"]),
        sha256=str(header["sha256"]),
    )


def _garbled(what: str) -> IsolationError:
    return IsolationError(
        f"the decoding process sent a garbled reply ({what}); the file is most likely hostile",
        code="crashed",
    )
