"""Clocks, jobs and results for tests of the store."""

from __future__ import annotations

import hashlib
import threading
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from studio_detector.service.records import Erasure, NewJob, NewResult, Work

WORK = Work(variant="main", pipeline_version="1", phases="auto")
SHADOW_WORK = Work(variant="rival", pipeline_version="2", phases="auto")
TENANT = "default"
LEASE_S = 30.0
RETRY_FIRST_S = 2.0
RETRY_MOST_S = 600.0


class HandClock:
    """A clock that stands still until it is set."""

    def __init__(self):
        self.now = datetime(2026, 11, 1, 12, 0, 0, 123456, tzinfo=UTC)

    def __call__(self):
        return self.now

    def move(self, seconds):
        self.now += timedelta(seconds=seconds)


def picture(name):
    """The hash of an imagined picture."""
    return hashlib.sha256(str(name).encode()).hexdigest()


def new_job(shown=None, /, **changes):
    """A job for an imagined picture, or for an address if none is shown."""
    values = {"id": uuid4(), "tenant": TENANT, "work": WORK}
    if shown is None:
        values["image_url"] = "https://pictures.example/1.jpg"
    else:
        values["image_hash"] = picture(shown)
    return NewJob(**(values | changes))


def new_result(name, **changes):
    """A verdict on an imagined picture."""
    values = {
        "tenant": TENANT,
        "image_hash": picture(name),
        "work": WORK,
        "confidence": 0.875,
        "is_studio": True,
        "label": "studio",
        "phase": "lighting",
        "lighting_confidence": 0.75,
        "perceptual_hash": "0f" * 32,
        "perceptual_quality": 88,
        "phase1_results": {"shadow": {"version": "1", "values": [0.1, None], "missing": None}},
        "phase3_results": None,
        "evidence": {"intercept": -1.5, "logit": 2.0, "terms": []},
        "model": "lighting-1",
        "report": {"warnings": ["très grand"]},
        "processing_time_ms": 41.5,
    }
    return NewResult(**(values | changes))


def accept_one(store, new, **options):
    """Accept a job and give it back."""
    (job,) = store.jobs.accept([new], **options)
    return job


def begin(store, job, owner="worker"):
    """Claim a job that must be there to be claimed."""
    claimed = store.jobs.claim(job.id, owner)
    assert claimed is not None
    return claimed


def finish_with(store, running, name, **changes):
    """End a try with a verdict that must be taken."""
    done = store.jobs.finish(
        running.id, running.lease_token, new_result(name, **changes), "analysed"
    )
    assert done is not None
    return done


def state_of(store, job):
    """A job's state now."""
    return store.jobs.get(job.tenant, job.id).state


def erase(store, kind, thing="", *, tenant=TENANT, is_hash=False, **options):
    """Erase a job, the picture of a name, a subject or the tenant; what went with each part."""
    named = picture(thing) if kind == "picture" and not is_hash else str(thing)
    erasure = Erasure(id=uuid4(), tenant=tenant, kind=kind, object=named, erased_at=store.clock())
    return list(store.erasures.erase(erasure, **options))


def at_once(count, work):
    """Run ``work(number)`` in threads that begin together; results, or what was raised."""
    start = threading.Barrier(count)
    outcomes = [None] * count

    def run(number):
        start.wait()
        try:
            outcomes[number] = work(number)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            outcomes[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
