"""Faults on the real servers, with few jobs: every accepted job ends exactly once.

The long runs with the same scenarios are in docs/service/faults.md. Killed workers and stopped
brokers are met in tests/service/queues/test_worker.py, so not here again.
"""

from __future__ import annotations

import os
import sys

import pytest

from tools.faults.fleet import Fleet
from tools.faults.play import SkippedError, play
from tools.faults.processes import Crew
from tools.faults.servers import MissingServerError
from tools.faults.table import SCENARIOS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.services,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc"),
]


@pytest.fixture(scope="module")
def fleet():
    """Servers of these tests, each started when it is first needed."""
    with Crew() as crew:
        yield Fleet(crew)


@pytest.mark.parametrize(
    ("name", "mode", "jobs"),
    [
        ("child-killed", "embedded", 60),
        ("api-killed", "embedded", 40),
        ("postgres-stopped", "rabbitmq", 60),
        ("messages-doubled", "redis", 60),
        ("hostile-pictures", "embedded", 40),
        ("callbacks", "embedded", 80),
        ("clock-moved", "embedded", 60),
        ("clock-skewed", "redis", 30),
        ("disk-full", "embedded", 60),
        ("disk-full-whole", "embedded", 60),
        ("same-picture", "redis", 100),
    ],
)
def test_every_accepted_job_ends_exactly_once(fleet, name, mode, jobs):
    """None lost, none stored twice, none ended twice, and all processes end when asked."""
    try:
        outcome = play(SCENARIOS[name], fleet, mode, jobs)
    except (MissingServerError, SkippedError) as lack:
        if isinstance(lack, MissingServerError) and os.environ.get("REQUIRE_SERVICES") == "1":
            pytest.fail(str(lack))
        pytest.skip(str(lack))

    assert () == tuple(outcome.problems)
    assert outcome.jobs_in == outcome.done + outcome.dead > 0
    assert (0, 0, 0) == (outcome.lost, outcome.stored_twice, outcome.ended_twice)
