"""Workers beside the real store, on every broker: nothing is lost, whatever dies."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import secrets
import signal
import sys
import threading
import time
from multiprocessing import forkserver

import psycopg
import pytest
from sqlalchemy.engine import make_url

import sqlite_tables
from service.queues import worker_process
from service_servers import postgres_url
from service_workers import open_parts, sha256
from studio_detector.errors import FetchError
from studio_detector.service.queues.pools import QUEUES
from studio_detector.service.queues.worker import Worker, run_worker
from tcp_proxy import TcpProxy


@pytest.fixture
def open_here(tmp_path, place):
    """Open parts on a broker; all that one test opens share store and queues."""
    opened = []
    database_url = sqlite_tables.laid(tmp_path / "service.db")

    def open_here(**settings):
        if place.kind != "embedded":
            settings["database_url"] = database_url
        parts = open_parts(tmp_path, broker_url=place.url, namespace=place.namespace, **settings)
        opened.append(parts)
        return parts

    yield open_here
    for parts in opened:
        parts.close()


@pytest.fixture
def start(request):
    """Start workers that are stopped at the end."""
    workers = []

    def start(parts, queues=QUEUES):
        worker = Worker(parts, queues)
        worker.start()
        workers.append(worker)
        return worker

    yield start
    for worker in workers:
        worker.stop(5)


def _all_over(parts):
    return lambda: set(parts.states()) <= {"done", "dead", "cancelled"}


class TestOneWorker:
    def test_jobs_without_messages_are_found_and_done(self, open_here, start, eventually):
        parts = open_here()
        parts.accept(*[f"good {i}".encode() for i in range(30)])
        start(parts)
        eventually(_all_over(parts))
        assert parts.states() == {"done": 30}
        assert len(parts.children.asked) == 30

    def test_a_mixed_lot_ends_as_it_should(self, open_here, start, eventually):
        """Good, broken, doubtful, fetched, refused and flaky: each ends once."""
        parts = open_here(split_phases=True, retry_first_s=0.3, max_attempts=3)
        parts.fetcher.pictures = {
            "https://a/1": b"good 50",
            "https://a/2": FetchError("no", code="fetch_refused"),
            "https://a/3": FetchError("busy", code="fetch_failed", is_passing=True),
        }
        parts.accept(*[f"good {i}".encode() for i in range(10)])
        parts.accept(*[f"doubtful {i}".encode() for i in range(5)], callback_url="https://b/")
        parts.accept(*[f"crashed {i}".encode() for i in range(3)])
        parts.accept(b"defect 1", priority="high")
        for url in parts.fetcher.pictures:
            parts.accept_url(url)
        start(parts)
        eventually(_all_over(parts))
        assert parts.states() == {"done": 16, "dead": 6}
        eventually(lambda: len(parts.deliverer.delivered) == 5)
        assert set(parts.deliverer.delivered) == {("job.done", "https://b/")}

    def test_messages_twice_and_in_any_order_are_harmless(self, open_here, start, eventually):
        parts = open_here()
        jobs = parts.accept(*[f"good {i}".encode() for i in range(40)])
        messages = [job.id for job in jobs] * 3
        random.shuffle(messages)
        for job_id in messages:
            parts.broker.send("standard", job_id)
        start(parts)
        eventually(_all_over(parts))
        eventually(lambda: parts.broker.depth("standard") == 0)
        assert parts.states() == {"done": 40}
        assert len(parts.children.asked) == 40

    def test_messages_that_name_nothing_are_harmless(self, open_here, start, eventually, caplog):
        parts = open_here()
        for queue in ("standard", "webhook", "maintenance"):
            parts.broker.send(queue, "nonsense")
        start(parts)
        eventually(lambda: caplog.text.count("names nothing of ours") == 2)
        eventually(lambda: "there is no task" in caplog.text)

    def test_urgent_work_does_not_wait_for_standard_work(self, open_here, start, eventually):
        """All threads that standard work may take are stuck; urgent work is done."""
        parts = open_here()
        parts.accept(*[f"slow {i}".encode() for i in range(6)])
        start(parts)
        eventually(lambda: len(parts.children.asked) == 4)
        (urgent,) = parts.accept(b"good 1", priority="high")
        parts.broker.send("high", urgent.id)
        eventually(lambda: parts.job(urgent).state == "done", timeout=5)
        assert parts.states()["done"] == 1
        assert len(parts.children.asked) == 5
        parts.children.gate.set()

    def test_a_crowd_is_done_whatever_is_among_it(self, open_here, start, eventually):
        """Kept pictures, addresses, broken ones and urgent ones, many at a time."""
        parts = open_here()
        jobs = parts.accept(*[f"good {n}".encode() for n in range(60)])
        for n in range(20):
            parts.fetcher.pictures[f"https://a/{n}"] = f"good {100 + n}".encode()
            jobs.append(parts.accept_url(f"https://a/{n}"))
        jobs += parts.accept(*[f"corrupt {n}".encode() for n in range(10)])
        random.Random(7).shuffle(jobs)
        for job in jobs:
            parts.broker.send("standard", job.id)
        start(parts)
        (urgent,) = parts.accept(b"good 999", priority="high")
        parts.broker.send("high", urgent.id)
        eventually(_all_over(parts))
        assert parts.states() == {"done": 81, "dead": 10}
        assert len(parts.children.asked) == 91

    def test_the_time_from_acceptance_to_the_start_is_short(self, open_here, start, eventually):
        """Below 50 ms at best, so that nothing waits for a look now and then."""
        parts = open_here()
        start(parts)
        waits = []
        for i in range(11):
            (job,) = parts.accept(f"good {i}".encode())
            begin = time.monotonic()
            parts.broker.send("standard", job.id)
            eventually(lambda: len(parts.children.asked) > i)  # noqa: B023 - called at once
            waits.append(time.monotonic() - begin)
            eventually(_all_over(parts))
        assert min(waits) < 0.05, waits


class TestStopping:
    def test_a_stop_lets_end_what_was_begun(self, open_here, eventually):
        parts = open_here()
        parts.children.pause_s = 0.3
        parts.accept(*[f"good {i}".encode() for i in range(10)])
        worker = Worker(parts)
        worker.start()
        eventually(lambda: parts.children.asked)
        worker.stop(10)
        states = parts.states()
        assert states.get("running", 0) == 0
        assert states["done"] == len(parts.children.asked)

    def test_what_takes_longer_goes_back_with_its_attempt(self, open_here, eventually):
        parts = open_here(lease_s=30)
        (job,) = parts.accept(b"slow 1")
        worker = Worker(parts)
        worker.start()
        eventually(lambda: parts.children.asked)
        worker.stop(0.2)
        given_back = parts.job(job)
        assert (given_back.state, given_back.attempts) == ("queued", 0)
        parts.children.gate.set()

    def test_the_next_worker_does_the_rest(self, open_here, start, eventually):
        """Messages die with the embedded broker; the store has the jobs."""
        first = open_here()
        first.children.pause_s = 0.05
        first.accept(*[f"good {i}".encode() for i in range(30)])
        worker = Worker(first)
        worker.start()
        eventually(lambda: first.states().get("done", 0) >= 3)
        worker.stop(5)
        first.broker.close()
        second = open_here()
        start(second)
        eventually(_all_over(second))
        assert second.states() == {"done": 30}

    def test_run_worker_ends_when_told(self, open_here):
        parts = open_here()
        (job,) = parts.accept(b"good 1")
        stop = threading.Event()
        thread = threading.Thread(target=run_worker, args=(parts, QUEUES, stop))
        thread.start()
        deadline = time.monotonic() + 10
        while parts.job(job).state != "done":
            assert time.monotonic() < deadline
            time.sleep(0.01)
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture
def postgres():
    """A database of this test's own: its address, and a proxy before it."""
    server = make_url(postgres_url())
    name = f"test_{secrets.token_hex(6)}"
    admin = server.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(admin, autocommit=True) as link:
        link.execute(f"CREATE DATABASE {name}")
    proxy = TcpProxy(server.host, server.port)
    url = server.set(database=name, host="127.0.0.1", port=proxy.port)
    yield url.render_as_string(hide_password=False), proxy
    proxy.close()
    with psycopg.connect(admin, autocommit=True) as link:
        link.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def forked():
    """Makes processes that share what one has imported: many are started to be killed."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([worker_process.__name__])
    with pytest.MonkeyPatch.context() as patched:
        # Python 3.11 does not tell the server where to import from.
        patched.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        forkserver.ensure_running()
    return context


class Processes:
    """Worker processes; all die at the end."""

    def __init__(self, forked, folder, settings):
        self.forked = forked
        self.folder = folder
        self.settings = settings
        self.running = []

    def start(self):
        settings = dict(self.settings)
        pause_s = settings.pop("pause_s")
        heard, told = self.forked.Pipe(duplex=False)
        with heard, told:
            process = self.forked.Process(
                target=worker_process.main, args=(self.folder, settings, pause_s, told)
            )
            process.start()
            self.running.append(process)
            # Or its death would not be noticed.
            told.close()
            assert heard.recv() == "ready"
        return process

    def kill(self, process, how=signal.SIGKILL):
        self.running.remove(process)
        os.kill(process.pid, how)
        process.join(30)
        status = process.exitcode
        process.close()
        return status

    def kill_all(self):
        for process in list(self.running):
            with contextlib.suppress(ProcessLookupError):
                self.kill(process)


@pytest.mark.slow
class TestManyProcesses:
    """Redis and RabbitMQ, PostgreSQL, and workers that are processes."""

    @pytest.fixture
    def scaled(self, tmp_path, server_place, postgres, forked):
        """Parts that accept, and the processes that work."""
        database_url, proxy = postgres
        settings = {
            "broker_url": server_place.url,
            "database_url": database_url,
            "namespace": server_place.namespace,
            "max_attempts": 20,
        }
        parts = open_parts(tmp_path, **settings)
        processes = Processes(forked, tmp_path, {**settings, "pause_s": 0.02})
        yield parts, processes, proxy, server_place.proxy
        processes.kill_all()
        proxy.restore()
        parts.close()

    def test_ten_kills_in_the_midst_lose_nothing_and_store_nothing_twice(self, scaled, eventually):
        """300 jobs in, ten SIGKILLs of a worker that is busy, 300 done with 300 results."""
        parts, processes, *_ = scaled
        jobs = parts.accept(*[f"good {i}".encode() for i in range(300)])
        for job in jobs:
            parts.broker.send("standard", job.id)
        parts.store.jobs.sent([job.id for job in jobs])
        processes.start()
        for _ in range(10):
            done = parts.states().get("done", 0)
            eventually(lambda: parts.states().get("done", 0) >= min(done + 10, 300))  # noqa: B023
            processes.kill(processes.running[0])
            processes.start()
        eventually(_all_over(parts), timeout=60)
        assert parts.states() == {"done": 300}
        results = parts.store.results.find("default", limit=1000).items
        assert sorted(result.image_hash for result in results) == sorted(
            sha256(f"good {i}".encode()) for i in range(300)
        )

    def test_a_picture_whose_worker_dies_each_time_is_dead_at_last(self, scaled, eventually):
        """The message comes again and again; the attempts are counted in the store."""
        parts, processes, *_ = scaled
        processes.settings |= {"pause_s": 60, "max_attempts": 2}
        (job,) = parts.accept(b"good 1", max_attempts=2)
        for attempt in (1, 2):
            process = processes.start()
            eventually(lambda: parts.job(job).attempts == attempt)  # noqa: B023
            processes.kill(process)
        processes.start()
        eventually(lambda: parts.job(job).is_over)
        assert (parts.job(job).state, parts.job(job).error_code) == ("dead", "attempts_exhausted")

    def test_sigterm_drains_and_loses_no_attempt(self, scaled, eventually):
        parts, processes, *_ = scaled
        processes.settings["pause_s"] = 0.3
        parts.accept(*[f"good {i}".encode() for i in range(8)])
        process = processes.start()
        eventually(lambda: parts.states().get("running"))
        assert processes.kill(process, signal.SIGTERM) == 0
        assert "running" not in parts.states()
        processes.start()
        eventually(_all_over(parts))
        assert parts.states() == {"done": 8}
        assert {job.attempts for job in parts.store.jobs.find("default").items} == {1}

    @pytest.mark.parametrize("which", ["broker", "database", "both"])
    def test_servers_that_go_and_come_lose_nothing(self, scaled, eventually, which):
        """200 jobs; each outage cuts every connection twice for a second."""
        parts, processes, database, broker = scaled
        cut = {"broker": [broker], "database": [database], "both": [broker, database]}[which]
        jobs = parts.accept(*[f"good {i}".encode() for i in range(200)])
        for job in jobs:
            parts.broker.send("standard", job.id)
        parts.store.jobs.sent([job.id for job in jobs])
        for _ in range(2):
            processes.start()
        for goal in (20, 60):
            eventually(lambda: parts.states().get("done", 0) >= goal)  # noqa: B023
            for proxy in cut:
                proxy.refuse()
            time.sleep(1)  # the outage
            for proxy in cut:
                proxy.restore()
        eventually(_all_over(parts), timeout=90)
        assert parts.states() == {"done": 200}
        assert len(parts.store.results.find("default", limit=1000).items) == 200
