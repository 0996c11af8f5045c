"""What an audit from outside found: every body is bounded, HEAD answers, no page asks others."""

from __future__ import annotations

import uuid

import pytest


def test_feedback_of_any_length_is_not_read_into_memory(idle):
    """Bounded like every other body, whatever the result."""
    answer = idle.http.post(
        f"/api/v1/results/{uuid.uuid4()}/feedback",
        content=b'{"label": "studio", "note": "' + b"x" * 1_000_000 + b'"}',
        headers={"Content-Type": "application/json"},
    )

    assert (413, "limit_file_size") == (answer.status_code, answer.json()["code"])


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/api/v1/version", "/api/v1/jobs"])
def test_head_answers_where_get_does(idle, path):
    """With the same headers and no body (RFC 9110, 9.3.2)."""
    got, headed = idle.http.request("GET", path), idle.http.request("HEAD", path)

    assert got.status_code == headed.status_code
    assert b"" == headed.content
    assert got.headers["content-length"] == headed.headers["content-length"]


def test_no_page_loads_scripts_from_another_host(idle):
    """Not even the one that shows the OpenAPI document."""
    assert 404 == idle.http.request("GET", "/docs").status_code
    assert "openapi" in idle.http.request("GET", "/openapi.json").json()
