"""No address gives an uploaded file back, whole or in parts; by real children, over every route."""

from __future__ import annotations

import zlib

import pytest

import api_service
from api_service import API
from polyglots import MARKER, POLYGLOTS

pytestmark = pytest.mark.slow

# All that the document says answers are made of; of pictures, only what is drawn.
_KINDS = {
    "application/json",
    "application/problem+json",
    "application/vnd.apache.parquet",
    "application/x-ndjson",
    "text/csv",
    "text/event-stream",
}
_DRAWN = {
    ("get", f"{API}/results/{{result_id}}/overlays/{{name}}.png"): "image/png",
    ("post", f"{API}/results/{{result_id}}/overlays/{{name}}.png"): "image/png",
    ("get", f"{API}/results/{{result_id}}/thumbnail.jpg"): "image/jpeg",
    ("get", f"{API}/results/{{result_id}}/report"): "text/html",
    ("post", f"{API}/results/{{result_id}}/report"): "text/html",
}
NAMES = list(POLYGLOTS)


@pytest.fixture(scope="module")
def http(tmp_path_factory):
    """A client of an embedded service that keeps pictures."""
    with api_service.real_client(tmp_path_factory.mktemp("no_way_back")) as client:
        yield client


@pytest.fixture(scope="module")
def known(http):
    """Names of what was made of all of them: of every result, job and batch."""
    found = []
    for name, data in POLYGLOTS.items():
        body = {"content": data, "headers": {"Content-Type": "application/octet-stream"}}
        job = http.post(f"{API}/analyse?subject=somebody", **body).json()
        done = http.get(f"{API}/jobs/{job['id']}?wait=60").json()
        assert done["result_id"], (name, done)
        found.append(done)
    return found


def kinds(document):
    """Every media type of an answer, by method and address."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for answer in operation["responses"].values():
                for kind in answer.get("content", {}):
                    yield (method, path), kind.partition(";")[0]


def test_the_document_knows_of_no_picture_but_overlays(http):
    """Every other answer is text or a table."""
    document = http.get("/openapi.json").json()
    found = set(kinds(document))

    assert set(_DRAWN.items()) <= found
    assert {kind for where, kind in found if (where, kind) not in _DRAWN.items()} <= _KINDS


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_the_file_comes_back(http, known, name):
    """From any address that can be asked, with the names of what was made of it."""
    data, done = POLYGLOTS[name], known[NAMES.index(name)]
    names = {
        "result_id": done["result_id"],
        "job_id": done["id"],
        "batch_id": done["batch_id"] or done["id"],
        "a": "default",
        "b": "default",
        "tag": "somebody",
    }
    paths = [
        path
        for path, methods in http.get("/openapi.json").json()["paths"].items()
        if "get" in methods
    ]
    overlays = http.get(f"{API}/results/{done['result_id']}/overlays").json()["items"]
    addresses = [path.format(name="backdrop", **names) for path in paths]
    addresses += [overlay["href"] for overlay in overlays]
    answers = {address: http.get(address) for address in addresses}
    for way in ("overlays/backdrop.png", "report"):
        address = f"{API}/results/{done['result_id']}/{way}"
        sent = http.post(address, content=data, headers={"Content-Type": "image/jpeg"})
        assert 200 == sent.status_code, sent.text
        answers[f"POST {address}"] = sent

    for way in ("report", "overlays/backdrop.png", "thumbnail.jpg", "explanation"):
        assert 200 == answers[f"{API}/results/{done['result_id']}/{way}"].status_code, way
    pieces = [data[at : at + 64] for at in range(0, len(data) - 64, 64)]
    for address, answer in answers.items():
        assert MARKER not in answer.content, address
        assert b"PK\x03\x04" not in answer.content, address
        # Long runs of one colour are like any others.
        found = [p for p in pieces if p in answer.content and len(zlib.compress(p)) > 48]
        assert [] == found, address
        assert "nosniff" == answer.headers["X-Content-Type-Options"], address
