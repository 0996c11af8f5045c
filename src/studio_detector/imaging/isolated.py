"""Decoding in a child process, so that hostile bytes can at worst take the child along."""

from __future__ import annotations

import math
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

from studio_detector.errors import ConfigError, IsolationError
from studio_detector.imaging.child import Child, affordable, could_not_start, rebuild_error
from studio_detector.imaging.frame import Frame
from studio_detector.imaging.framing import FramingError, read_message, write_message
from studio_detector.imaging.limits import Limits
from studio_detector.imaging.load import WORKING_SIZE_PX, is_array, load
from studio_detector.imaging.source import read_source

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from studio_detector.imaging.sandbox import Confinement, Sandbox
    from studio_detector.imaging.source import Readable, Source

#: Seconds one picture may take, waiting included.
DEFAULT_TIMEOUT_S = 10.0
#: Memory the child may take beyond its own start-up.
DEFAULT_MEMORY_BYTES = 1_400 * 1024 * 1024
#: Pictures after which the child is replaced, so that what decoders leak stays small.
DEFAULT_RECYCLE_AFTER = 1_000


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
        sandbox: How the child is confined beyond its limits: "auto" as well as the system can,
            "require" not at all unless fully, "off" by limits alone.

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
        sandbox: Sandbox = "auto",
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
        self._child_limits = affordable(self._limits, memory_bytes)
        self._timeout_s = timeout_s
        self._memory_bytes = memory_bytes
        self._recycle_after = recycle_after
        self._sandbox = sandbox
        self._lock = threading.Lock()
        self._child: Child | None = None

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

    def start(self) -> Confinement:
        """Have the child ready before it is needed.

        Returns:
            How far it is confined.

        Raises:
            ConfigError: ``sandbox_missing``.
            IsolationError: ``crashed`` if it cannot be started.
        """
        with self._lock:
            return self._ready_child().confinement

    def load(self, source: Source) -> Frame:
        """Read, decode in the child and prepare one picture.

        Args:
            source: As for `studio_detector.imaging.load`.

        Returns:
            The same frame.

        Raises:
            IsolationError: ``crashed``, ``timeout`` or ``memory``.
            ConfigError: ``sandbox_missing``.
            StudioDetectorError: As `studio_detector.imaging.load`.
        """
        if is_array(source):
            return load(source, working_size_px=self._working_size_px, limits=self._limits)
        data = read_source(cast("Readable", source), self._limits)
        with self._lock:
            return self._exchange(data)

    def _exchange(self, data: bytes) -> Frame:
        child = self._ready_child()
        request = {"timeout_s": self._timeout_s, "working_size_px": self._working_size_px}
        with child.conversation(self._timeout_s):
            write_message(child.requests, request, data)
            header, payload = read_message(child.replies, 3 * self._working_size_px**2)
            refusal = rebuild_error(header)
            if refusal is None:
                return _rebuild_frame(header, payload)
        if refusal.code == "limit_memory" and self._child_limits != self._limits:
            raise IsolationError(refusal.message, code="memory")
        if refusal.code == "memory":
            # What it failed to free is not worth keeping.
            self._stop()
            raise IsolationError(refusal.message, code="memory")
        raise refusal

    def _ready_child(self) -> Child:
        child = self._child
        if child is not None and (child.is_over or child.served >= self._recycle_after):
            self._stop()
        if self._child is None:
            try:
                child = Child("studio_detector.imaging.worker", activity="decoding")
            except OSError as error:
                raise could_not_start("decoding") from error
            child.start(
                {
                    "memory_bytes": self._memory_bytes,
                    "limits": asdict(self._child_limits),
                    "sandbox": self._sandbox,
                }
            )
            self._child = child
        return self._child

    def _stop(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.stop()


def _rebuild_frame(header: dict[str, Any], payload: bytes) -> Frame:
    # Loaded already by whoever uses the pixels; not by whoever only imports this module.
    import numpy as np  # noqa: PLC0415

    try:
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
    except (KeyError, TypeError, ValueError) as error:
        raise FramingError(repr(error)) from error
