"""How a try of a job ends, before the store is told."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from studio_detector.errors import (
    FetchError,
    InputError,
    IsolationError,
    RequestError,
    StudioDetectorError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from studio_detector.service.records import Answer, NewResult

_log = logging.getLogger(__name__)

# A worker that does not know a variant may stand beside one that does, while a new list of
# variants reaches one after the other. The result of a picture that looks alike may have been
# erased at this moment.
_PASSING_REQUESTS = frozenset({"unknown_variant", "result_unknown"})

#: Codes of jobs that died of their picture, or of its absence: it is no use to keep it for
#: another try. Whatever else a job died of, a mended service, or chance, may change.
PICTURE_FAULTS = frozenset(
    {
        "empty",
        "unsupported_format",
        "unsupported_variant",
        "invalid_array",
        "limit_file_size",
        "limit_pixels",
        "limit_side",
        "limit_aspect",
        "limit_frames",
        "limit_memory",
        "truncated",
        "corrupt",
        "picture_gone",
        "picture_damaged",
    }
)


@dataclass(frozen=True, slots=True)
class Found:
    """There is a result.

    Attributes:
        result: The verdict, or the id of one that is stored.
        answer: How it was found.
    """

    result: NewResult | UUID
    answer: Answer


@dataclass(frozen=True, slots=True)
class Half:
    """The light was judged, and details are to follow in their own queue.

    Attributes:
        row: What was found.
    """

    row: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Failed:
    """There is no result.

    Attributes:
        code: Of the error.
        message: Of the error.
        is_passing: Whether another try may help.
        retry_after_s: Seconds that a host asked to be left alone for.
    """

    code: str
    message: str
    is_passing: bool = False
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """The store has decided already: the job is done, or follows another."""


#: How a try ends.
Outcome: TypeAlias = Found | Half | Failed | Settled


def failed_picture(row: Mapping[str, Any]) -> Failed:
    """The outcome for a picture whose row is a `Failure`.

    What it is the fault of is certain by then: a picture that took its process along was tried
    in a fresh one, so it is dead at once, and so is one that hung.
    """
    error = row["error"]
    return Failed(code=error["code"], message=error["message"])


def failure_of(error: Exception) -> Failed:
    """The outcome for what a try raised.

    Args:
        error: Anything but ``BusyError``, which says nothing of the job.
    """
    if isinstance(error, FetchError):
        return Failed(
            code=error.code,
            message=error.message,
            is_passing=error.is_passing,
            retry_after_s=error.retry_after_s,
        )
    if isinstance(error, RequestError):
        return Failed(error.code, error.message, is_passing=error.code in _PASSING_REQUESTS)
    if isinstance(error, InputError) and not isinstance(error, IsolationError):
        return Failed(error.code, error.message)
    if isinstance(error, StudioDetectorError):
        # This worker cannot start what analyses, whatever the picture; another may.
        return Failed(error.code, error.message, is_passing=True)
    _log.error("a try failed by a defect of ours", exc_info=error)
    return Failed(
        "internal",
        f"a defect of ours ({type(error).__name__}); see the worker's log",
        is_passing=True,
    )
