"""By default a picture is deleted when its last job is over, and not a moment earlier."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace

import pytest

from picture_files import picture_files
from service_workers import WORK, open_parts, sha256
from studio_detector.errors import BusyError
from studio_detector.service.blobs.base import blob_key
from studio_detector.service.queues.leases import Leases
from studio_detector.service.queues.patience import Patience
from studio_detector.service.queues.retention import throw_away
from studio_detector.service.queues.work import run_job
from studio_detector.service.settings import ServiceSettings

URL = "https://example.com/a.jpg"
OTHER_WORK = replace(WORK, variant="other")


@pytest.fixture(params=[True, False], ids=["encrypted", "plain"])
def parts(request, tmp_path):
    parts = open_parts(tmp_path, keep_pictures_s=0.0, encrypt_pictures=request.param)
    yield parts
    parts.close()


@pytest.fixture
def run(parts):
    """Try a job once."""
    leases = Leases(parts.store.jobs, parts.settings.lease_s)
    return lambda job: run_job(parts, leases, Patience(threading.Event(), most_s=0.1), job.id)


@pytest.fixture
def has(parts, tmp_path):
    """Whether a picture is there; without any, nothing of one is."""

    def has(data):
        found = parts.blobs.exists(blob_key("default", sha256(data)))
        files = picture_files(tmp_path / "pictures")
        assert found or not files
        return found

    return has


def test_nothing_is_kept_unless_asked_for():
    """Neither in the file of settings nor by chance."""
    assert ServiceSettings().keep_pictures_s == 0


@pytest.mark.parametrize(
    ("word", "state"), [("good", "done"), ("doubtful", "done"), ("corrupt", "dead")]
)
def test_a_picture_goes_with_the_end_of_its_job(parts, run, has, word, state):
    (job,) = parts.accept(f"{word} 1".encode())
    assert has(f"{word} 1".encode())
    assert run(job).state == state
    assert not has(f"{word} 1".encode())
    assert parts.store.data_keys.counts() == {}


def test_a_picture_of_which_another_job_waits_stays(parts, run, has):
    first, other = (parts.accept(b"good 1", work=work)[0] for work in (WORK, OTHER_WORK))
    assert run(first).state == "done"
    assert has(b"good 1")
    assert run(other).state == "done"
    assert not has(b"good 1")


def test_a_picture_stays_while_its_job_is_to_be_tried_again(parts, run, has, eventually):
    parts.settings = replace(parts.settings, keep_failed_pictures_s=0.0)
    (job,) = parts.accept(b"defect 1", max_attempts=2)
    assert run(job).state == "queued"
    assert has(b"defect 1")
    assert eventually(lambda: run(job)).state == "dead"
    assert not has(b"defect 1")


def test_a_picture_stays_for_the_second_half(parts, has, tmp_path):
    """Details are looked at in a queue of their own."""
    split = replace(parts.settings, split_phases=True)
    parts.settings = split
    (job,) = parts.accept(b"doubtful 1")
    leases = Leases(parts.store.jobs, 1.0)
    half = run_job(parts, leases, Patience(threading.Event()), job.id)
    assert (half.state, half.queue) == ("queued", "detail")
    assert has(b"doubtful 1")
    assert run_job(parts, leases, Patience(threading.Event()), job.id).state == "done"
    assert not has(b"doubtful 1")


def test_a_fetched_picture_goes_too(parts, run, has):
    parts.fetcher.pictures[URL] = b"good 1"
    assert run(parts.accept_url(URL)).state == "done"
    assert not has(b"good 1")


def test_a_picture_on_its_way_in_stays_though_its_other_job_ends(parts, run, has):
    """A request that has kept it, and whose job is accepted only later."""
    (job,) = parts.accept(b"good 1")
    parts.blobs.put(blob_key("default", sha256(b"good 1")), b"good 1")
    assert run(job).state == "done"
    assert has(b"good 1")
    (late,) = parts.store.jobs.accept(
        [parts.new_job(image_hash=sha256(b"good 1"), work=OTHER_WORK)]
    )
    assert run(late).state == "done"
    assert not has(b"good 1")


def test_a_place_that_is_away_costs_no_job_and_is_swept_later(parts, run, has, monkeypatch, caplog):
    (job,) = parts.accept(b"good 1")

    def away(*_):
        raise BusyError("away", code="storage_unavailable")

    with monkeypatch.context() as patched, caplog.at_level(logging.INFO):
        patched.setattr(type(parts.blobs), "delete", away)
        assert run(job).state == "done"
    assert "deleted later" in caplog.text
    assert has(b"good 1")
    throw_away(parts.store, parts.blobs, keep_pictures_s=0.0, keep_failed_pictures_s=0.0)
    assert not has(b"good 1")


def test_what_is_to_be_kept_stays(tmp_path):
    parts = open_parts(tmp_path, keep_pictures_s=60.0)
    (job,) = parts.accept(b"good 1")
    run_job(parts, Leases(parts.store.jobs, 1.0), Patience(threading.Event()), job.id)
    assert parts.blobs.get(blob_key("default", sha256(b"good 1"))) == b"good 1"
    parts.close()
