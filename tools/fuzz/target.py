"""What a target of fuzzing is, and what counts as a finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_detector.errors import StudioDetectorError

if TYPE_CHECKING:
    from collections.abc import Callable

#: What our errors never say about something from outside: these are defects.
_DEFECTS = frozenset({"internal", "analysis_failed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One reader of what strangers send.

    Attributes:
        title: What it reads, for people.
        check: Reads the bytes. It may raise errors of ours; anything else that it raises,
            assertions about what was read included, is a finding.
        most_bytes: Longest input that is tried.
        memory_mib: Memory of the process, MiB, beyond which an input is a finding.
    """

    title: str
    check: Callable[[bytes], None]
    most_bytes: int = 4096
    memory_mib: int = 1024


def tried(target: Target, data: bytes) -> str | None:
    """Give a target some bytes.

    Args:
        target: It.
        data: The bytes.

    Returns:
        Code of the error of ours that it raised; None if it read them.

    Raises:
        BaseException: A finding, whatever it is.
    """
    try:
        target.check(data)
    except StudioDetectorError as error:
        if error.code in _DEFECTS or not error.message:
            raise AssertionError(f"refused with {error.code!r}: {error.message!r}") from error
        return error.code
    return None
