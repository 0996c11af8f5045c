"""What is told: enough to act on, below 20 kB, equal in every try."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_detector.service.callbacks.payload import payload_of
from studio_detector.service.records import Batch, Job, Result, Work

MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678900, tzinfo=UTC)
JOB_ID = UUID("11111111-1111-4111-8111-111111111111")
RESULT_ID = UUID("22222222-2222-4222-8222-222222222222")
BATCH_ID = UUID("33333333-3333-4333-8333-333333333333")
WORK = Work(variant="default", pipeline_version="v1", phases="auto")
MOST_BYTES = 20_000


def job(**changes):
    return Job(
        **{
            "id": JOB_ID,
            "tenant": "default",
            "work": WORK,
            "priority": "standard",
            "queue": "standard",
            "state": "done",
            "attempts": 1,
            "max_attempts": 5,
            "created_at": MOMENT,
            "finished_at": MOMENT,
            "image_hash": "ab" * 32,
            "image_url": "https://example.com/a.jpg?signature=secret",
            "name": "a.jpg",
            "result_id": RESULT_ID,
            "answer": "analysed",
            "lease_token": "token-of-the-lease",
            **changes,
        }
    )


def result(**changes):
    return Result(
        **{
            "id": RESULT_ID,
            "tenant": "default",
            "image_hash": "ab" * 32,
            "work": WORK,
            "confidence": 0.875,
            "is_studio": True,
            "label": "studio",
            "phase": "lighting",
            "lighting_confidence": 0.875,
            "perceptual_hash": None,
            "perceptual_quality": None,
            "phase1_results": {},
            "phase3_results": None,
            "evidence": {},
            "model": "m",
            "report": {},
            "processing_time_ms": 50.0,
            "created_at": MOMENT,
            **changes,
        }
    )


def test_a_job_that_is_done_tells_the_verdict_and_where_the_rest_is():
    assert json.loads(payload_of(job(), result())) == {
        "type": "job.done",
        "timestamp": "2026-01-02T03:04:05.678900+00:00",
        "data": {
            "job_id": str(JOB_ID),
            "state": "done",
            "batch_id": None,
            "image_hash": "ab" * 32,
            "name": "a.jpg",
            "answer": "analysed",
            "is_studio": True,
            "confidence": 0.875,
            "label": "studio",
            "result_id": str(RESULT_ID),
            "result": f"/api/v1/results/{RESULT_ID}",
            "error": None,
        },
    }


def test_a_dead_job_tells_why():
    dead = job(
        state="dead",
        result_id=None,
        answer=None,
        error_code="corrupt",
        error_message="the file is damaged",
        batch_id=BATCH_ID,
    )
    told = json.loads(payload_of(dead, None))
    assert told["type"] == "job.dead"
    assert told["data"]["error"] == {"code": "corrupt", "message": "the file is damaged"}
    assert told["data"]["batch_id"] == str(BATCH_ID)
    assert told["data"]["is_studio"] is None
    assert told["data"]["result"] is None


def test_a_failed_try_before_the_good_one_is_no_error():
    told = json.loads(payload_of(job(error_code="timeout", error_message="slow"), result()))
    assert told["data"]["error"] is None


def test_both_kinds_of_job_have_the_same_fields():
    """Of one event type, the specification wants one schema; two that agree are better still."""
    done = json.loads(payload_of(job(), result()))
    dead = json.loads(payload_of(job(state="dead", error_code="corrupt"), None))
    assert list(done["data"]) == list(dead["data"])


def test_a_batch_tells_its_counts():
    batch = Batch(
        id=BATCH_ID,
        tenant="default",
        created_at=MOMENT,
        counts={"done": 7, "dead": 3},
        total=10,
        finished_at=MOMENT,
    )
    assert json.loads(payload_of(batch, None)) == {
        "type": "batch.finished",
        "timestamp": "2026-01-02T03:04:05.678900+00:00",
        "data": {
            "batch_id": str(BATCH_ID),
            "total": 10,
            "counts": {"done": 7, "dead": 3},
            "results": f"/api/v1/batches/{BATCH_ID}/results",
        },
    }


def test_nothing_is_told_that_the_receiver_need_not_know():
    text = payload_of(job(), result())
    assert "secret" not in text
    assert "token-of-the-lease" not in text


@pytest.mark.parametrize("state", ["queued", "running", "cancelled"])
def test_nothing_is_told_about_a_job_that_is_not_over(state):
    with pytest.raises(ValueError, match=state):
        payload_of(job(state=state), None)


@given(
    name=st.one_of(st.none(), st.text(max_size=3000), st.just("\U0001f600" * 100_000)),
    message=st.one_of(st.none(), st.text(max_size=3000), st.just("\ud800" * 100_000)),
    confidence=st.floats(0, 1),
)
def test_the_text_is_short_ascii_json_whatever_names_and_messages_hold(name, message, confidence):
    dead = job(state="dead", name=name, error_code="corrupt", error_message=message)
    text = payload_of(dead, result(confidence=confidence))
    assert len(text.encode("ascii")) < MOST_BYTES
    told = json.loads(text)["data"]
    assert told["confidence"] == confidence
    if name is not None and len(name) <= 500:
        assert told["name"] == name


def test_the_same_end_gives_the_same_text():
    assert payload_of(job(), result()) == payload_of(job(), result())
