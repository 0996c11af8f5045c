"""What was said about a result, over HTTP."""

from __future__ import annotations

from api_service import API, NOWHERE


def test_what_was_said_is_listed(served):
    """As it was answered when it was said, the newest first."""
    where = f"/results/{served.done()['id']}/feedback"
    assert {"items": []} == served.get(where).json()

    said = [
        served.http.post(API + where, json={"label": label, "note": note}).json()
        for label, note in (("natural", "a window"), ("uncertain", None))
    ]

    assert {"items": said[::-1]} == served.get(where).json()
    assert {"items": said[1:]} == served.get(where, params={"limit": 1}).json()


def test_of_a_result_that_is_not_there_nothing_is_listed(closed):
    """That there is no such result is another answer than an empty list."""
    answer = closed.get(f"/results/{NOWHERE}/feedback")

    assert (404, "result_unknown") == (answer.status_code, answer.json()["code"])
