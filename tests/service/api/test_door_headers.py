"""Headers of every answer, good and bad: what a browser may do with it."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

import api_service
from api_service import API, NOWHERE
from door_examples import ask
from studio_detector.reporting.page.environment import page_style, render


class Names(dict):
    """What has no name here is named by nothing."""

    def __missing__(self, _):
        return NOWHERE


STRICT = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}
NOTHING = "default-src 'none'; frame-ancestors 'none'"


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """An app with a result, a batch, and their names."""
    folder = tmp_path_factory.mktemp("full")
    with api_service.service(folder, keep_pictures_s=86_400) as service:
        result = service.done("good 1")
        batch = service.http.post(
            f"{API}/batches", json={"image_urls": ["https://example.com/a"]}
        ).json()["id"]
        service.get(f"/batches/{batch}/events")
        yield (
            service,
            {
                "job_id": result["job_id"],
                "result_id": result["id"],
                "batch_id": batch,
                "name": "backdrop",
                "a": "default",
                "b": "default",
            },
        )


def test_every_answer_has_them(full):
    """Of every address that can be fetched, found or not."""
    service, names = full
    document = service.app.openapi()["paths"]
    paths = [path for path, found in document.items() if "get" in found]
    filled = [path.format_map(Names(names)) for path in paths]
    for path in ("/openapi.json", "/nothing", f"{API}/jobs/{NOWHERE}", *filled):
        answer = service.http.get(path)

        assert STRICT.items() <= dict(answer.headers).items(), path
        assert "cache-control" in answer.headers, path
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        if not path.endswith("/report"):
            assert NOTHING == policy, path


def test_what_belongs_to_somebody_is_kept_by_no_cache(full):
    """What has a tag may be kept by who fetched it, and is asked for each time."""
    service, names = full
    kept = f"{API}/results/{names['result_id']}"
    for path, expected in (
        (f"{API}/jobs", "no-store"),
        (f"{API}/jobs/{names['job_id']}", "no-store"),
        (f"{API}/batches/{names['batch_id']}/results", "no-store"),
        (f"{API}/jobs/{names['job_id']}/events", "no-store"),
        (kept, "private, no-cache"),
        (f"{kept}/report", "private, no-cache"),
        (f"{kept}/overlays/backdrop.png", "private, no-cache"),
    ):
        assert expected == service.http.get(path).headers["cache-control"], path


def test_refusals_and_defects_have_them(closed, monkeypatch):
    """They are answered further out."""

    def broken(*_):
        raise ZeroDivisionError

    refused = ask(closed, "GET", f"{API}/jobs", headers={"host": "evil.example"})
    monkeypatch.setattr(closed.parts.store.jobs, "find", broken)
    defect = closed.http.get(f"{API}/jobs")

    assert (403, 500) == (refused.status, defect.status_code)
    assert STRICT.items() <= refused.headers.items()
    assert STRICT.items() <= dict(defect.headers).items()


def test_what_is_exported_is_a_file_to_be_kept(full):
    """Under a name of ours, and shown by no browser."""
    service, names = full
    for kind in ("jsonl", "csv", "parquet"):
        answer = service.http.get(f"{API}/batches/{names['batch_id']}/results?format={kind}")

        expected = f'attachment; filename="batch-{names["batch_id"]}.{kind}"'
        assert expected == answer.headers["content-disposition"]


def test_a_page_has_our_style_alone(full):
    """By its digest: what else stands in a page is not obeyed."""
    service, names = full
    policy = service.http.get(f"{API}/results/{names['result_id']}/report").headers[
        "content-security-policy"
    ]
    digest = base64.b64encode(hashlib.sha256(page_style().encode()).digest()).decode()

    assert f"style-src 'sha256-{digest}';" in policy
    assert "script" not in policy
    assert "'unsafe-inline'" not in policy.replace("style-src-attr 'unsafe-inline'", "")
    assert "sandbox" in policy


def test_the_style_is_the_one_that_pages_have():
    """To the byte, or no browser would show it."""
    page = render("base.html.j2")

    assert [page_style()] == re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
