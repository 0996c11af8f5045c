"""Servers and processes of a fault run: they stop, die, come back, and never stay behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools.faults.processes import Crew, answers
from tools.faults.servers import MissingServerError, Postgres, Redis

pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc"),
]
_ROOT = Path(__file__).resolve().parents[3]
_HARNESS = """
import sys, time
from tools.faults.processes import Crew
from tools.faults.servers import Redis
crew = Crew()
redis = Redis(crew)
redis.start()
print(redis.port, redis.process.pid, crew.folder, flush=True)
time.sleep(600)
"""


@pytest.fixture
def crew():
    """Processes of this test."""
    with Crew() as found:
        yield found


@pytest.mark.parametrize("kind", [Redis, Postgres])
def test_a_server_comes_back_after_a_stop_and_after_a_kill(crew, kind):
    """On its port, with nothing of the old one in the way."""
    server = started(crew, kind)
    for end in (server.stop, server.kill):
        end()
        assert not server.runs
        assert not answers(server.port)
        server.start()
        assert server.runs


def test_postgres_keeps_what_was_written_through_a_kill(crew):
    """Or it could not be the truth."""
    server = started(crew, Postgres)
    database = server.new_database().rpartition("/")[2]
    server.kill()
    server.start()
    import psycopg

    with psycopg.connect(server.url.replace("+psycopg", "")) as connection:
        names = connection.execute("SELECT datname FROM pg_database").fetchall()

    assert (database,) in names


def test_nothing_stays_behind_a_crew(crew):
    """Not its processes, not those that they have started, not its folder."""
    with Crew() as other:
        process = other.start(["/bin/sh", "-c", "sleep 600 & sleep 600"], log=other.folder / "log")
        process.wait_until(lambda: len(process.below()) == 2, 10, "no children")
        pids = {process.pid, *process.below()}
        assert pids == other.left()

    assert not any(lives(pid) for pid in pids)
    assert not other.folder.exists()


def test_who_sees_another_go_starts_nothing_in_its_place(crew):
    """PostgreSQL does, and the next server finds its memory in use."""
    again = "(while :; do sleep 600; done) &"
    process = crew.start(["/bin/sh", "-c", f"{again * 40} wait"], log=crew.folder / "log")
    process.wait_until(lambda: len(process.below()) == 80, 30, "not all are there")

    process.kill_all()

    assert set() == crew.left()


def test_nothing_stays_behind_a_harness_that_is_killed():
    """By SIGKILL, which leaves it no time to clean up."""
    skip_without(Redis)
    harness = subprocess.Popen(
        [sys.executable, "-c", _HARNESS], cwd=_ROOT, stdout=subprocess.PIPE, text=True
    )
    port, pid, folder = harness.stdout.readline().split()
    assert lives(int(pid))
    harness.kill()
    harness.communicate()
    until = time.monotonic() + 20
    while (lives(int(pid)) or Path(folder).exists()) and time.monotonic() < until:
        time.sleep(0.02)

    assert not lives(int(pid))
    assert not Path(folder).exists()
    assert not answers(int(port))


def started(crew, kind):
    """A server that is up, or a skip."""
    try:
        server = kind(crew)
        server.start()
    except MissingServerError as lack:
        missing(lack)
    return server


def skip_without(kind):
    """Skip where a server is not installed."""
    with Crew() as crew:
        started(crew, kind)


def missing(lack):
    """Skip, or fail where nothing may be missing."""
    if os.environ.get("REQUIRE_SERVICES") == "1":
        pytest.fail(str(lack))
    pytest.skip(str(lack))


def lives(pid):
    """Whether a process is there and not only its entry."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
