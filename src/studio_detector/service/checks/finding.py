"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: ``ok``; ``warning``, the service runs and somebody should look; ``failed``, it would not run;
#: ``skipped``, it could not be tried since something else failed.
State = Literal["ok", "warning", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found.

    Attributes:
        state: How it stands.
        text: What was found; where that is not well, also the next step.
    """

    state: State
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A part of the service that was checked.

    Attributes:
        part: Its name.
        finding: How it stands.
        took_ms: Milliseconds that the check took.
    """

    part: str
    finding: Finding
    took_ms: float


def ok(text: str) -> Finding:
    """All is well."""
    return Finding("ok", text)


def warning(text: str) -> Finding:
    """The service runs, and somebody should look."""
    return Finding("warning", text)


def failed(text: str) -> Finding:
    """The service would not run."""
    return Finding("failed", text)


def skipped(text: str) -> Finding:
    """It could not be tried."""
    return Finding("skipped", text)
