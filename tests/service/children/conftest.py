"""Children that several tests share, since each takes a third of a second to start."""

from __future__ import annotations

import pytest

from studio_detector.pipeline.settings import Settings
from studio_detector.service.children.children import AnalysisChildren

MIB = 1024 * 1024
#: Three variants: as it is, the rules, and one that always looks at details.
SETTINGS = {
    "default": Settings(),
    "rules": Settings(model="rules", variant="rules"),
    "doubtful": Settings(variant="doubtful", doubt_low=0.0, doubt_high=1.0),
}


@pytest.fixture(scope="session")
def settings():
    return SETTINGS


@pytest.fixture(scope="session")
def make_children():
    """Build children with what differs from a patient one."""

    def make(settings=None, **options):
        options = {
            "size": 1,
            "timeout_s": 120.0,
            "memory_bytes": 1400 * MIB,
            "recycle_after": 10_000,
            **options,
        }
        return AnalysisChildren(settings or SETTINGS, **options)

    return make


@pytest.fixture(scope="session")
def children(make_children):
    with make_children(size=2) as found:
        yield found
