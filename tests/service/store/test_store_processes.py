"""Processes that share a database: one leader a picture, one migration, no lost write."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from service.store.store_examples import TENANT, at_once, begin, finish_with, picture
from studio_detector.service.store import open_store

SCRIPT = Path(__file__).with_name("posting_process.py")
PROCESSES = 2
THREADS = 25


class ProcessesContract:
    """Subclasses give the fixtures ``url`` (an empty database) and ``bare_url`` (no tables)."""

    def test_fifty_posts_of_one_picture_from_two_processes_have_one_leader(
        self, url, opened, tmp_path
    ):
        store = opened(url)
        start = tmp_path / "start"
        command = [sys.executable, str(SCRIPT), url, str(start), str(THREADS), picture("a")]
        posting = [
            subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(PROCESSES)
        ]
        for process in posting:
            assert process.stdout.readline() == "ready\n"
        start.touch()
        outputs = [process.communicate(timeout=120)[0] for process in posting]
        assert [process.returncode for process in posting] == [0] * PROCESSES

        told = [job for output in outputs for job in json.loads(output)]
        assert len({job["id"] for job in told}) == PROCESSES * THREADS
        (leader,) = [job["id"] for job in told if job["leader"] is None]
        assert {job["leader"] for job in told} == {None, leader}
        assert [str(job_id) for job_id, _ in store.jobs.unsent(100)] == [leader]

        running = begin(store, store.jobs.get(TENANT, UUID(leader)))
        finish_with(store, running, "a")
        assert store.jobs.counts() == {("standard", "done"): PROCESSES * THREADS}
        assert len(store.results.find(TENANT).items) == 1

    def test_processes_that_start_together_make_the_tables_once(self, bare_url):
        """Each thread opens the database for itself, as a process does."""
        stores = at_once(6, lambda _number: open_store(bare_url))
        assert {store.schema_version() for store in stores} == {stores[0].schema_version()}
        for store in stores:
            store.close()


class TestSqliteProcesses(ProcessesContract):
    @pytest.fixture
    def url(self, sqlite_url):
        return sqlite_url

    @pytest.fixture
    def bare_url(self, sqlite_url):
        return sqlite_url


@pytest.mark.services
class TestPostgresProcesses(ProcessesContract):
    @pytest.fixture
    def url(self, postgres_url):
        return postgres_url

    @pytest.fixture
    def bare_url(self, make_postgres):
        return make_postgres()
