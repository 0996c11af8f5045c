"""A log that tests of traces can read."""

from __future__ import annotations

import pytest

from service.logs.written_log import writing


@pytest.fixture
def log():
    """Lines of JSON, at its most talkative."""
    with writing() as log:
        yield log
