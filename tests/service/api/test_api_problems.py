"""Problems: one form for every error, and no secret in any."""

from __future__ import annotations

import json
import logging

import anyio
import anyio.from_thread
import pytest
from starlette.requests import Request

from api_service import API, NOWHERE
from studio_detector.errors import CODES, BusyError, StudioDetectorError
from studio_detector.service.api import bodies
from studio_detector.service.api.pieces import Pace
from studio_detector.service.api.problems import problem

#: RFC 9110, 15.
PHRASES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    410: "Gone",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    507: "Insufficient Storage",
}
NEEDED = {"type", "title", "status", "detail", "code"}


class TestForm:
    @pytest.mark.parametrize("code", CODES)
    def test_every_code_has_its_status(self, code):
        """And its name in HTTP as title, since "about:blank" says that (RFC 9457, 4.2.1)."""
        answer = problem(code, "what happened")
        body = json.loads(answer.body)

        assert "about:blank" == body["type"]
        assert PHRASES[CODES[code].http_status] == body["title"]
        assert ("what happened", code) == (body["detail"], body["code"])
        assert CODES[code].http_status == answer.status_code
        assert "application/problem+json" == answer.media_type
        assert (answer.status_code in {429, 503}) == ("retry-after" in answer.headers)

    def test_seconds_to_wait_are_whole_and_not_zero(self):
        """Rounded up."""
        assert "1" == problem("draining", "", retry_after_s=0.0).headers["retry-after"]
        assert "3" == problem("draining", "", retry_after_s=2.1).headers["retry-after"]


class TestAnswers:
    @pytest.mark.parametrize(
        ("method", "path", "status", "code"),
        [
            ("GET", "/nothing", 404, "route_unknown"),
            ("GET", f"{API}/nothing", 404, "route_unknown"),
            ("GET", f"{API}/jobs/", 404, "route_unknown"),
            # A page that shows the document would load scripts from another host.
            ("GET", "/docs", 404, "route_unknown"),
            ("GET", "/redoc", 404, "route_unknown"),
            ("GET", f"{API}/analyse", 405, "method_unsupported"),
            ("PATCH", f"{API}/jobs/{NOWHERE}", 405, "method_unsupported"),
            ("GET", f"{API}/jobs/seven", 422, "request_invalid"),
            ("GET", f"{API}/similar", 422, "request_invalid"),
            ("GET", f"{API}/results/{NOWHERE}/overlays/..%2F..%2Fx.png", 404, "route_unknown"),
        ],
    )
    def test_requests_that_lead_nowhere(self, closed, method, path, status, code):
        """Are problems like any others."""
        answer = closed.http.request(method, path)

        assert (status, code) == (answer.status_code, answer.json()["code"])
        assert NEEDED <= set(answer.json())
        assert "application/problem+json" == answer.headers["content-type"]
        assert "nosniff" == answer.headers["x-content-type-options"]

    def test_a_part_that_is_away_says_when_to_ask_again(self, idle, monkeypatch):
        """As its error does."""

        def away(*_):
            raise BusyError("the database is away", code="store_unavailable", retry_after_s=7.2)

        monkeypatch.setattr(idle.parts.store.jobs, "find", away)

        answer = idle.get("/jobs")

        assert (503, "store_unavailable", "8") == (
            answer.status_code,
            answer.json()["code"],
            answer.headers["retry-after"],
        )

    def test_a_defect_shows_nothing_of_itself(self, idle, monkeypatch, caplog):
        """What it was stands in the log."""

        def fail(*_):
            raise ZeroDivisionError("the secret of the house")

        monkeypatch.setattr(idle.parts.store.jobs, "find", fail)

        with caplog.at_level(logging.ERROR):
            answer = idle.get("/jobs")

        assert (500, "internal") == (answer.status_code, answer.json()["code"])
        assert "secret" not in answer.text
        assert "the secret of the house" in caplog.text

    def test_hostile_words_come_back_harmless(self, closed):
        """As ASCII without control characters."""
        answer = closed.post(path="/analyse?priority=%1b[31m%00%e2%80%ae%22")

        assert 422 == answer.status_code
        assert answer.text.isascii()
        assert "\x1b" not in answer.text

    def test_a_sender_that_falls_silent_is_not_waited_for(self):
        """It is told so, and its connection is free again."""
        pace = Pace(rest_s=0.05, bytes_per_s=1)

        async def read():
            async def receive():
                await anyio.sleep(10)

            headers = [(b"content-type", b"image/png")]
            request = Request({"type": "http", "headers": headers, "method": "POST"}, receive)
            return await bodies.read_body(request, 100, pace)

        with (
            anyio.from_thread.start_blocking_portal() as portal,
            pytest.raises(StudioDetectorError, match="nothing of the body came") as caught,
        ):
            portal.call(read)
        assert "request_timeout" == caught.value.code
