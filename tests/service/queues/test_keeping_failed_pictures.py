"""A job that died of something else than its picture keeps it for a while, to be tried again."""

from __future__ import annotations

import contextlib
import shutil
import sys
import threading
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

import hostile_plugin
import service_servers
from pool_photos import flat
from service.erasure.conftest import eraser_of
from service.store.conftest import empty_tables
from service_workers import WORK, Clock, FakeChildren, failure_row, open_parts, sha256
from studio_detector.errors import CODES
from studio_detector.pipeline.settings import Settings
from studio_detector.service.blobs.base import blob_key
from studio_detector.service.children.children import AnalysisChildren
from studio_detector.service.queues.leases import Leases
from studio_detector.service.queues.outcomes import PICTURE_FAULTS
from studio_detector.service.queues.patience import Patience
from studio_detector.service.queues.retention import throw_away
from studio_detector.service.queues.sweeper import RETENTION
from studio_detector.service.queues.work import run_job
from studio_detector.service.queues.worker import Worker
from studio_detector.service.settings import ServiceSettings
from studio_detector.service.store import open_store

DAY_S = 86_400.0
PICTURE = b"good 1"
OTHER_WORK = replace(WORK, variant="other")
#: Some of what another try may change: the service, its machine, its settings or chance.
PASSING = (
    "analysis_failed",
    "attempts_exhausted",
    "config_invalid_value",
    "crashed",
    "fetch_failed",
    "internal",
    "master_key_missing",
    "memory",
    "missing_extra",
    "model_invalid",
    "plugin_invalid",
    "result_unknown",
    "sandbox_missing",
    "storage_full",
    "storage_unavailable",
    "store_unavailable",
    "timeout",
    "unknown_variant",
)
#: What stays wrong with a picture, whoever looks at it.
FAULTS = (
    "corrupt",
    "empty",
    "invalid_array",
    "limit_aspect",
    "limit_file_size",
    "limit_frames",
    "limit_memory",
    "limit_pixels",
    "limit_side",
    "picture_damaged",
    "picture_gone",
    "truncated",
    "unsupported_format",
    "unsupported_variant",
)


@pytest.fixture(scope="module")
def postgres():
    """A PostgreSQL of this module's own."""
    server = service_servers.postgres_url()
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    name = f"studio_test_{uuid4().hex}"
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
    url = make_url(server).set(drivername="postgresql+psycopg", database=name)
    url = url.render_as_string(hide_password=False)
    open_store(url).close()
    yield url
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def database_url(request):
    """An empty database; None for one in the folder."""
    if request.param == "sqlite":
        return None
    url = request.getfixturevalue("postgres")
    empty_tables(url)
    return url


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def open_them(tmp_path, database_url, clock):
    """Open parts of one test, with settings."""
    with contextlib.ExitStack() as stack:

        def open_them(**settings):
            usual = {"keep_pictures_s": 0.0, "max_attempts": 1}
            parts = open_parts(
                tmp_path, database_url=database_url, clock=clock, **(usual | settings)
            )
            stack.callback(parts.close)
            return parts

        yield open_them


@pytest.fixture
def parts(open_them):
    """A service as it is by default."""
    return open_them()


def _run(parts, job, child=None):
    """Try a job once; a child that says of any picture what it is told to."""
    if child is not None:
        parts.children = child
    leases = Leases(parts.store.jobs, parts.settings.lease_s)
    return run_job(parts, leases, Patience(threading.Event(), most_s=0.1), job.id)


class Failing(FakeChildren):
    """Fails with a code, whatever the picture."""

    def __init__(self, code):
        super().__init__()
        self.code = code

    def analyse(self, *_, **__):
        return failure_row(self.code)


def _has(parts, data=PICTURE):
    return parts.blobs.exists(blob_key("default", sha256(data)))


def _sweep(parts, clock):
    clock.add(0.001)
    return throw_away(
        parts.store,
        parts.blobs,
        keep_pictures_s=parts.settings.keep_pictures_s,
        keep_failed_pictures_s=parts.settings.keep_failed_pictures_s,
        clock=clock,
    )


def _dead(parts, code="crashed", data=PICTURE, **changes):
    (job,) = parts.accept(data, **changes)
    dead = _run(parts, job, Failing(code))
    assert (dead.state, dead.error_code) == ("dead", code)
    return dead


def test_a_day_unless_it_is_said_otherwise():
    assert ServiceSettings().keep_failed_pictures_s == DAY_S


@pytest.mark.parametrize("code", PASSING)
def test_what_another_try_may_change_keeps_the_picture_for_it(parts, clock, code):
    dead = _dead(parts, code)
    assert _sweep(parts, clock) == 0
    assert _has(parts)

    again = parts.store.jobs.retry("default", dead.id)
    done = _run(parts, again, FakeChildren())

    assert (done.state, done.answer) == ("done", "analysed")
    assert not _has(parts)


@pytest.mark.parametrize("code", FAULTS)
def test_what_died_of_its_picture_loses_it_at_once(parts, code):
    _dead(parts, code)
    assert not _has(parts)
    assert parts.store.data_keys.counts() == {}


def test_every_fault_of_pictures_is_an_error_of_ours():
    """And every limit is one."""
    assert set(FAULTS) == PICTURE_FAULTS
    assert CODES.keys() >= PICTURE_FAULTS
    assert PICTURE_FAULTS >= {code for code in CODES if code.startswith("limit_")}
    assert PICTURE_FAULTS.isdisjoint(PASSING)
    assert CODES.keys() >= set(PASSING)


@pytest.mark.parametrize("word", ["defect", "childless", "nowhere"])
def test_so_it_is_with_what_a_worker_cannot_do(parts, word):
    (job,) = parts.accept(f"{word} 1".encode())
    assert _run(parts, job).state == "dead"
    assert _has(parts, f"{word} 1".encode())


def test_it_goes_when_the_time_is_over(parts, clock):
    _dead(parts)
    clock.add(DAY_S - 60)
    assert _sweep(parts, clock) == 0
    assert _has(parts)
    clock.add(120)
    assert _sweep(parts, clock) == 1
    assert not _has(parts)
    assert parts.store.data_keys.counts() == {}


def test_one_that_dies_while_retention_is_at_work_keeps_it(parts, clock, monkeypatch):
    """Noted between the look for what is not wanted and its deletion, with a moment before."""
    (job,) = parts.accept(PICTURE, work=OTHER_WORK)
    parts.store.jobs.cancel("default", job.id)
    look, found = parts.store.pictures.unneeded, []

    def look_and_die(*given, **named):
        if not found:
            found.extend(look(*given, **named))
            clock.add(-1)
            _dead(parts)
            clock.add(1)
            return found
        return look(*given, **named)

    monkeypatch.setattr(parts.store.pictures, "unneeded", look_and_die)
    clock.add(DAY_S)
    assert _sweep(parts, clock) == 0
    assert found
    assert _has(parts)


def test_none_is_kept_where_none_is_to_be(open_them):
    parts = open_them(keep_failed_pictures_s=0.0)
    _dead(parts)
    assert not _has(parts)


def test_those_that_all_pictures_are_kept_for_stay_as_long(open_them, clock):
    """The longer time counts."""
    parts = open_them(keep_pictures_s=2 * DAY_S)
    _dead(parts)
    clock.add(DAY_S + 60)
    assert _sweep(parts, clock) == 0
    clock.add(DAY_S)
    assert _sweep(parts, clock) == 1


@pytest.mark.parametrize("is_dead_first", [True, False])
def test_a_done_job_of_the_picture_does_not_take_it_from_a_dead_one(parts, clock, is_dead_first):
    (done,) = parts.accept(PICTURE, work=OTHER_WORK)
    if is_dead_first:
        _dead(parts)
    assert _run(parts, done, FakeChildren()).state == "done"
    if not is_dead_first:
        assert not _has(parts)
        _dead(parts)
    assert _sweep(parts, clock) == 0
    assert _has(parts)
    clock.add(DAY_S)
    assert _sweep(parts, clock) == 1


def test_one_whose_workers_died_keeps_it(parts, clock):
    """No worker ends such a job, but the sweeper."""
    (job,) = parts.accept(PICTURE)
    parts.store.jobs.claim(job.id, "one that is killed")
    clock.add(60)
    parts.store.jobs.expire()
    assert parts.job(job).error_code == "attempts_exhausted"
    assert _sweep(parts, clock) == 0
    parts.store.jobs.retry("default", job.id)
    assert _run(parts, job).state == "done"


def test_one_that_was_called_off_does_not(parts, clock):
    (job,) = parts.accept(PICTURE)
    parts.store.jobs.cancel("default", job.id)
    assert _sweep(parts, clock) == 1
    assert not _has(parts)


@pytest.mark.parametrize("way", ["picture", "job", "tenant"])
def test_erasing_takes_it_at_once(parts, tmp_path, way):
    dead = _dead(parts)
    eraser = eraser_of(parts, tmp_path)
    {
        "picture": lambda: eraser.picture("default", sha256(PICTURE)),
        "job": lambda: eraser.job("default", dead.id),
        "tenant": lambda: eraser.everything("default"),
    }[way]()
    assert not _has(parts)
    assert parts.store.data_keys.counts() == {}


def test_purging_the_job_ends_it(parts, clock):
    _dead(parts)
    clock.add(60)
    assert parts.store.jobs.purge("dead", 30.0) == 1
    assert _sweep(parts, clock) == 1


@pytest.mark.parametrize(("keep_s", "is_kept"), [(3 * 3600.0, True), (3600.0, False)])
def test_the_task_of_a_worker_goes_by_the_setting(open_them, clock, keep_s, is_kept):
    parts = open_them(keep_failed_pictures_s=keep_s)
    clock.add(-7200)
    _dead(parts)
    clock.add(7200)
    Worker(parts, ["maintenance"]).handle("maintenance", RETENTION)
    assert _has(parts) == is_kept


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="signals")
def test_a_picture_that_crashed_its_child_is_tried_again_once_that_is_mended(
    parts, tmp_path, monkeypatch, clock
):
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    hostile_plugin.install(plugins)
    monkeypatch.syspath_prepend(plugins)
    photo = flat(hostile_plugin.DEEDS["abort"][0])
    options = {"size": 1, "timeout_s": 60, "memory_bytes": 1 << 31, "recycle_after": 1000}
    (job,) = parts.accept(photo)

    with AnalysisChildren({"default": Settings()}, **options) as children:
        dead = _run(parts, job, children)
    assert (dead.state, dead.error_code) == ("dead", "crashed")
    assert _sweep(parts, clock) == 0
    assert _has(parts, photo)

    shutil.rmtree(plugins)
    again = parts.store.jobs.retry("default", job.id)
    with AnalysisChildren({"default": Settings()}, **options) as children:
        assert _run(parts, again, children).state == "done"
    parts.children = FakeChildren()
    assert not _has(parts, photo)
