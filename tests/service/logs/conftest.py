"""Logs that tests can read."""

from __future__ import annotations

import contextlib

import pytest

from service.logs.written_log import writing


@pytest.fixture
def make_log():
    """Have all loggers write into a log until the end of the test."""
    with contextlib.ExitStack() as stack:
        yield lambda *named, **options: stack.enter_context(writing(*named, **options))


@pytest.fixture
def log(make_log):
    """Lines of JSON, at its most talkative."""
    return make_log()
