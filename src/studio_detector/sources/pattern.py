"""What a pattern such as ``shoot/**/*.jpg`` matches."""

from __future__ import annotations

import glob

from studio_detector.errors import UnreadableError
from studio_detector.pipeline.report import Failure


def matches(pattern: str) -> list[str] | Failure:
    """Expand a pattern as the shell would have.

    Args:
        pattern: With ``*``, ``?``, ``[`` or ``**``.

    Returns:
        The paths that match, sorted, all at once; a failure ``not_found`` if there is none.
    """
    # Path.glob takes no absolute pattern and drops a leading ./
    found = sorted(set(glob.iglob(pattern, recursive=True)))  # noqa: PTH207
    if found:
        return found
    return Failure.of(
        pattern,
        UnreadableError(
            f"no file matches the pattern {pattern!r}; check its spelling and its folder",
            code="not_found",
        ),
    )
