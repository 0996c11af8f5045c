"""What a line of the log costs whoever writes it."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import pytest

from service.logs.written_log import Log
from studio_detector.service.logs.context import bound

#: Measured: 50 us of JSON, 61 us of columns, and 5 us for ids.
MOST_US = 500
LINES = 2_000

logger = logging.getLogger("studio_detector.service.api.request_log")


def _write(_):
    logger.info(
        "%s %s %d",
        "POST",
        "/api/v1/analyse",
        202,
        extra={
            "method": "POST",
            "route": "/api/v1/analyse",
            "status": 202,
            "duration_ms": 12.345,
            "bytes": 1234,
        },
    )


def _bind(number):
    with bound(request_id=f"r{number}", tenant=None):
        pass


@pytest.mark.parametrize(
    ("what", "work"), [("a line", _write), ("a block that binds ids", _bind)], ids=["line", "ids"]
)
@pytest.mark.parametrize("form", ["json", "console"])
def test_a_line_costs_little(form, what, work):
    """CPU time of the thread, best of five; printed by `pytest -s`."""
    log = Log(form)
    log.handler.hide({f"a-secret-of-the-settings-{n}" for n in range(5)})
    logger.addHandler(log.handler)
    logger.propagate = False
    level = logger.level
    logger.setLevel(logging.INFO)
    took_us = []
    try:
        with bound(request_id="7c0e4f5c9f5e0c1d2e3f4a5b7c0e4f5c", tenant="shop"):
            for _ in range(5):
                begun = time.thread_time()
                for number in range(LINES // 5):
                    work(number)
                took_us.append((time.thread_time() - begun) / (LINES // 5) * 1e6)
    finally:
        logger.setLevel(level)
        logger.propagate = True
        logger.removeHandler(log.handler)
    print(f"{Path(__file__).stem}: {what} ({form}): {min(took_us):.1f} us")  # noqa: T201
    assert min(took_us) < MOST_US
