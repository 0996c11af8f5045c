"""The header Retry-After of hosts that are fetched from."""

from __future__ import annotations

from datetime import UTC, datetime

from studio_detector.service.fetch.retry_after import MOST_S, parse_retry_after
from tools.fuzz.choice import text_of
from tools.fuzz.target import Target

_NOW = datetime(2026, 11, 28, tzinfo=UTC)


def check(data: bytes) -> None:
    """A pause that can be kept, or none."""
    pause_s = parse_retry_after(text_of(data), _NOW)
    if pause_s is not None and not 0 <= pause_s <= MOST_S:
        raise AssertionError(pause_s)


TARGET = Target(
    title="the header Retry-After",
    check=check,
    most_bytes=256,
)
