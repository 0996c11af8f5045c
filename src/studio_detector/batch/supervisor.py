"""The keeper of one worker process: starts it, talks to it, buries it and starts the next."""

from __future__ import annotations

import re
import threading
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from studio_detector.batch.settings_message import settings_to_plain
from studio_detector.errors import CODES, IsolationError
from studio_detector.imaging.child import Child, could_not_start
from studio_detector.imaging.framing import FramingError, read_message, write_message
from studio_detector.pipeline.report import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from studio_detector.pipeline.settings import Settings

    #: Asked with the digest and the length of a photo whether the worker shall analyse it.
    Claim: TypeAlias = Callable[[str, int], bool]

_ACTIVITY = "analysis"
_ENTRY = "studio_detector.batch.worker"
# Parallel over pictures, so one thread inside each; read when the libraries are loaded.
_ONE_THREAD: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"),
        "1",
    )
)
# A system short of processes or memory for a moment must not end a run of days.
_START_PAUSES_S = (0.0, 1.0, 10.0)
_SHA256 = re.compile(r"[0-9a-f]{64}")


class AbandonedError(Exception):
    """The run was given up while a photo was on its way."""


class Supervisor:
    """Gets photos analysed by one process after another; for one thread at a time.

    A photo is failed as ``crashed`` or ``memory`` only by a worker that had served nothing
    before: what a used one died of may be the damage done by an earlier photo, and then the
    photo is tried once more in a fresh one. So is a photo whose worker was killed from
    outside, as systems out of memory do. ``timeout`` is not tried again, since it would hold
    up the run for as long once more.

    Args:
        settings: Of the analysis.
        timeout_s: Seconds one photo may take.
        memory_bytes: Address space a worker may take beyond its start (Linux).
        recycle_after: Photos after which the worker is replaced.
        perceptual_hash: Whether rows get a perceptual hash.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        timeout_s: float,
        memory_bytes: int,
        recycle_after: int,
        perceptual_hash: bool,
    ) -> None:
        self._message = {
            "settings": settings_to_plain(settings),
            "timeout_s": timeout_s,
            "memory_bytes": memory_bytes,
            "perceptual_hash": perceptual_hash,
        }
        self._is_memory_below_limit = memory_bytes < settings.limits.max_decode_bytes
        self._timeout_s = timeout_s
        self._recycle_after = recycle_after
        self._child: Child | None = None
        # Guards what `abandon` does from another thread.
        self._lock = threading.Lock()
        self._abandoned = threading.Event()

    def analyse(self, source: str | bytes, claim: Claim) -> dict[str, Any] | None:
        """Get one photo analysed.

        Args:
            source: Its path or its bytes.
            claim: Called once the photo was read; once more if it is tried again.

        Returns:
            Its row, without path; None if ``claim`` declined.

        Raises:
            AbandonedError: After `abandon`.
            IsolationError: ``crashed`` if no worker can be started.
            StudioDetectorError: What a worker cannot start with.
        """
        row, is_certain = self._attempt(source, claim)
        if not is_certain:
            row, _ = self._attempt(source, claim)
        if row is not None and self._is_memory_below_limit and error_code(row) == "limit_memory":
            row["error"]["code"] = "memory"
        return row

    def _attempt(self, source: str | bytes, claim: Claim) -> tuple[dict[str, Any] | None, bool]:
        """One try, and whether its outcome is the photo's own."""
        child = self._ready_child()
        was_fresh = child.served == 0
        try:
            with child.conversation(self._timeout_s):
                row = _converse(child, source, claim)
        except IsolationError as error:
            if self._abandoned.is_set():
                raise AbandonedError from error
            is_certain = error.code == "timeout" or (was_fresh and not child.was_killed)
            return Failure.of(None, error).to_dict(), is_certain
        if row is not None and error_code(row) == "memory":
            # What it failed to free is not worth keeping.
            child.stop()
            return row, was_fresh
        return row, True

    def _ready_child(self) -> Child:
        child = self._child
        if child is not None and child.served >= self._recycle_after:
            child.stop()
        if child is None or child.is_over:
            for pause_s in _START_PAUSES_S:
                if self._abandoned.wait(pause_s):
                    raise AbandonedError
                try:
                    return self._start()
                except OSError as error:
                    failure = could_not_start(_ACTIVITY)
                    failure.__cause__ = error
                except IsolationError as error:
                    failure = error
            raise failure
        return child

    def _start(self) -> Child:
        with self._lock:
            if self._abandoned.is_set():
                raise AbandonedError
            self._child = child = Child(_ENTRY, activity=_ACTIVITY, environment=_ONE_THREAD)
        try:
            child.start(self._message)
        except IsolationError as error:
            if self._abandoned.is_set():
                raise AbandonedError from error
            raise
        return child

    def resume(self) -> None:
        """Take photos again after `abandon`, while no thread is in `analyse`."""
        if self._abandoned.is_set():
            self.close()
            self._abandoned.clear()

    def abandon(self) -> None:
        """Kill the worker, from any thread, and start no other."""
        with self._lock:
            self._abandoned.set()
            if self._child is not None:
                self._child.kill()

    def close(self) -> None:
        """End the worker, while no thread is in `analyse`."""
        if self._child is not None and not self._child.is_over:
            # It holds nothing worth a graceful end.
            self._child.stop(at_once=True)
        self._child = None


def error_code(row: Mapping[str, Any]) -> str | None:
    """The code of a failure's row; None of a report's."""
    error = row.get("error")
    return None if error is None else str(error["code"])


def _converse(child: Child, source: str | bytes, claim: Claim) -> dict[str, Any] | None:
    if isinstance(source, bytes):
        write_message(child.requests, {}, source)
    else:
        write_message(child.requests, {"path": source})
    header, _ = read_message(child.replies, 0)
    if "row" not in header:
        sha256, file_bytes = header.get("sha256"), header.get("file_bytes")
        if not (isinstance(sha256, str) and _SHA256.fullmatch(sha256)):
            raise FramingError("no digest")
        if type(file_bytes) is not int:
            raise FramingError("no length")
        is_wanted = claim(sha256, file_bytes)
        write_message(child.requests, {"is_wanted": is_wanted})
        if not is_wanted:
            return None
        header, _ = read_message(child.replies, 0)
    return _checked(header.get("row"))


def _checked(row: object) -> dict[str, Any]:
    """Hold a row from a process that touched hostile bytes against the form of rows."""
    if not isinstance(row, dict):
        raise FramingError("no row")
    error = row.get("error")
    if error is None:
        confidence = row.get("confidence")
        is_verdict = isinstance(confidence, float) and 0 <= confidence <= 1
        if not is_verdict or row.get("label") not in {"studio", "natural", "uncertain"}:
            raise FramingError("a row without verdict")
    elif not (
        isinstance(error, dict)
        and isinstance(error.get("code"), str)
        and error["code"] in CODES
        and isinstance(error.get("message"), str)
    ):
        raise FramingError("a row without error code")
    return row
