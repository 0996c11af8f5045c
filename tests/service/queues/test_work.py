"""One try of one job: every way it can end."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from service_workers import WORK, open_parts, sha256
from studio_detector.errors import BusyError, FetchError, LimitError
from studio_detector.service.blobs.base import blob_key
from studio_detector.service.queues.leases import Leases
from studio_detector.service.queues.patience import Patience
from studio_detector.service.queues.remembering import remembered
from studio_detector.service.queues.work import run_job

URL = "https://example.com/a.jpg"


@pytest.fixture
def parts(tmp_path):
    parts = open_parts(tmp_path)
    yield parts
    parts.close()


@pytest.fixture
def run(parts):
    """Try a job once; parts that are away are asked for a tenth of a second."""
    leases = Leases(parts.store.jobs, parts.settings.lease_s)
    patience = Patience(threading.Event(), most_s=0.1)
    return lambda job: run_job(parts, leases, patience, job.id)


class Away:
    """Raises `BusyError` for a number of calls, then does what it should."""

    def __init__(self, function, times, code="store_unavailable"):
        self.function = function
        self.times = times
        self.code = code

    def __call__(self, *args, **options):
        if self.times:
            self.times -= 1
            raise BusyError("away", code=self.code)
        return self.function(*args, **options)


class TestPictures:
    def test_a_worker_of_another_release_stores_what_it_is(self, parts, run):
        """Numbers never stand under a version that would have given others."""
        parts.variants.version = "of tomorrow"
        (job,) = parts.accept(b"good 1")

        result = parts.store.results.get("default", run(job).result_id)

        assert "of tomorrow" == result.work.pipeline_version

    def test_a_picture_is_analysed_once_and_its_job_is_done(self, parts, run):
        (job,) = parts.accept(b"good 1")
        ended = run(job)
        assert ended == parts.job(job)
        assert (ended.state, ended.answer, ended.attempts) == ("done", "analysed", 1)
        result = parts.store.results.get("default", ended.result_id)
        assert result.image_hash == sha256(b"good 1")
        assert result.confidence == 0.9
        assert parts.watch.told == [ended]

    def test_a_done_job_is_remembered_by_the_cache(self, parts, run):
        (job,) = parts.accept(b"good 1")
        ended = run(job)
        known = remembered(parts.cache, "default", sha256(b"good 1"), WORK)
        assert known == ended.result_id

    def test_a_shadow_is_never_remembered(self, parts, run):
        (job,) = parts.accept(b"good 1", shadow_of=parts.new_job().id)
        ended = run(job)
        assert parts.store.results.get("default", ended.result_id).is_shadow
        assert remembered(parts.cache, "default", sha256(b"good 1"), WORK) is None

    def test_a_message_that_comes_again_changes_nothing(self, parts, run):
        (job,) = parts.accept(b"good 1")
        first = run(job)
        assert run(job) is None
        assert parts.job(job) == first
        assert len(parts.children.asked) == 1

    def test_a_message_for_no_job_is_harmless(self, parts, run):
        assert run(parts.new_job()) is None

    def test_followers_are_done_with_their_leader(self, parts, run):
        first, second, third = parts.accept(*[b"good 1"] * 3)
        assert run(second) is None
        run(first)
        assert [parts.job(job).answer for job in (first, second, third)] == [
            "analysed",
            "shared",
            "shared",
        ]
        assert len(parts.children.asked) == 1

    @pytest.mark.parametrize("code", ["crashed", "timeout", "memory", "corrupt", "analysis_failed"])
    def test_a_picture_at_fault_is_dead_at_once_with_its_code(self, parts, run, code):
        """The children tried it in a fresh process already, where that can help."""
        (job,) = parts.accept(f"{code} 1".encode())
        ended = run(job)
        assert (ended.state, ended.error_code, ended.attempts) == ("dead", code, 1)
        assert ended.error_message == f"it is {code}"
        assert parts.watch.told == [ended]

    @pytest.mark.parametrize(
        ("word", "code"),
        [("defect", "internal"), ("childless", "crashed"), ("nowhere", "unknown_variant")],
    )
    def test_what_is_not_the_pictures_fault_is_tried_again(self, parts, run, word, code):
        (job,) = parts.accept(f"{word} 1".encode())
        ended = run(job)
        assert (ended.state, ended.error_code) == ("queued", code)
        assert ended.retry_at is not None
        assert parts.watch.told == []

    def test_tries_come_to_an_end(self, parts, run, eventually):
        (job,) = parts.accept(b"defect 1", max_attempts=3)

        def ended():
            run(job)
            return parts.job(job).is_over

        eventually(ended)
        assert (parts.job(job).state, parts.job(job).attempts) == ("dead", 3)
        assert len(parts.children.asked) == 3

    def test_a_picture_that_is_gone_is_dead_with_that_code(self, parts, run):
        (job,) = parts.accept(b"good 1")
        parts.blobs.delete(blob_key("default", sha256(b"good 1")))
        ended = run(job)
        assert (ended.state, ended.error_code) == ("dead", "picture_gone")

    def test_a_damaged_picture_is_never_taken_for_another(self, parts, run, tmp_path):
        """And is thrown away, so that sending it again mends it."""
        (job,) = parts.accept(b"good 1")
        (file,) = (tmp_path / "pictures" / "default").glob("*/*")
        changed = bytearray(file.read_bytes())
        changed[-1] ^= 1
        file.write_bytes(changed)
        assert run(job).error_code == "picture_gone"
        again, *_ = parts.accept(b"good 1")
        assert run(again).state == "done"

    def test_nor_is_one_that_lies_there_as_it_is(self, tmp_path):
        """Where pictures are not encrypted, as a power failure may leave a file."""
        parts = open_parts(tmp_path, encrypt_pictures=False)
        (job,) = parts.accept(b"good 1")
        (file,) = (tmp_path / "pictures" / "default").glob("*/*")
        file.write_bytes(b"good 2")
        leases = Leases(parts.store.jobs, 1.0)
        ended = run_job(parts, leases, Patience(threading.Event()), job.id)
        assert ended.error_code == "picture_gone"
        assert not parts.blobs.exists(blob_key("default", sha256(b"good 1")))
        parts.close()

    def test_what_the_store_refuses_is_a_defect_and_no_loop(self, parts, run, monkeypatch):
        (job,) = parts.accept(b"good 1")

        def refuse(*_):
            raise ValueError("no JSON")

        monkeypatch.setattr(parts.store.jobs, "finish", refuse)
        ended = run(job)
        assert (ended.state, ended.error_code) == ("queued", "internal")


class TestAddresses:
    def test_an_address_is_fetched_kept_and_analysed(self, parts, run):
        parts.fetcher.pictures[URL] = b"good 1"
        job = parts.accept_url(URL)
        ended = run(job)
        assert (ended.state, ended.image_hash) == ("done", sha256(b"good 1"))
        assert parts.blobs.get(blob_key("default", sha256(b"good 1"))) == b"good 1"

    def test_an_address_of_a_known_picture_is_answered_without_analysis(self, parts, run):
        (known,) = parts.accept(b"good 1")
        run(known)
        parts.fetcher.pictures[URL] = b"good 1"
        ended = run(parts.accept_url(URL))
        assert (ended.state, ended.answer) == ("done", "cached")
        assert len(parts.children.asked) == 1
        assert parts.watch.told[-1] == ended

    def test_an_address_of_a_picture_in_work_follows(self, parts, run):
        (leader,) = parts.accept(b"good 1")
        parts.fetcher.pictures[URL] = b"good 1"
        job = parts.accept_url(URL)
        follower = run(job)
        assert (follower.state, follower.leader_id) == ("queued", leader.id)
        run(leader)
        assert parts.job(job).answer == "shared"

    def test_a_passing_failure_is_tried_again_when_the_host_says(self, parts, run):
        parts.fetcher.pictures[URL] = FetchError(
            "busy", code="fetch_failed", is_passing=True, retry_after_s=60
        )
        job = parts.accept_url(URL)
        ended = run(job)
        assert (ended.state, ended.error_code) == ("queued", "fetch_failed")
        assert ended.retry_at - ended.started_at > timedelta(seconds=59)

    @pytest.mark.parametrize(
        "error",
        [
            FetchError("private", code="fetch_refused"),
            LimitError("too large", code="limit_file_size"),
        ],
    )
    def test_a_lasting_failure_is_dead_at_once(self, parts, run, error):
        parts.fetcher.pictures[URL] = error
        ended = run(parts.accept_url(URL))
        assert (ended.state, ended.error_code) == ("dead", error.code)

    def test_a_further_try_does_not_fetch_again(self, parts, run, eventually):
        parts.fetcher.pictures[URL] = b"defect 1"
        job = parts.accept_url(URL, max_attempts=2)
        run(job)
        eventually(lambda: run(job) is not None)
        assert len(parts.fetcher.asked) == 1

    def test_a_kept_picture_that_is_gone_is_fetched_again(self, parts, run, eventually):
        parts.fetcher.pictures[URL] = b"defect 1"
        job = parts.accept_url(URL, max_attempts=2)
        run(job)
        parts.blobs.delete(blob_key("default", sha256(b"defect 1")))
        parts.fetcher.pictures[URL] = b"good 1"
        eventually(lambda: run(job) is not None)
        assert parts.job(job).state == "done"
        assert parts.job(job).image_hash == sha256(b"good 1")

    def test_a_full_disk_does_not_stop_what_was_fetched(self, parts, run, monkeypatch):
        monkeypatch.setattr(parts.blobs.__class__, "put", Away(None, 10, "storage_full"))
        parts.fetcher.pictures[URL] = b"good 1"
        assert run(parts.accept_url(URL)).state == "done"


class TestPhases:
    @pytest.fixture
    def parts(self, tmp_path):
        parts = open_parts(tmp_path, split_phases=True)
        yield parts
        parts.close()

    def test_a_clear_case_is_done_after_the_light(self, parts, run):
        (job,) = parts.accept(b"clear 1")
        assert run(job).state == "done"
        assert [phases for _, phases, _ in parts.children.asked] == ["lighting"]

    def test_a_doubtful_case_goes_on_in_the_queue_for_details(self, parts, run):
        """With what was found, a message, and all of its tries."""
        (job,) = parts.accept(b"doubtful 1")
        half = run(job)
        assert (half.state, half.queue, half.attempts) == ("queued", "detail", 0)
        assert parts.broker.depth("detail") == 1
        assert parts.store.jobs.unsent(10) == []
        assert parts.watch.told == []
        whole = run(job)
        assert whole.state == "done"
        (_, first, nothing), (_, second, known) = parts.children.asked
        assert (first, nothing, second) == ("lighting", None, "auto")
        assert known["phase"] == "lighting"
        assert parts.store.results.get("default", whole.result_id).phase == "detail"

    def test_work_in_a_hurry_is_done_in_one_go(self, parts, run):
        (job,) = parts.accept(b"doubtful 1", priority="high")
        assert run(job).state == "done"
        assert [phases for _, phases, _ in parts.children.asked] == ["auto"]


class TestNearDuplicates:
    def test_a_picture_that_looks_alike_is_answered_by_the_other(self, parts, run):
        (first,) = parts.accept(b"good 1")
        known = run(first)
        (second,) = parts.accept(b"good 2", near_duplicates=True)
        ended = run(second)
        assert (ended.state, ended.answer) == ("done", "near_duplicate")
        assert ended.result_id == known.result_id
        assert remembered(parts.cache, "default", sha256(b"good 2"), WORK) is None

    def test_who_did_not_ask_for_it_gets_an_analysis(self, parts, run):
        (first,) = parts.accept(b"good 1")
        run(first)
        (second,) = parts.accept(b"good 2")
        assert run(second).answer == "analysed"

    def test_a_shadow_result_answers_nobody(self, parts, run):
        (first,) = parts.accept(b"good 1", shadow_of=parts.new_job().id)
        run(first)
        (second,) = parts.accept(b"good 2", near_duplicates=True)
        assert run(second).answer == "analysed"

    def test_a_store_that_is_away_costs_an_analysis_and_no_job(self, parts, run, monkeypatch):
        (job,) = parts.accept(b"good 1", near_duplicates=True)
        monkeypatch.setattr(parts.store.results, "hashes_after", Away(None, 10))
        assert run(job).answer == "analysed"


class TestPartsThatAreAway:
    @pytest.mark.parametrize("method", ["claim", "finish"])
    def test_a_short_absence_of_the_store_is_waited_out(self, parts, run, monkeypatch, method):
        (job,) = parts.accept(b"good 1")
        jobs = parts.store.jobs
        monkeypatch.setattr(jobs, method, Away(getattr(jobs, method), 1))
        ended = run(job)
        assert (ended.state, ended.attempts) == ("done", 1)
        assert len(parts.children.asked) == 1

    def test_a_long_absence_of_the_pictures_gives_the_job_back_as_it_was(
        self, parts, run, monkeypatch
    ):
        (job,) = parts.accept(b"good 1")
        monkeypatch.setattr(parts.blobs.__class__, "get", Away(None, 100, "storage_unavailable"))
        with pytest.raises(BusyError):
            run(job)
        given_back = parts.job(job)
        assert (given_back.state, given_back.attempts) == ("queued", 0)
        assert parts.store.jobs.unsent(10) == [(job.id, "standard")]

    def test_a_long_absence_of_the_store_leaves_the_job_to_its_lease(
        self, parts, run, monkeypatch, eventually
    ):
        (job,) = parts.accept(b"good 1")
        with monkeypatch.context() as patched:
            for method in ("finish", "release"):
                patched.setattr(parts.store.jobs, method, Away(None, 100))
            with pytest.raises(BusyError):
                run(job)
        assert parts.job(job).state == "running"
        eventually(parts.store.jobs.expire)
        assert run(job).state == "done"

    def test_children_that_are_being_ended_give_the_job_back(self, parts, run):
        (job,) = parts.accept(b"draining 1")
        with pytest.raises(BusyError):
            run(job)
        assert (parts.job(job).state, parts.job(job).attempts) == ("queued", 0)

    def test_the_outcome_of_a_lost_lease_is_forgotten(self, parts, run, eventually):
        """Somebody else took the job meanwhile: only one of both ends it."""
        (job,) = parts.accept(b"slow 1")
        ended = []
        slow = threading.Thread(target=lambda: ended.append(run(job)))
        slow.start()
        eventually(lambda: parts.children.asked)
        eventually(parts.store.jobs.expire)
        parts.children.gate.set()
        slow.join()
        assert ended == [None]
        assert parts.job(job).state == "queued"
        assert run(job).attempts == 2

    def test_a_job_that_was_cancelled_meanwhile_stays_cancelled(self, parts, run, eventually):
        (job,) = parts.accept(b"slow 1")
        ended = []
        slow = threading.Thread(target=lambda: ended.append(run(job)))
        slow.start()
        eventually(lambda: parts.children.asked)
        parts.store.jobs.cancel("default", job.id)
        parts.children.gate.set()
        slow.join()
        assert ended == [None]
        assert parts.job(job).state == "cancelled"
