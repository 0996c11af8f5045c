"""The header ``Retry-After``: how long a host asks to be left alone."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

#: Longest wait that is believed, in seconds.
MOST_S = 86_400.0
_MOST_DIGITS = 9


def parse_retry_after(text: str | None, now: datetime) -> float | None:
    """Read the header (RFC 9110, 10.2.3).

    Args:
        text: Seconds or a date; None if there is none.
        now: The time a date is counted from, UTC.

    Returns:
        Seconds, 0..`MOST_S`; None for what is neither.
    """
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:_MOST_DIGITS]), MOST_S)
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return min(max((date - now).total_seconds(), 0.0), MOST_S)
