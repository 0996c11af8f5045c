"""What was kept for a while goes, and what somebody wants stays."""

from __future__ import annotations

import os
import time
from functools import partial

import pytest

from service_workers import Clock, open_parts, sha256
from studio_detector.errors import BusyError
from studio_detector.service.blobs.base import blob_key
from studio_detector.service.queues.retention import adopt_orphans, throw_away
from studio_detector.service.store import Idempotency

DAY_S = 86_400.0


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def parts(tmp_path, clock):
    parts = open_parts(tmp_path, clock=clock)
    yield parts
    parts.close()


@pytest.fixture
def run(parts, clock):
    """Throw away what is not wanted, so many seconds later."""

    def run(seconds, keep_s=DAY_S):
        clock.add(seconds)
        try:
            return throw_away(parts.store, parts.blobs, keep_pictures_s=keep_s, clock=clock)
        finally:
            clock.add(-seconds)

    return run


def _has(parts, data):
    return parts.blobs.exists(blob_key("default", sha256(data)))


def _end(parts, job):
    claimed = parts.store.jobs.claim(job.id, "me")
    parts.store.jobs.fail(job.id, claimed.lease_token, "corrupt", "it is", is_passing=False)


def test_a_picture_goes_a_day_after_its_last_job(parts, run):
    (job,) = parts.accept(b"good 1")
    _end(parts, job)
    assert run(DAY_S - 60) == 0
    assert _has(parts, b"good 1")
    assert run(DAY_S + 60) == 1
    assert not _has(parts, b"good 1")


def test_a_picture_stays_while_a_job_of_it_waits(parts, run):
    parts.accept(b"good 1")
    assert run(10 * DAY_S, keep_s=0) == 0
    assert _has(parts, b"good 1")


def test_a_picture_whose_job_is_about_to_be_accepted_stays(parts, run):
    """Even where pictures are not to be kept at all."""
    digest = sha256(b"good 1")
    parts.store.pictures.need("default", digest)
    parts.blobs.put(blob_key("default", digest), b"good 1")
    assert run(240, keep_s=0) == 0
    assert _has(parts, b"good 1")


def test_many_pictures_go_in_one_run(parts, run):
    pictures = [f"good {i}".encode() for i in range(250)]
    for job in parts.accept(*pictures):
        _end(parts, job)
    gone = run(2 * DAY_S)
    assert gone == 250
    assert not any(_has(parts, data) for data in pictures)


def test_a_place_that_is_away_is_tried_again(parts, run, monkeypatch):
    (job,) = parts.accept(b"good 1")
    _end(parts, job)

    def away(*_):
        raise BusyError("away", code="storage_unavailable")

    with monkeypatch.context() as patched:
        patched.setattr(type(parts.blobs), "delete", away)
        with pytest.raises(BusyError):
            run(DAY_S, keep_s=0)
    assert run(DAY_S, keep_s=0) == 1


def test_idempotency_keys_are_freed_after_a_day(parts, run):
    def accept():
        job = parts.new_job(image_hash=sha256(b"good 1"))
        key = Idempotency(key="k", request_digest="d")
        (accepted,) = parts.store.jobs.accept([job], idempotency=key)
        return accepted.id == job.id

    assert accept()
    assert not accept()
    run(DAY_S - 60)
    assert not accept()
    run(DAY_S + 60)
    assert accept()


def test_a_picture_that_no_job_came_of_goes_too(parts, run, clock):
    """Its process died between keeping it and accepting its job."""
    orphan, young = b"good 1", b"good 2"
    for data in (orphan, young):
        parts.blobs.put(blob_key("default", sha256(data)), data)
    (job,) = parts.accept(b"good 3")
    long_ago = time.time() - 2 * DAY_S
    for data in (orphan, b"good 3"):
        (file,) = parts.blobs._root.rglob(sha256(data))
        os.utime(file, (long_ago, long_ago))
    adopt = partial(adopt_orphans, parts.store, parts.blobs, keep_pictures_s=DAY_S)
    assert adopt() == 1
    assert adopt() == 0
    assert _has(parts, orphan)
    assert run(DAY_S + 60) == 1
    assert not _has(parts, orphan)
    assert _has(parts, young)
    assert _has(parts, b"good 3")
    assert parts.job(job).state == "queued"
