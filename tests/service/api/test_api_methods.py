"""HEAD: whatever can be fetched can be asked for without its body (RFC 9110, 9.3.2)."""

from __future__ import annotations

import threading

import pytest

from api_service import API, NOWHERE


@pytest.fixture
def known(served):
    """A service with a result and a batch, and the names of what it has."""
    result = served.done("good 1", subject="somebody")
    sent = {"image_urls": ["https://example.com/a"]}
    batch = served.http.post(f"{API}/batches", json=sent).json()["id"]
    served.get(f"/batches/{batch}/events")
    return served, {
        "job_id": result["job_id"],
        "result_id": result["id"],
        "batch_id": batch,
        "name": "backdrop",
        "a": "default",
        "b": "default",
        "image_hash": result["image_hash"],
        "tag": "somebody",
    }


def length(answer):
    return answer.headers.get("content-length")


def test_every_address_that_can_be_fetched(known):
    """The same status and headers, and no body."""
    service, names = known
    document = service.app.openapi()
    paths = [path for path, operations in document["paths"].items() if "get" in operations]
    assert len(paths) > 15
    for path in ("/openapi.json", *paths):
        where = path.format(**names)
        if path.endswith("/similar"):
            where += f"?image_hash={names['image_hash']}"

        full, head = service.http.get(where), service.http.head(where)
        while where.endswith("/audit") and length(full) != length(head):
            # What is noted meanwhile is written now and then, and may be between the two.
            full, head = service.http.get(where), service.http.head(where)

        assert (200, 200) == (full.status_code, head.status_code), where
        assert b"" == head.content
        assert full.headers["content-type"] == head.headers["content-type"]
        assert full.headers.get("etag") == head.headers.get("etag")
        assert length(full) == length(head), where


def test_what_follows_is_not_followed(idle):
    """Events without end would never answer."""
    job = idle.post().json()["id"]
    answers = []

    thread = threading.Thread(
        target=lambda: answers.append(idle.http.head(f"{API}/jobs/{job}/events")), daemon=True
    )
    thread.start()
    thread.join(10)

    assert [200] == [answer.status_code for answer in answers]
    assert answers[0].headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{API}/jobs/{NOWHERE}", 404),
        (f"{API}/jobs/seven", 422),
        ("/nothing", 404),
        (f"{API}/analyse", 405),
    ],
)
def test_problems_have_no_body_either(closed, path, status):
    """But their status."""
    answer = closed.http.head(path)

    assert (status, b"") == (answer.status_code, answer.content)


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        (f"{API}/analyse", {"POST"}),
        (f"{API}/jobs/{NOWHERE}", {"GET", "HEAD", "DELETE"}),
        ("/livez", {"GET", "HEAD"}),
        ("/openapi.json", {"GET", "HEAD"}),
    ],
)
def test_the_methods_of_an_address_are_listed(closed, path, methods):
    """All of them, though each has a route of its own."""
    answer = closed.http.put(path)

    assert 405 == answer.status_code
    assert methods == set(answer.headers["allow"].split(", "))
