"""Jobs over HTTP: looked at, waited for, followed, listed, tried again, called off."""

from __future__ import annotations

import json
import threading
import time

from api_service import API, NOWHERE
from studio_detector.client.lines import Events


def _states(answer):
    """The states that events tell of."""
    return [json.loads(data)["state"] for data in Events().take(answer.content)]


class TestLooking:
    def test_a_done_job_brings_its_result(self, served):
        """So that nobody has to ask twice."""
        result = served.done()

        job = served.get(f"/jobs/{result['job_id']}").json()

        assert ("done", result["id"]) == (job["state"], job["result"]["id"])
        assert job["created_at"] <= job["started_at"] <= job["finished_at"]

    def test_waiting_ends_with_the_job(self, serve):
        """Long before the time is up."""
        with serve() as service:
            job = service.post("slow 1").json()
            threading.Timer(0.3, service.parts.children.gate.set).start()
            begun = time.monotonic()

            answer = service.get(f"/jobs/{job['id']}", headers={"Prefer": "wait=30"})

            assert ("done", "wait=30") == (
                answer.json()["state"],
                answer.headers["preference-applied"],
            )
            assert time.monotonic() - begun < 15

    def test_a_dead_job_says_why(self, served):
        """It is no problem to look at one."""
        job = served.post("corrupt 1").json()

        answer = served.get(f"/jobs/{job['id']}", params={"wait": 30})

        assert (200, "dead", "corrupt") == (
            answer.status_code,
            answer.json()["state"],
            answer.json()["error"]["code"],
        )

    def test_what_is_not_there_is_said(self, idle):
        """By every route that names a job."""
        for method, path in (
            ("GET", ""),
            ("GET", "/events"),
            ("POST", "/retry"),
            ("DELETE", ""),
        ):
            answer = idle.http.request(method, f"{API}/jobs/{NOWHERE}{path}")

            assert (404, "job_unknown") == (answer.status_code, answer.json()["code"])


class TestFollowing:
    def test_events_tell_until_the_end(self, served):
        """The last one is the end."""
        job = served.post("slow 1").json()
        threading.Timer(0.5, served.parts.children.gate.set).start()

        answer = served.get(f"/jobs/{job['id']}/events")

        states = _states(answer)
        assert "text/event-stream; charset=utf-8" == answer.headers["content-type"]
        assert "no-store" == answer.headers["cache-control"]
        assert "done" == states[-1]
        assert {"queued", "running", "done"} >= set(states)
        assert len(states) >= 2

    def test_of_a_job_that_is_over_there_is_one_event(self, served):
        """Which says so."""
        result = served.done()

        assert ["done"] == _states(served.get(f"/jobs/{result['job_id']}/events"))

    def test_events_end_when_the_service_does(self, idle):
        """Though the job is not over."""
        job = idle.post().json()
        threading.Timer(0.3, idle.parts.draining.set).start()

        assert ["queued"] == _states(idle.get(f"/jobs/{job['id']}/events"))


class TestLists:
    def test_pages_join_without_gap_or_overlap(self, idle):
        """The newest first."""
        ids = [idle.post(f"good {n}").json()["id"] for n in range(7)]

        seen, cursor = [], None
        while True:
            page = idle.get("/jobs", params={"limit": 3, **({"cursor": cursor} if cursor else {})})
            seen += [job["id"] for job in page.json()["items"]]
            cursor = page.json()["cursor"]
            if cursor is None:
                break

        assert ids[::-1] == seen

    def test_a_state_is_chosen(self, served):
        """Only jobs in it come."""
        dead = served.post("corrupt 1").json()["id"]
        served.get(f"/jobs/{dead}", params={"wait": 30})
        served.done()

        assert [dead] == [job["id"] for job in served.get("/jobs?state=dead").json()["items"]]

    def test_queries_that_do_not_fit_are_refused(self, idle):
        """Cursors of others, and names that do not exist."""
        for query in (
            "cursor=abc",
            "state=lost",
            "limit=0",
            "limit=501",
            "stat=dead",
            "batch_id=x",
        ):
            answer = idle.get(f"/jobs?{query}")

            assert (422, "request_invalid") == (answer.status_code, answer.json()["code"]), query


class TestEnding:
    def test_a_dead_job_is_tried_again(self, served):
        """Now the picture is well."""
        job = served.post("corrupt 1").json()["id"]
        served.get(f"/jobs/{job}", params={"wait": 30})

        answer = served.http.post(f"{API}/jobs/{job}/retry")

        assert (200, "queued", 0) == (
            answer.status_code,
            answer.json()["state"],
            answer.json()["attempts"],
        )
        again = served.get(f"/jobs/{job}", params={"wait": 30}).json()
        assert ("dead", 1) == (again["state"], again["attempts"])

    def test_only_what_failed_is_tried_again(self, served):
        """A done job keeps its result."""
        job = served.done()["job_id"]

        answer = served.http.post(f"{API}/jobs/{job}/retry")

        assert (409, "state_conflict") == (answer.status_code, answer.json()["code"])

    def test_a_waiting_job_is_called_off_and_then_deleted(self, idle):
        """First cancelled, then gone."""
        job = idle.post().json()["id"]

        assert 204 == idle.http.delete(f"{API}/jobs/{job}").status_code
        assert "cancelled" == idle.get(f"/jobs/{job}").json()["state"]
        assert 204 == idle.http.delete(f"{API}/jobs/{job}").status_code
        assert 404 == idle.get(f"/jobs/{job}").status_code

    def test_calling_off_alone_leaves_what_it_called_off(self, idle):
        """However often it is asked for."""
        job = idle.post().json()["id"]

        for _ in range(2):
            assert 204 == idle.http.delete(f"{API}/jobs/{job}?erase=false").status_code
            assert "cancelled" == idle.get(f"/jobs/{job}").json()["state"]

    def test_calling_off_alone_erases_nothing_that_is_done(self, served):
        """Whoever calls many off is overtaken by some of them."""
        result = served.done()

        answer = served.http.delete(f"{API}/jobs/{result['job_id']}?erase=false")

        assert 204 == answer.status_code
        assert "done" == served.get(f"/jobs/{result['job_id']}").json()["state"]
        assert 200 == served.get(f"/results/{result['id']}").status_code

    def test_who_waits_learns_that_a_job_was_called_off(self, idle):
        """At once, as a problem."""
        answers = []
        waiter = threading.Thread(
            target=lambda: answers.append(idle.post(params={"wait": 30})), daemon=True
        )
        waiter.start()
        while not (jobs := idle.get("/jobs").json()["items"]):
            time.sleep(0.01)

        idle.http.delete(f"{API}/jobs/{jobs[0]['id']}")
        waiter.join(15)

        assert (409, "cancelled") == (answers[0].status_code, answers[0].json()["code"])

    def test_a_result_goes_with_the_last_job_that_refers_to_it(self, served):
        """What another job of the same picture refers to stays."""
        result = served.done()
        again = served.done()
        assert again["id"] == result["id"]

        assert 204 == served.http.delete(f"{API}/jobs/{result['job_id']}").status_code
        assert 200 == served.get(f"/results/{result['id']}").status_code

        assert 204 == served.http.delete(f"{API}/jobs/{again['job_id']}").status_code
        assert 404 == served.get(f"/results/{result['id']}").status_code
        assert 404 == served.http.delete(f"{API}/jobs/{again['job_id']}").status_code
