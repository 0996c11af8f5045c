"""What the log says of requests and of what comes of them, each under the same name."""

from __future__ import annotations

import logging
import re
import time

import pytest

import api_service
from api_service import API
from kept_pictures import file
from service.erasure import marked
from service.erasure.marked import Marks
from studio_detector.service.api.request_log import RequestLog
from studio_detector.service.traces.base import NO_TRACER


def ours(log):
    """The lines of the service, without those of this process's client and of its pictures."""
    return [
        line for line in log.lines() if line["logger"].partition(".")[0] not in {"httpx2", "PIL"}
    ]


def until(is_so):
    """Wait until something is so."""
    end = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def served(tmp_path):
    with api_service.service(tmp_path) as service:
        yield service


@pytest.fixture
def keyed(tmp_path):
    with api_service.service(tmp_path, works=False, auth="keys") as service:
        yield service


class TestName:
    def test_the_answer_carries_the_name_that_was_sent(self, served, log):
        answer = served.http.get(f"{API}/jobs", headers={"X-Request-ID": "mine-1"})

        assert ["mine-1"] == answer.headers.get_list("x-request-id")
        assert ["mine-1"] == [line["request_id"] for line in log.told("request_log")]

    @pytest.mark.parametrize("sent", [{}, {"X-Request-ID": "no good\tname"}])
    def test_or_one_of_ours(self, served, log, sent):
        answer = served.http.get(f"{API}/jobs", headers=sent)

        (line,) = log.told("request_log")
        assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])
        assert answer.headers["x-request-id"] == line["request_id"]

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/nowhere", 404),
            ("PUT", f"{API}/jobs", 405),
            ("HEAD", f"{API}/jobs", 200),
            ("GET", f"{API}/jobs?limit=x", 422),
            ("GET", "/livez", 200),
            ("GET", "/openapi.json", 200),
        ],
    )
    def test_every_answer_has_one(self, served, method, path, status):
        answer = served.http.request(method, path)
        assert status == answer.status_code
        assert answer.headers["x-request-id"]

    def test_a_defect_is_reported_by_it(self, served, log, monkeypatch):
        def fail(*_, **__):
            raise ZeroDivisionError("on purpose")

        monkeypatch.setattr(served.parts.store.jobs, "find", fail)
        answer = served.get("/jobs")

        assert 500 == answer.status_code
        assert "X-Request-ID" in answer.json()["detail"]
        (defect,) = log.told("middleware")
        assert answer.headers["x-request-id"] == defect["request_id"]
        assert "default" == defect["tenant"]
        assert defect["exception"].endswith("ZeroDivisionError: on purpose")


class TestLine:
    def test_one_line_says_what_was_asked_and_how_it_was_answered(self, served, log):
        answer = served.get("/jobs/00000000-0000-4000-8000-000000000001")

        (line,) = log.told("request_log")
        assert f"GET {API}/jobs/{{job_id}} 404" == line["event"]
        assert ("info", "default", "GET", f"{API}/jobs/{{job_id}}", 404) == tuple(
            line[name] for name in ("level", "tenant", "method", "route", "status")
        )
        assert len(answer.content) == line["bytes"]
        assert 0 < line["duration_ms"] < 30_000
        assert "outcome" not in line

    def test_an_address_that_there_is_not_is_not_repeated(self, served, log):
        served.http.get("/secret-path/Anna?x=Anna")
        served.http.request("ANNA", "/livez")

        assert ["GET - 404", "other /livez 405"] == [
            line["event"] for line in log.told("request_log")
        ]
        assert "anna" not in str(ours(log)).lower()

    @pytest.mark.parametrize("path", ["/livez", "/readyz", "/startupz"])
    def test_questions_of_machines_are_told_to_who_looks_for_them(self, served, make_log, path):
        talkative, usual = make_log(), make_log()
        usual.handler.setLevel(logging.INFO)
        served.http.get(path)

        assert [("debug", path)] == [
            (line["level"], line["route"]) for line in talkative.told("request_log")
        ]
        assert [] == usual.told("request_log")

    def test_who_is_not_known_has_no_tenant(self, keyed, log):
        assert 401 == keyed.get("/jobs").status_code
        assert 401 == keyed.get("/jobs", headers={"Authorization": "Bearer sk_x"}).status_code

        assert [False, False] == ["tenant" in line for line in log.told("request_log")]

    def test_an_answer_that_is_broken_off_is_told_as_such(self, log):
        """Its status went out before."""

        async def break_off(_, __, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"abc", "more_body": True})
            raise ZeroDivisionError("on purpose")

        sent = []

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": "/x", "headers": []}
        with pytest.raises(ZeroDivisionError):
            RequestLog(break_off, NO_TRACER)(scope, None, send).send(None)

        (line,) = log.told("request_log")
        assert (200, 3, "broken off") == (line["status"], line["bytes"], line["outcome"])
        assert [(b"x-request-id", line["request_id"].encode())] == sent[0]["headers"]

    def test_a_log_that_cannot_be_written_fails_no_request(self, served, log):
        log.close()
        assert 200 == served.get("/jobs").status_code


class TestJobs:
    def test_the_worker_names_the_request_that_a_job_came_of(self, served, log):
        answer = served.post("good 1", params={"wait": 30}, headers={"X-Request-ID": "mine-2"})

        (line,) = log.told("following")
        job = answer.json()["job_id"]
        assert ("mine-2", job, "default") == tuple(
            line[name] for name in ("request_id", "job_id", "tenant")
        )
        assert ("standard", "analysed", 1) == (line["queue"], line["outcome"], line["attempt"])
        assert line["duration_ms"] > 0
        assert line["worker"]

    def test_also_where_it_failed(self, served, log):
        served.post("corrupt 1", params={"wait": 30}, headers={"X-Request-ID": "mine-3"})

        (line,) = log.told("following")
        assert ("mine-3", "failed", "corrupt") == (
            line["request_id"],
            line["outcome"],
            line["code"],
        )

    def test_a_defect_of_a_worker_names_its_job(self, served, log):
        answer = served.post("defect 1", headers={"X-Request-ID": "mine-4"})
        job = answer.json()["id"]
        until(lambda: log.told("outcomes"))

        line = log.told("outcomes")[0]
        assert ("mine-4", job) == (line["request_id"], line["job_id"])
        assert line["exception"].endswith("ZeroDivisionError: on purpose")

    def test_every_job_of_a_batch_has_its_name(self, tmp_path, log):
        urls = [f"https://pictures.example/{n}.png" for n in range(3)]
        pictures = {url: api_service.picture(f"good {n}") for n, url in enumerate(urls)}
        with api_service.service(tmp_path, pictures=pictures) as service:
            answer = service.http.post(
                f"{API}/batches", json={"image_urls": urls}, headers={"X-Request-ID": "batch-1"}
            )
            batch = answer.json()["id"]
            until(lambda: service.get(f"/batches/{batch}").json()["finished_at"])
            until(lambda: len(log.told("following")) == 3)

        lines = log.told("following")
        assert [("batch-1", batch)] * 3 == [
            (line["request_id"], line["batch_id"]) for line in lines
        ]
        assert 3 == len({line["job_id"] for line in lines})

    def test_what_was_seen_before_has_the_name_of_who_asked_again(self, served):
        """It is a job of its own, which was never queued."""
        served.done("good 1")
        answer = served.post("good 1", headers={"X-Request-ID": "again-1"})

        job = served.parts.store.jobs.find("default").items[0]
        assert answer.json()["id"] == str(job.id)
        assert ("done", "again-1", None) == (job.state, job.request_id, job.traceparent)


def test_nothing_of_pictures_or_people_is_in_it(served, log):
    """Neither what a file is called, nor who took it, nor where it lies; at any level."""
    marks = Marks()
    data = marked.jpeg(marks, 1)
    query = {"subject": marks.tag, "wait": 30}
    sent = served.http.post(
        f"{API}/analyse",
        params=query,
        files={"file": (f"{marks.file_name}.jpg", data)},
        data={"callback_url": f"https://hooks.example/{marks.callback}?k={marks.key}"},
        headers={"Idempotency-Key": marks.key},
    )
    served.http.post(f"{API}/analyse", json={"image_url": f"https://h.example/{marks.url}.jpg"})
    served.http.post(
        f"{API}/batches",
        files={"file": (f"{marks.file_name}.zip", marked.archive(marks, 2))},
        data={"subject": marks.tag},
    )
    served.http.get(f"{API}/subjects/{marks.tag}/export")
    served.http.delete(f"{API}/subjects/{marks.tag}")

    assert sent.status_code in {200, 202, 400, 422}
    assert 5 == len(log.told("request_log"))
    said = str(ours(log))
    assert [] == [name for name, word in marks.words().items() if word.decode() in said]


def test_a_real_picture_is_no_secret_message(served, log):
    """Bytes of a file are nowhere in the log."""
    data = file(3)
    served.http.post(f"{API}/analyse", content=data, headers={"Content-Type": "image/png"})
    assert repr(data[16:40])[2:-1] not in log.getvalue()
