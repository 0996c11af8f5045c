"""A load of some seconds on a real service, with all that belongs to it.

The long run is ``make load``; its results are in docs/service/load.md.
"""

from __future__ import annotations

import importlib.util
import sys

import pytest

from tools.faults.processes import Crew
from tools.load import steady
from tools.load.answers import read_file
from tools.load.running import running

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc"),
    pytest.mark.skipif(
        importlib.util.find_spec("locust") is None, reason="the group `load` is not installed"
    ),
]


def test_a_few_seconds_with_two_blows_lose_and_double_nothing():
    """The whole service is killed, then a process that analyses: its callers try again."""
    with Crew() as crew, running(crew, "embedded", 1) as setup:
        found = steady.hold(setup, 4.0, 7.0, arrivals="poisson", seed=3, every_s=2.3)
        answers = read_file(crew.folder / "steady-embedded.jsonl")

    assert [] == found["problems"]
    assert (
        len(answers) == found["due"] == found["posted"] == found["accepted"] == found["done"] > 15
    )
    assert 0 == found["lost"] == found["doubled"] == found["dead"]
    assert {"kill the service": 1, "kill an analysis": 1} == found["blows"]
    assert found["results"] == found["posted"]
    assert found["cpu_s"]["children"] > 0
    assert found["result_after"]["p50_ms"] > 0
    # Nobody is sent late because somebody else is not answered yet.
    assert sorted(one.sent_s - one.due_s for one in answers)[len(answers) // 2] < 0.1
