"""Erasing everywhere at once, whoever is at work on the picture meanwhile."""

from __future__ import annotations

import threading
import time

import pytest

from service.erasure.conftest import TAGS, bytes_kept, eraser_of, stored
from service_workers import PDQ, WORK, Clock, open_parts, sha256
from studio_detector.errors import BusyError, OutputError
from studio_detector.service.cache import MemoryCache
from studio_detector.service.queues.leases import Leases
from studio_detector.service.queues.patience import Patience
from studio_detector.service.queues.remembering import remembered
from studio_detector.service.queues.retention import forget_old, throw_away
from studio_detector.service.queues.sweeper import RETENTION
from studio_detector.service.queues.work import run_job
from studio_detector.service.queues.worker import Worker
from studio_detector.service.similar import SimilarIndex

URL = "https://example.com/a.jpg"
PICTURE = b"good 1"
HASH = sha256(PICTURE)


def _erased_ways(eraser, job):
    return {
        "picture": lambda: eraser.picture("default", HASH),
        "job": lambda: eraser.job("default", job.id),
        "subject": lambda: eraser.subject("default", "anna"),
        "tenant": lambda: eraser.everything("default"),
    }


@pytest.mark.parametrize("way", ["picture", "job", "subject", "tenant"])
def test_nothing_is_left_anywhere(parts, eraser, run, nothing_left, way):
    (job,) = parts.accept(PICTURE, subject=TAGS.hashed("default", "anna"))
    run(job)
    parts.similar.catch_up(parts.store.results.hashes_after)
    assert stored(parts)
    assert remembered(parts.cache, "default", HASH, WORK)
    assert len(parts.similar) == 1

    erased = _erased_ways(eraser, job)[way]()

    assert (erased.pictures, erased.jobs, erased.results, erased.pictures_left) == (1, 1, 1, 0)
    nothing_left()


@pytest.mark.parametrize("way", ["picture", "job", "subject", "tenant"])
def test_a_worker_that_finishes_afterwards_brings_nothing_back(
    parts, eraser, run, nothing_left, way
):
    slow = b"slow 1"
    (job,) = parts.accept(slow, subject=TAGS.hashed("default", "anna"))
    outcome = []
    worker = threading.Thread(target=lambda: outcome.append(run(job)), daemon=True)
    worker.start()
    while not parts.children.asked:
        assert worker.is_alive()

    if way == "picture":
        eraser.picture("default", sha256(slow))
    else:
        _erased_ways(eraser, job)[way]()
    parts.children.gate.set()
    worker.join(15)

    assert outcome == [None]
    nothing_left()


def test_a_worker_that_fetches_meanwhile_keeps_nothing(parts, eraser, run, nothing_left):
    """The picture is not even known when its subject is erased."""
    job = parts.accept_url(URL, subject=TAGS.hashed("default", "anna"))
    parts.fetcher.pictures[URL] = PICTURE
    fetch = parts.fetcher.fetch

    def fetched(url, most):
        eraser.subject("default", "anna")
        return fetch(url, most)

    parts.fetcher.fetch = fetched
    assert run(job) is None
    nothing_left()


def test_what_was_fetched_stays_if_another_job_is_of_it(parts, eraser, run, tmp_path):
    (other,) = parts.accept(PICTURE)
    job = parts.accept_url(URL)
    parts.fetcher.pictures[URL] = PICTURE
    fetch = parts.fetcher.fetch

    def fetched(url, most):
        eraser.job("default", job.id)
        return fetch(url, most)

    parts.fetcher.fetch = fetched
    assert run(job) is None
    assert bytes_kept(tmp_path)
    assert run(other).state == "done"


def test_an_answer_that_is_remembered_too_late_is_forgotten(
    parts, eraser, run, nothing_left, monkeypatch
):
    """The worker had stored the result, and was about to tell the cache."""
    (job,) = parts.accept(PICTURE)
    put = MemoryCache.put

    def too_late(*arguments):
        eraser.picture("default", HASH)
        put(*arguments)

    monkeypatch.setattr(MemoryCache, "put", too_late)
    run(job)
    nothing_left()


def test_pictures_whose_place_is_away_are_deleted_once_it_is_back(
    parts, eraser, run, nothing_left, tmp_path, monkeypatch
):
    for number in range(3):
        (job,) = parts.accept(f"good {number}".encode())
        run(job)

    def away(*_):
        raise BusyError("away", code="storage_unavailable")

    with monkeypatch.context() as patched:
        patched.setattr(type(parts.blobs), "delete", away)
        erased = eraser.everything("default")
    assert (erased.pictures, erased.pictures_left) == (3, 3)
    assert stored(parts).keys() == {"pictures", "data_keys"}
    assert len(bytes_kept(tmp_path)) == 3

    throw_away(parts.store, parts.blobs, keep_pictures_s=10**9, keep_failed_pictures_s=10**9)
    nothing_left()


def test_another_process_does_not_name_what_looked_alike(parts, eraser, run):
    """Its index still holds the hash, and the store is asked before anybody is answered."""
    (job,) = parts.accept(PICTURE)
    run(job)
    elsewhere = SimilarIndex()
    elsewhere.catch_up(parts.store.results.hashes_after)
    assert elsewhere.near("default", PDQ, 100)
    eraser.picture("default", HASH)
    assert parts.similar.near("default", PDQ, 100) == []

    parts.similar = elsewhere
    (asked,) = parts.accept(b"good 2", near_duplicates=True)
    assert run(asked).answer == "analysed"
    assert len(elsewhere.near("default", PDQ, 100)) == 0


def test_the_result_of_a_picture_that_looks_alike_may_go_at_that_very_moment(parts, eraser, run):
    """Then the picture is analysed itself, with the next try."""
    (job,) = parts.accept(PICTURE)
    run(job)
    (asked,) = parts.accept(b"good 2", near_duplicates=True)
    finish = parts.store.jobs.finish

    def finished(job_id, token, result, answer="analysed"):
        if answer == "near_duplicate":
            eraser.picture("default", HASH)
        return finish(job_id, token, result, answer)

    parts.store.jobs.finish = finished
    again = run(asked)
    assert (again.state, again.error_code) == ("queued", "result_unknown")


def test_without_a_journal_nothing_is_erased(parts, run, tmp_path):
    (job,) = parts.accept(PICTURE)
    run(job)
    before = stored(parts)
    eraser = eraser_of(parts, tmp_path / "not there")
    with pytest.raises(OutputError, match="nothing was erased"):
        eraser.picture("default", HASH)
    assert stored(parts) == before


def test_results_that_are_old_go_everywhere(parts, run, nothing_left):
    (job,) = parts.accept(PICTURE, subject=TAGS.hashed("default", "anna"))
    run(job)
    parts.similar.catch_up(parts.store.results.hashes_after)
    clock = Clock()
    clock.add(100)
    assert forget_old(parts, keep_results_s=200, clock=clock) == 0
    assert forget_old(parts, keep_results_s=50, clock=clock) == 2
    nothing_left()


def test_erasing_at_the_same_moment_from_many_sides_does_no_harm(parts, eraser, run, nothing_left):
    for number in range(8):
        (job,) = parts.accept(f"good {number}".encode(), subject=TAGS.hashed("default", "anna"))
        run(job)
    ways = [lambda: eraser.subject("default", "anna"), lambda: eraser.everything("default")]
    ways += [
        lambda number=number: eraser.picture("default", sha256(f"good {number}".encode()))
        for number in range(6)
    ]
    failures = []

    def work(way):
        try:
            way()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            failures.append(error)

    threads = [threading.Thread(target=work, args=(way,)) for way in ways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    nothing_left()


def test_maintenance_erases_what_is_old_only_if_it_is_told_to(tmp_path):
    """By default results stay until somebody erases them."""
    for kept_s, left in ((0.0, 1), (0.01, 0)):
        folder = tmp_path / str(left)
        folder.mkdir()
        parts = open_parts(folder, keep_results_s=kept_s)
        try:
            (job,) = parts.accept(PICTURE)
            leases = Leases(parts.store.jobs, parts.settings.lease_s)
            run_job(parts, leases, Patience(threading.Event()), job.id)
            time.sleep(0.02)
            Worker(parts).handle("maintenance", RETENTION)
            assert len(parts.store.results.find("default").items) == left
            assert len(parts.store.jobs.find("default").items) == left
        finally:
            parts.close()
