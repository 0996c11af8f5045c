"""Rates, as settings write them."""

from __future__ import annotations

from studio_detector.service.rate import read_rate
from tools.fuzz.choice import text_of
from tools.fuzz.target import Target


def check(data: bytes) -> None:
    """A rate lets something through in some time, or there is none."""
    rate = read_rate(text_of(data), name="rate_key")
    if rate is not None and not (rate.most >= 1 and rate.window_s >= 1):
        raise AssertionError(rate)


TARGET = Target(title="rates", check=check, most_bytes=64)
