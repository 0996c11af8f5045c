"""Many write one log: threads, processes, and processes that are killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from service.audit.audit_examples import COLUMNS
from service.audit.auditing_process import THREADS

SCRIPT = Path(__file__).with_name("auditing_process.py")
TESTS = Path(__file__).resolve().parents[2]
ACTOR = COLUMNS.index("actor")
OBJECT = COLUMNS.index("object")
PROCESSES = 3
COUNT = 60


def start(*arguments):
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )


class WritersContract:
    """Subclasses give ``url``: an empty database."""

    def test_many_writers_make_one_chain_without_loss(self, place):
        running = [start(place.url, str(COUNT)) for _ in range(PROCESSES)]
        for process in running:
            assert process.communicate(timeout=120)[0] == "done\n"

        assert place.found() is None
        rows = place.rows()
        written = Counter(row[ACTOR] for row in rows)
        assert set(written.values()) == {COUNT}
        assert len(written) == PROCESSES * THREADS
        assert Counter(row[OBJECT] for row in rows) == {
            f"/api/v1/jobs/{number}": PROCESSES * THREADS for number in range(COUNT)
        }

    def test_a_killed_writer_loses_at_most_what_it_has_noted_a_moment_before(self, place):
        process = start(place.url)
        said = [int(process.stdout.readline()) for _ in range(40)]
        process.kill()
        rest, _ = process.communicate(timeout=60)
        # The last line may be half a line.
        said += [int(line) for line in rest.split("\n")[:-1]]

        assert place.found() is None
        written = Counter((row[ACTOR], row[OBJECT]) for row in place.rows())
        assert set(written.values()) == {1}
        for number in said:
            assert written["acted", f"/api/v1/jobs/{number}"] == 1
        noted = sorted(int(on.rpartition("/")[2]) for actor, on in written if actor == "noted")
        assert noted == list(range(len(noted)))
        place.write(4)
        assert place.found() is None


class TestSqliteWriters(WritersContract):
    @pytest.fixture
    def url(self, sqlite_url):
        return sqlite_url


@pytest.mark.services
class TestPostgresWriters(WritersContract):
    @pytest.fixture
    def url(self, postgres_url):
        return postgres_url
