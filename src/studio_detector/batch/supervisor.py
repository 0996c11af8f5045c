"""Photos analysed by supervised worker processes, as rows."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from studio_detector.batch.keeper import Keeper
from studio_detector.batch.settings_message import settings_to_plain
from studio_detector.errors import CODES
from studio_detector.imaging.framing import FramingError, read_message, write_message
from studio_detector.pipeline.report import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from studio_detector.errors import StudioDetectorError
    from studio_detector.imaging.child import Child
    from studio_detector.imaging.sandbox import Sandbox
    from studio_detector.pipeline.settings import Settings

    #: Asked with the digest and the length of a photo whether the worker shall analyse it.
    Claim: TypeAlias = Callable[[str, int], bool]

_ENTRY = "studio_detector.batch.worker"
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Supervisor(Keeper):
    """Gets photos analysed; see `Keeper` for what is tried again.

    Args:
        settings: Of the analysis.
        timeout_s: Seconds one photo may take.
        memory_bytes: Address space a worker may take beyond its start (Linux).
        recycle_after: Photos after which the worker is replaced.
        perceptual_hash: Whether rows get a perceptual hash.
        sandbox: How the worker is confined beyond its limits.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        timeout_s: float,
        memory_bytes: int,
        recycle_after: int,
        perceptual_hash: bool,
        sandbox: Sandbox = "auto",
    ) -> None:
        message = {
            "settings": settings_to_plain(settings),
            "timeout_s": timeout_s,
            "memory_bytes": memory_bytes,
            "perceptual_hash": perceptual_hash,
            "sandbox": sandbox,
        }
        self._is_memory_below_limit = memory_bytes < settings.limits.max_decode_bytes
        super().__init__(_ENTRY, message, timeout_s=timeout_s, recycle_after=recycle_after)

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
        row = self.ask(
            partial(_converse, source=source, claim=claim),
            failed=failed_row,
            is_spent=ran_out_of_memory,
        )
        if row is not None and self._is_memory_below_limit:
            blame_memory(row)
        return row


def error_code(row: Mapping[str, Any]) -> str | None:
    """The code of a failure's row; None of a report's."""
    error = row.get("error")
    return None if error is None else str(error["code"])


def failed_row(error: StudioDetectorError) -> dict[str, Any]:
    """The row of a photo that failed by an error of ours; it has no path yet."""
    return Failure.of(None, error).to_dict()


def ran_out_of_memory(row: Mapping[str, Any] | None) -> bool:
    """Whether the process that gave this row had no memory left."""
    return row is not None and error_code(row) == "memory"


def blame_memory(row: dict[str, Any]) -> None:
    """Name the bound that was met where a process may take less than the limits allow."""
    if error_code(row) == "limit_memory":
        row["error"]["code"] = "memory"


def checked_row(row: object) -> dict[str, Any]:
    """Hold a row from a process that touched hostile bytes against the form of rows.

    Raises:
        FramingError: If it is neither a verdict nor a failure.
    """
    if not isinstance(row, dict):
        raise FramingError("no row")
    error = row.get("error")
    if error is None:
        confidence = row.get("confidence")
        is_verdict = isinstance(confidence, float) and 0 <= confidence <= 1
        # As text, because it may be anything that JSON can hold.
        if not is_verdict or str(row.get("label")) not in {"studio", "natural", "uncertain"}:
            raise FramingError("a row without verdict")
    elif not (
        isinstance(error, dict)
        and isinstance(error.get("code"), str)
        and error["code"] in CODES
        and isinstance(error.get("message"), str)
    ):
        raise FramingError("a row without error code")
    return row


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
    return checked_row(header.get("row"))
