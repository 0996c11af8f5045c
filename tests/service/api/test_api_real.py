"""The app with everything real: children that decode, measure and draw."""

from __future__ import annotations

import re

import pytest

import api_service
import kept_pictures
from api_service import API

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def http(tmp_path_factory):
    """A client of an embedded service."""
    with api_service.real_client(tmp_path_factory.mktemp("real")) as client:
        yield client


def posted(http, data):
    return http.post(
        f"{API}/analyse?wait=60", content=data, headers={"Content-Type": "application/octet-stream"}
    )


def test_what_is_drawn_needs_nothing_from_elsewhere(http):
    """The page holds its pictures, and each overlay that is listed can be had."""
    result = posted(http, kept_pictures.file(1)).json()
    where = f"{API}/results/{result['id']}"

    page = http.get(f"{where}/report")
    overlays = http.get(f"{where}/overlays").json()["items"]

    assert 200 == page.status_code
    assert all(found.startswith("data:") for found in re.findall(r'src="([^"]*)"', page.text))
    assert "<script" not in page.text
    assert len(overlays) > 3
    for overlay in overlays:
        png = http.get(overlay["href"])
        assert png.content.startswith(b"\x89PNG"), overlay
    assert 304 == http.get(f"{where}/report", headers={"If-None-Match": "*"}).status_code


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(100), 422, "corrupt"),
        (kept_pictures.file(2)[:-200], 422, "truncated"),
        (b"text", 415, "unsupported_format"),
        (b"", 422, "empty"),
    ],
)
def test_what_cannot_be_analysed_has_its_code(http, data, status, code):
    """The same as on the command line."""
    answer = posted(http, data)

    assert (status, code) == (answer.status_code, answer.json()["code"])


def test_the_same_picture_many_times_at_once_is_analysed_once(http):
    """All get the same result."""
    from concurrent.futures import ThreadPoolExecutor

    data = kept_pictures.file(3)
    with ThreadPoolExecutor(20) as threads:
        answers = [each.json() for each in threads.map(lambda _: posted(http, data), range(40))]

    assert 1 == len({answer["id"] for answer in answers})
    assert 1 == sum(answer["answer"] == "analysed" for answer in answers)
    assert 40 == len({answer["job_id"] for answer in answers})


def test_everything_about_itself_is_told(http):
    """Models, variants, queues, versions."""
    (model,) = http.get(f"{API}/models").json()["models"]
    (variant,) = http.get(f"{API}/variants").json()["items"]

    assert model["identity"] == variant["model"]
    assert ["default"] == model["variants"]
    assert 0 == http.get(f"{API}/queues").json()["backlog"]
    assert "v1" == http.get(f"{API}/version").json()["api"]
    assert {"ok"} == set(http.get("/readyz").json()["parts"].values())
