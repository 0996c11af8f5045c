"""What the cache answers for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from service_workers import WORK, open_parts
from studio_detector.service.queues.remembering import forget, remember, remembered

HASH = "ab" * 32


@pytest.fixture
def done(tmp_path):
    """A job that is done, and the cache."""
    parts = open_parts(tmp_path)
    (job,) = parts.accept(b"good 1")
    claimed = parts.store.jobs.claim(job.id, "me")
    result_id = parts.new_job().id
    yield (
        replace(claimed, state="done", image_hash=HASH, result_id=result_id, answer="analysed"),
        parts.cache,
    )
    parts.close()


def test_a_done_job_is_remembered_until_it_is_forgotten(done):
    job, cache = done
    remember(cache, job, 60)
    assert remembered(cache, "default", HASH, WORK) == job.result_id
    forget(cache, "default", HASH, WORK)
    assert remembered(cache, "default", HASH, WORK) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "dead"},
        {"result_id": None},
        {"image_hash": None},
        {"answer": "near_duplicate"},
        {"shadow_of": "other"},
    ],
)
def test_what_must_not_answer_others_is_not_remembered(done, changes):
    job, cache = done
    remember(cache, replace(job, **changes), 60)
    assert remembered(cache, "default", HASH, WORK) is None


@pytest.mark.parametrize(
    ("tenant", "image_hash", "work"),
    [
        ("other", HASH, WORK),
        ("default", "cd" * 32, WORK),
        ("default", HASH, replace(WORK, variant="other")),
        ("default", HASH, replace(WORK, pipeline_version="2")),
        ("default", HASH, replace(WORK, phases="all")),
    ],
)
def test_it_answers_nobody_else(done, tenant, image_hash, work):
    job, cache = done
    remember(cache, job, 60)
    assert remembered(cache, tenant, image_hash, work) is None


@pytest.mark.parametrize("value", ["", "null", '"no uuid"', "[1]", "{"])
def test_what_somebody_else_wrote_is_no_answer(done, value):
    job, cache = done
    remember(cache, job, 60)
    ((key, _),) = cache._entries.items()
    cache.put(key, value, 60)
    assert remembered(cache, "default", HASH, WORK) is None
