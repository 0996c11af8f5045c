"""Jobs that are tried together end as each would by itself, whatever becomes of the others."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace

import pytest

from metric_reading import value
from picture_files import picture_files
from service_workers import PDQ, WORK, open_parts, sha256
from studio_detector.errors import BusyError
from studio_detector.service.blobs.base import blob_key
from studio_detector.service.cache import MemoryCache
from studio_detector.service.queues import together
from studio_detector.service.queues.leases import Leases
from studio_detector.service.queues.patience import Patience
from studio_detector.service.queues.remembering import remembered
from studio_detector.service.queues.together import run_jobs

FOUR = [f"good {n}".encode() for n in range(4)]


@pytest.fixture(params=[True, False], ids=["encrypted", "plain"])
def parts(request, tmp_path):
    parts = open_parts(tmp_path, keep_pictures_s=0.0, encrypt_pictures=request.param)
    yield parts
    parts.close()


@pytest.fixture
def stopping():
    return threading.Event()


@pytest.fixture
def run(parts, stopping):
    """Try jobs together; parts that are away are asked for a tenth of a second."""
    leases = Leases(parts.store.jobs, parts.settings.lease_s)
    patience = Patience(stopping, most_s=0.1)

    def run(jobs, stand_back=lambda: None):
        left = []
        run_jobs(parts, leases, patience, [job.id for job in jobs], stand_back, left.extend)
        run.left = [job for job in jobs if job.id in left]
        return [parts.job(job) for job in jobs]

    return run


@pytest.fixture
def writes(parts, monkeypatch):
    """How many jobs were ended by each transaction that ends several."""
    finish_all, writes = parts.store.jobs.finish_all, []

    def noted(ends):
        writes.append(len(ends))
        return finish_all(ends)

    monkeypatch.setattr(parts.store.jobs, "finish_all", noted)
    return writes


def fail(error):
    """Something that raises."""

    def failing(*_, **__):
        raise error

    return failing


class TestEnds:
    def test_all_are_done_with_results_of_their_own(self, parts, run, writes):
        jobs = parts.accept(*FOUR)

        ended = run(jobs)

        assert [("done", "analysed", 1)] * 4 == [(j.state, j.answer, j.attempts) for j in ended]
        results = [parts.store.results.get("default", job.result_id) for job in ended]
        assert [sha256(data) for data in FOUR] == [result.image_hash for result in results]
        assert [data for data, *_ in parts.children.asked] == FOUR
        assert [4] == writes

    def test_everybody_learns_of_them(self, parts, run, tmp_path):
        """Who waits, the cache, and the place of the pictures, which are wanted no more."""
        ended = run(parts.accept(*FOUR))

        assert ended == parts.watch.told
        known = [remembered(parts.cache, "default", sha256(data), WORK) for data in FOUR]
        assert [job.result_id for job in ended] == known
        assert [] == picture_files(tmp_path / "pictures")
        assert {} == parts.store.data_keys.counts()

    def test_each_is_counted_and_logged_once(self, parts, run, caplog):
        with caplog.at_level(logging.INFO, "studio_detector.service.queues.following"):
            run(parts.accept(*FOUR))

        assert 4 == value(parts.metrics, "studio_job_duration_seconds_count", queue="standard")
        assert 4 == value(parts.metrics, "studio_stage_duration_seconds_count", stage="store")
        assert 4 == value(
            parts.metrics, "studio_jobs_ended_total", queue="standard", outcome="analysed"
        )
        assert ["a try of a job ended: analysed"] * 4 == [r.getMessage() for r in caplog.records]

    def test_verdicts_wait_for_one_another_no_longer_than_a_moment(
        self, parts, run, writes, monkeypatch
    ):
        monkeypatch.setattr(together, "_LONGEST_S", 0.0)
        run(parts.accept(*FOUR))
        assert [1, 1, 1, 1] == writes

    def test_urgent_work_goes_before_every_step(self, parts, run):
        """Before the beginning, each picture, the writing, and what follows."""
        stood_back = []
        run(parts.accept(*FOUR), lambda: stood_back.append(len(parts.children.asked)))
        assert [0, 0, 1, 2, 3, 4, 4] == stood_back

    def test_one_alone_is_tried_as_ever(self, parts, run, writes):
        (ended,) = run(parts.accept(b"good 1"))
        assert "done" == ended.state
        assert [] == writes


class TestOthers:
    def test_what_fails_takes_no_other_along(self, parts, run, writes):
        words = ("good", "corrupt", "defect", "good", "timeout")
        jobs = parts.accept(*[f"{word} {n}".encode() for n, word in enumerate(words)])

        ended = run(jobs)

        assert ["done", "dead", "queued", "done", "dead"] == [job.state for job in ended]
        assert [None, "corrupt", "internal", None, "timeout"] == [job.error_code for job in ended]
        assert [2] == writes

    def test_a_picture_that_is_gone_takes_no_other_along(self, parts, run):
        jobs = parts.accept(*FOUR)
        parts.blobs.delete(blob_key("default", sha256(FOUR[1])))
        ended = run(jobs)
        assert ["done", "dead", "done", "done"] == [job.state for job in ended]
        assert "picture_gone" == ended[1].error_code

    def test_a_picture_that_was_put_anew_meanwhile_is_found(self, parts, run):
        """Under another key and another name than it had when the jobs were begun."""
        jobs = parts.accept(*FOUR)
        key = blob_key("default", sha256(FOUR[3]))

        def put_anew():
            if len(parts.children.asked) == 2:
                parts.blobs.delete(key)
                parts.blobs.put(key, FOUR[3])

        assert {"done"} == {job.state for job in run(jobs, put_anew)}

    def test_a_damaged_picture_takes_no_other_along(self, parts, run, tmp_path):
        jobs = parts.accept(*FOUR)
        file = picture_files(tmp_path / "pictures")[0]
        changed = bytearray(file.read_bytes())
        changed[-1] ^= 1
        file.write_bytes(changed)
        ended = run(jobs)
        assert ["dead", "done", "done", "done"] == sorted(job.state for job in ended)

    def test_what_looks_alike_is_told_by_itself(self, parts, run, writes):
        first, second, third = parts.accept(*FOUR[:3])
        (alike,) = parts.accept(FOUR[3], near_duplicates=True)

        run([first])
        ended = run([second, alike, third])

        assert ["analysed", "near_duplicate", "analysed"] == [job.answer for job in ended]
        assert [1, 1] == writes
        assert PDQ == parts.store.results.get("default", ended[1].result_id).perceptual_hash

    def test_pictures_that_look_alike_find_each_other(self, parts, run):
        ended = run(parts.accept(*FOUR, near_duplicates=True))
        assert ["analysed", *["near_duplicate"] * 3] == [job.answer for job in ended]

    def test_halves_go_on_in_their_own_queue(self, parts, run):
        parts.settings = replace(parts.settings, split_phases=True)
        ended = run(parts.accept(b"doubtful 1", b"good 2", b"doubtful 3"))
        assert ["detail", "standard", "detail"] == [job.queue for job in ended]
        assert ["queued", "done", "queued"] == [job.state for job in ended]
        assert 2 == parts.broker.depth("detail")

    def test_what_is_to_be_fetched_is_left_alone(self, parts, run, writes):
        """Its host may take long, and nobody else is to wait for it."""
        parts.fetcher.pictures["https://a/"] = b"good 7"
        fetched = parts.accept_url("https://a/")
        kept = parts.accept(*FOUR[:2])

        assert ["done", "queued", "done"] == [job.state for job in run([kept[0], fetched, kept[1]])]
        assert [fetched] == run.left
        assert [2] == writes

    def test_but_the_one_in_hand_is_fetched(self, parts, run):
        parts.fetcher.pictures["https://a/"] = b"good 7"
        jobs = [parts.accept_url("https://a/"), *parts.accept(*FOUR[:2])]
        assert {"done"} == {job.state for job in run(jobs)}
        assert [] == run.left

    def test_what_is_left_alone_is_given_back_before_the_others_are_tried(self, parts):
        parts.fetcher.pictures["https://a/"] = b"good 7"
        jobs = [*parts.accept(b"draining 1"), parts.accept_url("https://a/")]
        left = []
        leases, patience = Leases(parts.store.jobs, 1.0), Patience(threading.Event())
        with pytest.raises(BusyError):
            run_jobs(parts, leases, patience, [job.id for job in jobs], lambda: None, left.extend)
        assert [jobs[1].id] == left

    def test_a_fetched_picture_that_is_tried_anew_is_left_alone(self, parts, run):
        """It is fetched again, since it was thrown away when it was broken."""
        parts.fetcher.pictures["https://a/"] = b"corrupt 7"
        fetched = parts.accept_url("https://a/")
        run([fetched])
        parts.store.jobs.retry("default", fetched.id)
        kept = parts.accept(*FOUR[:2])

        assert ["done", "queued", "done"] == [job.state for job in run([kept[0], fetched, kept[1]])]
        assert [fetched] == run.left

    def test_what_has_become_urgent_is_left_alone(self, parts, run):
        """Somebody in a hurry has sent the same picture; the message of old came too late."""
        jobs = parts.accept(*FOUR)
        parts.accept(FOUR[3], priority="high")
        assert "high" == parts.job(jobs[3]).queue

        ended = run(jobs)

        assert ["done", "done", "done", "queued"] == [job.state for job in ended]
        assert [jobs[3]] == run.left

    def test_what_has_a_single_try_is_left_alone(self, parts, run):
        """A worker that is killed by another's picture would cost it that."""
        jobs = parts.accept(*FOUR[:3]) + parts.accept(FOUR[3], max_attempts=1)
        ended = run(jobs)
        assert ["done", "done", "done", "queued"] == [job.state for job in ended]
        assert [jobs[3]] == run.left

    def test_messages_that_came_twice_or_name_nothing_are_harmless(self, parts, run):
        jobs = parts.accept(*FOUR)
        run(jobs[:1])
        run([*jobs, jobs[2]])
        assert {"done": 4} == parts.states()
        assert 4 == len(parts.children.asked)

    def test_a_job_that_was_tried_before_is_left_alone(self, parts, run, writes, eventually):
        (before,) = parts.accept(b"defect 1")
        run([before])
        others = parts.accept(*FOUR)
        eventually(lambda: parts.job(before).retry_at <= parts.store.clock())

        run([*others, before])

        assert {"done": 4, "queued": 1} == parts.states()
        assert [before] == run.left
        assert [4] == writes

    def test_a_job_that_was_cancelled_meanwhile_takes_no_other_along(self, parts, run, writes):
        jobs = parts.accept(*FOUR)

        def cancel():
            if len(parts.children.asked) == 3 and parts.job(jobs[1]).state == "running":
                parts.store.jobs.cancel("default", jobs[1].id)

        assert ["done", "cancelled", "done", "done"] == [job.state for job in run(jobs, cancel)]
        assert [4] == writes
        assert 3 == len(parts.watch.told)

    def test_a_verdict_that_the_store_refuses_takes_no_other_along(
        self, parts, run, monkeypatch, caplog
    ):
        jobs = parts.accept(*FOUR)
        finish = parts.store.jobs.finish

        def refuse_one(job_id, *rest):
            if job_id == jobs[2].id:
                raise ValueError("no JSON")
            return finish(job_id, *rest)

        monkeypatch.setattr(parts.store.jobs, "finish_all", fail(ValueError("no JSON")))
        monkeypatch.setattr(parts.store.jobs, "finish", refuse_one)

        ended = run(jobs)

        assert ["done", "done", "queued", "done"] == [job.state for job in ended]
        assert "internal" == ended[2].error_code
        assert "one by one" in caplog.text

    def test_a_verdict_that_cannot_be_told_at_all_takes_no_other_along(
        self, parts, run, monkeypatch
    ):
        """Its lease ends, and it is tried again."""
        jobs = parts.accept(*FOUR)
        finish, broken = parts.store.jobs.finish, fail(ValueError("malformed"))

        def finish_others(job_id, *rest):
            return broken() if job_id == jobs[1].id else finish(job_id, *rest)

        monkeypatch.setattr(parts.store.jobs, "finish_all", broken)
        monkeypatch.setattr(parts.store.jobs, "finish", finish_others)
        monkeypatch.setattr(parts.store.jobs, "fail", broken)

        with pytest.raises(ValueError, match="malformed"):
            run(jobs)

        assert ["done", "running", "done", "done"] == [parts.job(job).state for job in jobs]
        assert [jobs[0].id, jobs[2].id, jobs[3].id] == [job.id for job in parts.watch.told]

    def test_a_defect_after_the_end_of_one_takes_no_other_along(self, parts, run, monkeypatch):
        jobs = parts.accept(b"corrupt 1", *FOUR[:3])
        notify = parts.watch.notify

        def notify_others(*told):
            if jobs[0].id in {job.id for job in told}:
                raise ValueError("defect")
            notify(*told)

        monkeypatch.setattr(parts.watch, "notify", notify_others)

        with pytest.raises(ValueError, match="defect"):
            run(jobs)

        assert {"dead": 1, "done": 3} == parts.states()

    def test_who_waits_is_told_though_the_cache_has_a_defect(self, parts, run, monkeypatch):
        jobs = parts.accept(*FOUR)
        monkeypatch.setattr(MemoryCache, "put", fail(ValueError("defect")))

        with pytest.raises(ValueError, match="defect"):
            run(jobs)

        assert {job.id for job in jobs} == {job.id for job in parts.watch.told}


class TestGivenBack:
    def test_what_was_not_begun_goes_back_when_a_picture_takes_long(self, parts, run, monkeypatch):
        """Or it would wait for one that hangs, though others have nothing to do."""
        monkeypatch.setattr(together, "_LONGEST_HELD_S", 0.0)
        jobs = parts.accept(*FOUR)

        ended = run(jobs)

        assert ["done", "queued", "queued", "queued"] == [job.state for job in ended]
        assert [1, 0, 0, 0] == [job.attempts for job in ended]
        assert jobs[1:] == run.left

    def test_a_store_that_goes_away_while_verdicts_are_told_one_by_one(
        self, parts, run, monkeypatch
    ):
        """What was told is told to everybody, and the others go back."""
        jobs = parts.accept(*FOUR)
        finish = parts.store.jobs.finish

        def finish_first(job_id, *rest):
            if job_id == jobs[0].id:
                return finish(job_id, *rest)
            raise BusyError("away", code="store_unavailable")

        monkeypatch.setattr(parts.store.jobs, "finish_all", lambda _: None)
        monkeypatch.setattr(parts.store.jobs, "finish", finish_first)

        with pytest.raises(BusyError):
            run(jobs)

        assert {"done": 1, "queued": 3} == parts.states()
        assert [jobs[0].id] == [job.id for job in parts.watch.told]
        ended = {"queue": "standard"}
        assert 1 == value(parts.metrics, "studio_jobs_ended_total", **ended, outcome="analysed")
        assert 3 == value(parts.metrics, "studio_jobs_ended_total", **ended, outcome="given_back")

    def test_what_was_not_begun_goes_back_when_the_process_is_to_end(self, parts, run, stopping):
        """With its attempt; what was analysed is stored."""
        jobs = parts.accept(*FOUR)

        def stop():
            if len(parts.children.asked) == 2:
                stopping.set()

        with pytest.raises(BusyError):
            run(jobs, stop)

        assert {"done": 3, "queued": 1} == parts.states()
        assert 0 == parts.job(jobs[3]).attempts

    def test_a_store_that_is_away_gives_all_back(self, parts, run, monkeypatch):
        jobs = parts.accept(*FOUR)
        with monkeypatch.context() as away:
            error = BusyError("away", code="store_unavailable")
            away.setattr(parts.store.jobs, "finish_all", fail(error))
            with pytest.raises(BusyError):
                run(jobs)

        assert {"queued": 4} == parts.states()
        assert {0} == {parts.job(job).attempts for job in jobs}
        assert 4 == value(
            parts.metrics, "studio_jobs_ended_total", queue="standard", outcome="given_back"
        )
        assert {"done"} == {job.state for job in run(jobs)}

    def test_what_puts_off_one_costs_no_verdict_that_there_is(self, parts, run):
        jobs = parts.accept(*FOUR[:3], b"draining 4")
        with pytest.raises(BusyError):
            run(jobs)
        assert ["done", "done", "done", "queued"] == [parts.job(job).state for job in jobs]

    def test_pictures_that_cannot_be_deleted_are_deleted_later(
        self, parts, run, monkeypatch, caplog
    ):
        jobs = parts.accept(*FOUR)
        error = BusyError("away", code="storage_unavailable")
        with monkeypatch.context() as away, caplog.at_level(logging.INFO):
            away.setattr(type(parts.blobs), "delete", fail(error))
            ended = run(jobs)
        assert {"done"} == {job.state for job in ended}
        assert "deleted later" in caplog.text
        known = [remembered(parts.cache, "default", sha256(data), WORK) for data in FOUR]
        assert [job.result_id for job in ended] == known
