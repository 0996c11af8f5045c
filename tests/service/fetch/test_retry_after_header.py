"""``Retry-After`` is read as seconds or as a date, and believed for a day at most."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_detector.service.fetch.retry_after import MOST_S, parse_retry_after

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("9" * 400, MOST_S),
        ("Thu, 01 Jan 2026 12:02:00 GMT", 120.0),
        ("Thu, 01 Jan 2026 12:02:00", 120.0),
        ("Thu, 01 Jan 2026 11:00:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", MOST_S),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("٣", None),
        ("Thu, 99 Jan 2026 12:02:00 GMT", None),
    ],
)
def test_the_header_is_read(text, expected):
    assert parse_retry_after(text, NOW) == expected


@given(st.text())
def test_whatever_a_host_sends_gives_a_bounded_wait_or_none(text):
    seconds = parse_retry_after(text, NOW)
    assert seconds is None or 0.0 <= seconds <= MOST_S
