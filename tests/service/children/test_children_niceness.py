"""Children leave the cores to whoever answers requests, and to urgent pictures."""

from __future__ import annotations

import os

import pytest

from studio_detector import Settings
from studio_detector.service.children.children import AnalysisChildren

pytestmark = pytest.mark.skipif(
    not hasattr(os, "getpriority"), reason="there is no such thing here"
)


@pytest.fixture(scope="module")
def priorities():
    """Of the children that analyse, the kept one last; a larger number is nicer."""
    options = {"timeout_s": 60, "memory_bytes": 1 << 31, "recycle_after": 100}
    with AnalysisChildren({"default": Settings()}, size=2, **options) as children:
        children.start()
        yield [
            os.getpriority(os.PRIO_PROCESS, keeper._child._process.pid)
            for keeper in children._analysts
        ]


def test_a_child_is_nicer_than_its_parent(priorities):
    """So that all cores may be at work on pictures while `/livez` is answered at once."""
    assert priorities[0] > os.nice(0) or os.nice(0) == 19


def test_the_child_of_urgent_pictures_is_not(priorities):
    """It stands back for nobody."""
    assert os.nice(0) == priorities[1]
