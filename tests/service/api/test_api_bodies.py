"""Bodies: none without a bound, and a place that is full is no defect of ours."""

from __future__ import annotations

import errno
import functools
import tempfile
from pathlib import Path

import pytest

from api_service import API, NOWHERE, PNG
from studio_detector.service.api.bodies import MOST_JSON_BYTES

ZIP = {"Content-Type": "application/zip"}
RAW = {"Content-Type": "image/png"}
JSON = {"Content-Type": "application/json"}
#: More than is held in memory.
LARGE = PNG + bytes(9 * 1024 * 1024)
SENT_AS = {
    "a picture as it is": ("/analyse", {"content": LARGE, "headers": RAW}),
    "a picture in a form": ("/analyse", {"files": {"file": ("a", LARGE)}}),
    "an archive as it is": ("/batches", {"content": LARGE, "headers": ZIP}),
    "an archive in a form": ("/batches", {"files": {"file": ("a", LARGE)}}),
}


def pieces(count, size=16 * 1024):
    """A body of a length that nobody is told before."""
    for _ in range(count):
        yield b" " * size


def routes_of(document):
    """Method and address of every operation that may have a body other than a picture alone."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            kinds = operation.get("requestBody", {}).get("content", {"application/json": {}})
            if method in {"post", "put", "patch"} and "application/json" in kinds:
                yield method, path.replace("{job_id}", NOWHERE).replace("{result_id}", NOWHERE)


class TestBounds:
    @pytest.mark.parametrize("is_announced", [True, False])
    def test_every_body_of_json_is_bounded(self, closed, is_announced):
        """By its announced length before anything is read, or while it comes."""
        asked = [
            (method, path)
            for method, path in routes_of(closed.app.openapi())
            if not path.endswith("/batches")
        ]
        assert len(asked) >= 3
        for method, path in asked:
            # Ten thousand names of results are the longest that is taken.
            many = pieces(max(MOST_JSON_BYTES, 1024 * 1024) // (16 * 1024) + 1)

            answer = closed.http.request(
                method, path, headers=JSON, content=b"".join(many) if is_announced else many
            )

            assert (413, "limit_file_size") == (answer.status_code, answer.json()["code"]), path

    def test_the_framework_reads_no_body(self, closed):
        """It would take one of any length."""
        routes = [route for route in closed.app.routes if hasattr(route, "body_field")]

        assert [] == [route.path for route in routes if route.body_field is not None]

    def test_no_more_is_read_than_is_bounded(self, closed):
        """The rest stays with the sender."""
        asked = []

        def counted():
            for piece in pieces(1000):
                asked.append(len(piece))
                yield piece

        async def receive():
            return {"type": "http.request", "body": next(body), "more_body": True}

        async def send(message):
            if message["type"] == "http.response.start":
                asked.append(f"status {message['status']}")

        body = counted()
        scope = {
            "type": "http",
            "method": "POST",
            "path": f"{API}/results/{NOWHERE}/feedback",
            "raw_path": b"",
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"testserver"), (b"content-type", b"application/json")],
        }
        closed.http.portal.call(closed.app, scope, receive, send)

        assert "status 413" == asked.pop()
        assert sum(asked) <= 2 * MOST_JSON_BYTES

    def test_what_people_say_is_json(self, served):
        """Anything else is refused, as elsewhere."""
        where = f"{API}/results/{served.done()['id']}/feedback"

        answers = [
            served.http.post(where, content=content, headers=headers)
            for content, headers in (
                (b'{"label": "natural"}', JSON),
                (b'{"label": "natural"}', {"Content-Type": "text/plain"}),
                (b'{"label": "sunny"}', JSON),
                (b"{", JSON),
                (b"", JSON),
            )
        ]

        assert [201, 415, 422, 422, 422] == [answer.status_code for answer in answers]
        assert "body.label" == answers[2].json()["errors"][0]["place"]


class TestPlaces:
    @pytest.mark.parametrize("sent", SENT_AS)
    @pytest.mark.parametrize(
        ("number", "status", "code"),
        [
            (errno.ENOSPC, 507, "storage_full"),
            (errno.EDQUOT, 507, "storage_full"),
            (errno.EFBIG, 507, "storage_full"),
            (errno.EIO, 503, "storage_unavailable"),
            (errno.EACCES, 503, "storage_unavailable"),
        ],
    )
    def test_a_file_that_cannot_be_made_is_no_defect(
        self, closed, monkeypatch, sent, number, status, code
    ):
        """Nor does it say where it would be."""

        def refuse(*_, **__):
            raise OSError(number, "on purpose", "/secret/place")

        monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
        path, more = SENT_AS[sent]

        answer = closed.http.post(API + path, **more)

        assert (status, code) == (answer.status_code, answer.json()["code"])
        assert "secret" not in answer.text

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
    @pytest.mark.parametrize("sent", SENT_AS)
    def test_a_disk_that_is_full(self, closed, monkeypatch, sent):
        """Also where what is still held cannot even be thrown away."""
        full = functools.partial(open, "/dev/full", "w+b")
        monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: full())
        path, more = SENT_AS[sent]

        answer = closed.http.post(API + path, **more)

        assert (507, "storage_full") == (answer.status_code, answer.json()["code"])

    @pytest.mark.parametrize("sent", SENT_AS)
    def test_large_uploads_lie_in_our_own_folder(self, closed, monkeypatch, sent):
        """The place for temporary files is often memory."""
        real, folders = tempfile.TemporaryFile, set()

        def seen(*places, **named):
            folders.add(named.get("dir") or (places[5:6] or ("elsewhere",))[0])
            return real(*places, **named)

        monkeypatch.setattr(tempfile, "TemporaryFile", seen)
        path, more = SENT_AS[sent]

        assert closed.http.post(API + path, **more).status_code < 500

        assert {str(closed.parts.scratch)} == folders
        assert [] == list(closed.parts.scratch.iterdir())

    def test_what_cannot_be_read_again_is_no_defect(self, closed, monkeypatch):
        """A disk may fail between two looks."""

        def fail(*_):
            raise OSError(errno.EIO, "on purpose")

        monkeypatch.setattr(tempfile.SpooledTemporaryFile, "read", fail)
        for sent, (path, more) in SENT_AS.items():
            answer = closed.http.post(API + path, **more)

            found = (answer.status_code, answer.json()["code"])
            assert (503, "storage_unavailable") == found, sent
