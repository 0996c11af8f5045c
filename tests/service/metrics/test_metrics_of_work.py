"""What is counted while pictures go through an app and its worker."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from uuid import uuid4

import pytest

import service_workers
from api_service import API, NOWHERE, picture, shadow_variant
from metric_reading import exposed, fetched, value
from studio_detector.errors import FetchError
from studio_detector.service.queues.leases import Leases
from studio_detector.service.queues.patience import Patience
from studio_detector.service.queues.sweeper import Sweeper
from studio_detector.service.queues.work import run_job


@pytest.fixture
def parts(tmp_path):
    parts = service_workers.open_parts(tmp_path)
    yield parts
    parts.close()


@pytest.fixture
def run(parts):
    """Try a job once."""
    leases = Leases(parts.store.jobs, parts.settings.lease_s)
    patience = Patience(threading.Event())
    return lambda job: run_job(parts, leases, patience, job.id)


def ends(metrics, queue="standard"):
    """Outcome -> tries, of those there were."""
    found = exposed(metrics)["studio_jobs_ended_total"].samples
    return {s.labels["outcome"]: s.value for s in found if s.labels["queue"] == queue and s.value}


class TestTries:
    @pytest.mark.parametrize(
        ("word", "outcome", "code"),
        [
            ("good", "analysed", None),
            ("corrupt", "failed", "corrupt"),
            ("defect", "retried", None),
            ("draining", "given_back", None),
        ],
    )
    def test_each_is_counted_by_how_it_ended(self, parts, run, word, outcome, code):
        """And the errors that jobs died of by their code."""
        (job,) = parts.accept(f"{word} 1".encode())
        if word == "draining":
            with pytest.raises(Exception, match="on purpose"):
                run(job)
        else:
            run(job)

        assert {outcome: 1} == ends(parts.metrics)
        errors = exposed(parts.metrics)["studio_errors_total"].samples
        assert ({code: 1} if code else {}) == {s.labels["code"]: s.value for s in errors}

    def test_waits_and_durations_are_measured(self, parts, run):
        """From being accepted to the claim, and on to the end."""
        (job,) = parts.accept(b"good 1")
        run(job)

        for name in ("studio_queue_wait_seconds", "studio_job_duration_seconds"):
            assert 1 == value(parts.metrics, f"{name}_count", queue="standard")
            assert 0 < value(parts.metrics, f"{name}_sum", queue="standard") < 60

    def test_details_in_their_own_queue_are_a_try_of_their_own(self, parts, run):
        """The verdict is one."""
        parts.settings = replace(parts.settings, split_phases=True)
        (job,) = parts.accept(b"doubtful 1")
        run(job)
        run(job)

        assert {"handed_on": 1} == ends(parts.metrics)
        assert {"analysed": 1} == ends(parts.metrics, "detail")
        assert 1 == value(parts.metrics, "studio_detail_total", reason="doubt")
        assert 1 == value(parts.metrics, "studio_confidence_count")

    def test_pictures_that_are_fetched_take_a_stage_more(self, parts, run):
        """Whether they come or not."""
        parts.fetcher.pictures = {"https://a.example/1": b"good 1"}
        parts.fetcher.pictures["https://a.example/2"] = FetchError("away", code="fetch_failed")
        for url in list(parts.fetcher.pictures):
            run(parts.accept_url(url))

        found = {
            stage: value(parts.metrics, "studio_stage_duration_seconds_count", stage=stage)
            for stage in ("fetch", "store")
        }
        assert {"fetch": 2, "store": 2} == found

    def test_a_lost_lease_gives_no_verdict(self, parts, run, monkeypatch):
        """Somebody else's will be counted."""
        (job,) = parts.accept(b"good 1")
        monkeypatch.setattr(parts.store.jobs, "finish", lambda *_: None)
        run(job)

        assert {"lost": 1} == ends(parts.metrics)
        assert 0 == value(parts.metrics, "studio_confidence_count")

    def test_jobs_whose_tries_are_used_up_are_counted_by_who_finds_them(self, parts):
        """There is no worker left who could."""
        sent = []
        sweeper = Sweeper(parts.store, parts.broker, parts.watch, 1.0, died=sent.append)
        job = parts.store.jobs.accept([parts.new_job(image_hash="0" * 64, max_attempts=1)])[0]
        parts.store.jobs.claim(job.id, "somebody")
        parts.store._db.write(
            lambda tx: tx.exec_driver_sql("UPDATE jobs SET lease_until = lease_until - 9000000")
        )
        sweeper.sweep()

        assert [(job.id, "attempts_exhausted")] == [(one.id, one.error_code) for one in sent]


class TestVerdicts:
    def test_a_verdict_is_counted_once_however_often_it_is_given(self, served):
        """What the cache answers is no new one."""
        served.done("good 1")
        served.done("good 1")

        found = fetched(served)
        verdicts = {
            tuple(s.labels.values()): s.value for s in found["studio_verdicts_total"].samples
        }
        # The analysis of the tests names a model that no variant has.
        assert 1 == sum(verdicts.values()) == verdicts["studio", "other"]
        metrics = served.parts.metrics
        assert 1 == value(metrics, "studio_confidence_count")
        assert 1 == value(metrics, "studio_confidence_bucket", le="0.9")
        assert 1 == value(metrics, "studio_cache_requests_total", outcome="hit")
        assert 1 == value(metrics, "studio_cache_requests_total", outcome="miss")

    @pytest.mark.parametrize(
        ("phases", "reason"),
        [("auto", "doubt"), ("all", "asked"), ("lighting", "lighting_only")],
    )
    def test_why_details_were_looked_at_is_told(self, served, phases, reason):
        """Or why not."""
        served.done("good 1", phases=phases)

        assert 1 == value(served.parts.metrics, "studio_detail_total", reason=reason)

    def test_shadows_are_left_out(self, serve):
        """Nobody was given their verdict."""
        with serve(variants=[shadow_variant()]) as service:
            service.done("good 1")
            metrics = service.parts.metrics
            # Verdicts are counted before tries are.
            while sum(s.value for s in exposed(metrics)["studio_jobs_ended_total"].samples) < 2:
                time.sleep(0.01)

        assert 1 == value(metrics, "studio_confidence_count")


class TestFeedback:
    @pytest.mark.parametrize(
        ("said", "agreement"),
        [("studio", "agrees"), ("natural", "differs"), ("uncertain", "undecided")],
    )
    def test_whether_people_agree_is_counted(self, served, said, agreement):
        """With a verdict of studio."""
        result = served.done("good 1")["id"]

        answer = served.http.post(f"{API}/results/{result}/feedback", json={"label": said})

        assert 201 == answer.status_code
        assert 1 == value(served.parts.metrics, "studio_feedback_total", agreement=agreement)

    def test_what_is_said_of_nothing_is_not(self, served):
        """It is refused."""
        served.http.post(f"{API}/results/{NOWHERE}/feedback", json={"label": "studio"})

        assert 0 == sum(s.value for s in fetched(served)["studio_feedback_total"].samples)


class TestRequests:
    def test_each_is_counted_by_its_address_and_how_it_was_answered(self, served):
        """By the template, so that jobs make no series."""
        served.http.get(f"{API}/jobs/{uuid4()}")
        served.http.head(f"{API}/jobs")
        served.post("good 1", params={"wait": 30})

        metrics = served.parts.metrics
        for method, route, status in (
            ("GET", f"{API}/jobs/{{job_id}}", "404"),
            ("HEAD", f"{API}/jobs", "200"),
            ("POST", f"{API}/analyse", "200"),
        ):
            labels = {"method": method, "route": route, "status": status}
            assert 1 == value(metrics, "studio_requests_total", **labels)
            assert 1 == value(metrics, "studio_request_duration_seconds_count", route=route)
        assert 1 == value(metrics, "studio_errors_total", code="job_unknown")
        assert value(metrics, "studio_rejected_total", reason="job_unknown") is None
        assert 0 == value(metrics, "studio_requests_in_progress")

    def test_what_is_refused_is_counted_by_its_reason(self, serve):
        """At the door, and by bounds further in."""
        with serve(works=False, max_backlog=1, max_upload_bytes=100) as service:
            service.post("good 1")
            service.post("good 2")
            service.post("good " + "0" * 200)
            service.http.get(f"{API}/jobs", headers={"Host": "evil.example"})
            service.parts.draining.set()
            service.post("good 3")
            found = fetched(service)["studio_rejected_total"].samples

        assert {"backlog_full": 1, "limit_file_size": 1, "origin_refused": 1, "draining": 1} == {
            sample.labels["reason"]: sample.value for sample in found
        }

    def test_a_defect_in_counting_is_logged_and_nobody_else_notices(
        self, served, monkeypatch, caplog
    ):
        """Neither the request nor the job."""

        def broken(*_):
            raise ZeroDivisionError("on purpose")

        metrics = served.parts.metrics
        for part in (metrics.requests, metrics.jobs, metrics.verdicts, metrics.errors):
            for instrument in vars(part).values():
                if hasattr(instrument, "labels"):
                    monkeypatch.setattr(instrument, "labels", broken)

        result = served.done("good 1")

        assert "studio" == result["label"]
        assert "did not count" in caplog.text


def test_a_picture_is_read_to_the_end_before_its_request_is_over(served):
    """In progress until then."""
    seen = []

    def pieces():
        yield picture("good 1")
        seen.append(value(served.parts.metrics, "studio_requests_in_progress"))

    served.http.post(f"{API}/analyse", content=pieces(), headers={"Content-Type": "image/png"})

    assert seen
    assert 0 == value(served.parts.metrics, "studio_requests_in_progress")
