"""One photo among others: whatever goes wrong with it becomes a failure of its own."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, TypeVar

from studio_detector.cli.streams import native_messages_silenced
from studio_detector.errors import StudioDetectorError
from studio_detector.pipeline.report import Failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio_detector.cli.run import Run

_T = TypeVar("_T")


def attempted(run: Run, path: str, call: Callable[[], _T]) -> _T | Failure:
    """Do something with one photo; nothing about it keeps the others from their turn.

    Args:
        run: The run.
        path: Name of the photo.
        call: What to do.

    Returns:
        What it returns, or what went wrong.
    """
    try:
        with contextlib.nullcontext() if run.debug else native_messages_silenced():
            return call()
    except StudioDetectorError as error:
        if run.debug and error.code == "analysis_failed":
            run.describe_defect(error)
        return Failure.of(path, error)
    except MemoryError:
        return Failure(
            path=path,
            code="memory",
            message="there was not enough memory; lower limits.max_decode_bytes or free some",
        )
    except Exception as error:  # noqa: BLE001 - a defect on one photo must not stop the others
        return Failure(path=path, code="internal", message=run.describe_defect(error))
