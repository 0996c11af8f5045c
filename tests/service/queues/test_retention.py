"""What was kept for a while goes, and what somebody wants stays."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from functools import partial

import pytest

from service_workers import Clock, open_parts, sha256
from studio_detector.errors import BusyError
from studio_detector.service.blobs import FolderBlobs
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
            return throw_away(
                parts.store,
                parts.blobs,
                keep_pictures_s=keep_s,
                keep_failed_pictures_s=DAY_S,
                clock=clock,
            )
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
    parts.store.pictures.need([("default", digest)])
    parts.blobs.put(blob_key("default", digest), b"good 1")
    assert run(240, keep_s=0) == 0
    assert _has(parts, b"good 1")


def test_the_key_of_a_picture_goes_with_it(parts, run):
    (job,) = parts.accept(b"good 1")
    _end(parts, job)
    assert parts.store.data_keys.counts()
    assert run(60, keep_s=0) == 1
    assert parts.store.data_keys.counts() == {}


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


def test_a_picture_that_no_job_came_of_goes_too(parts, run):
    """Its process died between keeping it and accepting its job."""
    parts.blobs.put(blob_key("default", sha256(b"good 1")), b"good 1")
    (job,) = parts.accept(b"good 2")
    assert run(240, keep_s=0) == 0
    assert run(360, keep_s=0) == 1
    assert not _has(parts, b"good 1")
    assert _has(parts, b"good 2")
    assert parts.job(job).state == "queued"


def test_bytes_that_nobody_can_read_go_too(parts, run, tmp_path):
    """Kept before pictures were encrypted, or without a key since a database was restored."""
    plain, shredded, young = b"good 1", b"good 2", b"good 3"
    folder = FolderBlobs(tmp_path / "pictures")
    parts.accept(shredded, b"good 4")
    key = parts.store.data_keys.get("default", sha256(shredded))
    parts.store.data_keys.shred("default", sha256(shredded), lambda _: None)
    for data in (plain, young):
        folder.put(blob_key("default", sha256(data)), data)
    long_ago = time.time() - 2 * DAY_S
    for name in (sha256(plain), key.blob):
        (file,) = tmp_path.rglob(name)
        os.utime(file, (long_ago, long_ago))
    adopt = partial(adopt_orphans, parts.store, parts.blobs, keep_pictures_s=0)
    assert not _has(parts, plain)
    assert adopt() == 2
    assert adopt() == 0
    assert run(360, keep_s=0) == 2
    left = {path.name for path in tmp_path.rglob("pictures/default/*/*")}
    assert left == {sha256(young), parts.store.data_keys.get("default", sha256(b"good 4")).blob}


def test_nonces_are_forgotten_some_time_after_their_end(parts, clock, run):
    def is_unused():
        return parts.store.nonces.take("key", "nonce", clock() + timedelta(seconds=300))

    assert is_unused()
    run(300 + 60)
    assert not is_unused()
    run(300 + 2 * 3600)
    assert is_unused()
