"""Every call, blocking and awaiting alike."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from werkzeug import Response

from fake_service import problem, reply
from studio_detector.client import JobPendingError, RemoteError
from studio_detector.errors import UnreadableError

URLS = tuple(
    f"https://pictures.example/{name}" for name in ("studio", "broken", "natural", "x", "y")
)


class TestAnalysing:
    @pytest.mark.parametrize("kind", ["path", "text", "bytes", "file", "memoryview"])
    def test_a_picture_is_given_in_many_ways(self, client, service, tmp_path, kind):
        """And sent as the form field ``file``, without the name it has here."""
        data = b"\xff\xd8\xff a studio picture"
        path = tmp_path / "Jane Doe.jpg"
        path.write_bytes(data)
        source = {
            "path": path,
            "text": str(path),
            "bytes": data,
            "file": io.BytesIO(data),
            "memoryview": memoryview(data),
        }[kind]

        result = client.analyse(source)

        assert (True, 0.9, "studio") == (result.is_studio, result.confidence, result.label)
        assert hashlib.sha256(data).hexdigest() == result.image_hash
        assert "Jane" not in repr(service.seen)

    def test_an_address_is_for_the_service_to_fetch(self, client, service):
        """Nothing is read here."""
        result = client.analyse("https://pictures.example/natural")

        assert "natural" == result.label
        assert {"image_url": "https://pictures.example/natural"} == service.seen[0][4]

    def test_what_else_is_wished_for_is_sent_along(self, client, service):
        """As JSON with an address, as form fields with a file."""
        wishes = {
            "priority": "high",
            "phases": ["lighting", "frequency"],
            "variant": "strict",
            "callback_url": "https://example.com/hook",
            "subject": "customer 7",
            "near_duplicates": True,
        }

        client.submit("https://pictures.example/studio", **wishes)
        client.submit(b"studio", **wishes)

        as_json, as_form = service.seen[0][4], service.seen[1][4]
        assert {
            "image_url": "https://pictures.example/studio",
            "priority": "high",
            "phases": ["lighting", "frequency"],
            "variant": "strict",
            "callback_url": "https://example.com/hook",
            "subject": "customer 7",
            "options": {"near_duplicates": True},
        } == as_json
        assert {
            "priority": ["high"],
            "phases": ["lighting", "frequency"],
            "variant": ["strict"],
            "callback_url": ["https://example.com/hook"],
            "subject": ["customer 7"],
            "options": ['{"near_duplicates": true}'],
        } == as_form

    def test_a_slow_picture_is_waited_for(self, client):
        """And every change of its job is told."""
        states = []

        result = client.analyse(b"slow natural", progress=lambda job: states.append(job.state))

        assert "natural" == result.label
        assert ["running", "done"] == states

    def test_the_result_says_how_its_job_came_by_it(self, client):
        """A near duplicate's must not pass for the picture's own."""
        result = client.analyse(b"studio")

        assert "analysed" == result.answer
        assert result.id == client.job(result.job_id).result_id
        assert client.result(result.id).answer is None

    def test_a_picture_that_fails_raises_the_code_of_its_job(self, client):
        """As an error of our tree."""
        with pytest.raises(RemoteError, match="copy it again") as caught:
            client.analyse(b"broken")

        assert "corrupt" == caught.value.code
        assert UUID(caught.value.problem["job_id"])

    def test_waiting_ends_when_it_should_and_the_job_goes_on(self, client):
        """The error names the job."""
        with pytest.raises(JobPendingError, match="it goes on") as caught:
            client.analyse(b"never", wait_s=0.05)

        assert "queued" == caught.value.job.state
        assert caught.value.job.id == client.job(caught.value.job.id).id

    def test_no_patience_asks_once(self, client, service):
        """With ``wait_s=0``."""
        with pytest.raises(JobPendingError):
            client.analyse(b"studio", wait_s=0)

        assert 1 == len(service.seen)

    def test_a_file_that_cannot_be_read_never_leaves(self, client, service, tmp_path):
        """The error is that of the library."""
        for source, code in ((tmp_path / "nowhere.jpg", "not_found"), (tmp_path, "not_a_file")):
            with pytest.raises(UnreadableError) as caught:
                client.analyse(source)
            assert code == caught.value.code
        assert [] == service.seen


class TestJobs:
    def test_what_the_service_knows_already_is_a_job_that_is_done(self, client):
        """Though it answers with the result at once."""
        first = client.analyse(b"studio", idempotency_key="mine")

        job = client.submit(b"studio", idempotency_key="mine")

        assert (first.job_id, "done") == (job.id, job.state)
        assert first.id == job.result.id == job.result_id

    def test_submitting_does_not_wait(self, client):
        """The job is looked at later."""
        job = client.submit(b"studio")
        assert "queued" == job.state
        assert not job.is_over

        job = client.job(job.id)

        assert ("done", "analysed") == (job.state, job.answer)
        assert job.result.id == job.result_id

    def test_waiting_for_a_job_tells_its_way(self, client):
        """First as it is, then each change."""
        states = []
        job = client.submit(b"slow studio")

        job = client.wait(job.id, progress=lambda seen: states.append(seen.state))

        assert "done" == job.state
        assert ["running", "done"] == states

    def test_waiting_for_a_dead_job_is_no_error(self, client):
        """It is over; why, the job says."""
        job = client.wait(client.submit(b"broken").id)

        assert ("dead", "corrupt") == (job.state, job.error_code)
        assert "copy it again" in job.error_message

    def test_the_service_is_asked_to_wait_itself(self, client, service):
        """By ``Prefer: wait`` (RFC 7240), which others ignore."""
        client.job(client.submit(b"studio").id, wait_s=7)

        assert "wait=7" == service.seen[-1][2]["Prefer"]

    def test_dead_jobs_are_retried_and_others_are_not(self, client):
        """As the service says."""
        dead = client.wait(client.submit(b"broken").id)

        assert "queued" == client.retry(dead.id).state
        done = client.wait(client.submit(b"studio").id)
        with pytest.raises(RemoteError, match="retry dead ones") as caught:
            client.retry(done.id)
        assert ("state_conflict", 409) == (caught.value.code, caught.value.status)

    def test_a_job_is_cancelled(self, client):
        """There is nothing to say about it."""
        job = client.submit(b"never")

        assert client.cancel(job.id) is None

        assert "cancelled" == client.job(job.id).state

    @pytest.mark.parametrize(("wish", "sent"), [({}, "false"), ({"erase": True}, "true")])
    def test_one_that_is_over_is_erased_only_on_request(self, client, service, wish, sent):
        """It may have come to its end a moment ago, and its result is wanted."""
        job = client.submit(b"never")

        client.cancel(job.id, **wish)

        method, _, _, query, _ = service.seen[-1]
        assert ("DELETE", {"erase": sent}) == (method, query)

    def test_jobs_are_listed_page_after_page(self, client, service):
        """No earlier than needed."""
        ids = [client.submit(str(n).encode()).id for n in range(8)]
        service.seen.clear()

        listed = client.jobs(state="queued")
        assert [] == service.seen
        assert ids == [job.id for job in listed]
        assert [
            {"state": "queued"},
            {"state": "queued", "cursor": "3"},
            {"state": "queued", "cursor": "6"},
        ] == [seen[3] for seen in service.seen]


class TestResults:
    def test_results_are_listed_with_filters(self, client, service):
        """In the form of the query."""
        for n in range(5):
            client.analyse(f"studio {n}".encode())
        service.seen.clear()

        listed = list(
            client.results(
                is_studio=True,
                confidence_min=0.5,
                created_after=datetime(2026, 1, 2, tzinfo=UTC),
                limit=4,
            )
        )

        assert 5 == len({result.id for result in listed})
        assert {
            "is_studio": "true",
            "confidence_min": "0.5",
            "created_after": "2026-01-02T00:00:00+00:00",
            "limit": "4",
        } == service.seen[0][3]

    def test_a_list_is_left_early_at_no_cost(self, client):
        """Connections do not leak."""
        for n in range(5):
            client.analyse(f"studio {n}".encode())

        assert "studio" == next(iter(client.results())).label

    def test_everything_about_a_result(self, client):
        """Itself, its page, its overlays, its feedback, its like."""
        result, other = client.analyse(b"studio"), client.analyse(b"natural")

        assert client.result(result.id).raw.items() <= result.raw.items()
        assert "it is studio" in client.report(result.id)
        assert b"\x89PNGshadow.png" == client.overlay(result.id, "shadow")
        feedback = client.feedback(result.id, "natural", note="a window")
        assert (result.id, "natural", "a window") == (
            feedback.result_id,
            feedback.label,
            feedback.note,
        )
        assert [(0, other.id)] == [
            (found.distance_bits, found.result.id) for found in client.similar(result.image_hash)
        ]
        with pytest.raises(RemoteError) as caught:
            client.result(UUID(int=1))
        assert "result_unknown" == caught.value.code

    def test_everything_the_service_said_can_be_had(self, client):
        """Also what this version does not know."""
        result = client.analyse(b"studio")

        assert 3.25 == result.raw["phase1_results"]["shadow"]["values"]["softness_px"]
        assert "raw" not in repr(result)


class TestTheServiceItself:
    def test_models_and_versions_are_as_it_tells_them(self, client):
        """Plain data."""
        assert ["default"] == client.models()["variants"]
        assert "0.1.0" == client.version()["version"]

    def test_health_is_an_answer_whatever_it_is(self, client, service):
        """Asked once, outside of the API."""
        health = client.health()
        assert (True, True, True) == (health.is_live, health.is_started, health.is_ready)
        assert ["/livez", "/startupz", "/readyz"] == [seen[1] for seen in service.seen]

        not_ready = reply({"status": "not ready", "parts": {"store": "away"}}, 503)
        service.answers += [reply({}), reply({}), not_ready]
        health = client.health()

        assert (True, False) == (health.is_live, health.is_ready)
        assert {"store": "away"} == health.raw["parts"]

    def test_keys_and_names_are_sent(self, connect, service):
        """The key in the customary header."""
        connect(service.url, api_key="sk_studio_1").version()

        headers = service.seen[0][2]
        assert "Bearer sk_studio_1" == headers["Authorization"]
        assert headers["User-Agent"].startswith("studio-detector/")

    @pytest.mark.parametrize("end", ["", "/", "/api/v1", "/api/v1/"])
    def test_the_address_may_end_in_several_ways(self, connect, service, end):
        """With the path of the API and without."""
        connect(service.url + end).version()

        assert "/api/v1/version" == service.seen[0][1]


class TestErrors:
    def test_a_problem_document_is_kept_whole(self, client, service):
        """Code, status, words and what else there is."""
        said = {"code": "limit_pixels", "detail": "it is too large; send less", "limit": 7}
        service.answers.append(reply(said, 413))

        with pytest.raises(RemoteError, match="send less") as caught:
            client.analyse(b"studio")

        error = caught.value
        assert ("limit_pixels", 413, said) == (error.code, error.status, error.problem)
        copy = pickle.loads(pickle.dumps(error))
        assert (error.message, error.code, error.status, error.problem) == (
            copy.message,
            copy.code,
            copy.status,
            copy.problem,
        )

    @pytest.mark.parametrize(
        ("status", "code"),
        [(400, "request_invalid"), (404, "route_unknown"), (500, "service_unreachable")],
    )
    def test_a_code_of_a_newer_service_is_kept_beside_one_we_know(
        self, client, service, status, code
    ):
        """Programs can act on either."""
        service.answers.append(problem("code_of_tomorrow", status, "it says no"))

        with pytest.raises(RemoteError, match="it says no") as caught:
            client.version()

        assert code == caught.value.code
        assert "code_of_tomorrow" == caught.value.problem["code"]

    @pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"x"', b"<html>", b"\xff\xfe", b"{}"])
    def test_an_answer_of_something_else_is_said_to_be_one(self, client, service, body):
        """Another program may listen there."""
        service.answers.append(Response(body, 200))

        with pytest.raises(RemoteError, match="check that base_url") as caught:
            client.result(UUID(int=1))

        assert "service_unreachable" == caught.value.code

    def test_a_failed_job_can_be_pickled(self, client):
        """For pools of processes."""
        with pytest.raises(JobPendingError) as caught:
            client.analyse(b"never", wait_s=0)

        copy = pickle.loads(pickle.dumps(caught.value))
        assert caught.value.job == copy.job


class TestBatches:
    def test_addresses_and_archives_are_handed_in(self, client, service, tmp_path):
        """Any iterable of addresses; an archive is sent from the disk."""
        archive = tmp_path / "pictures.zip"
        archive.write_text("a.jpg b.jpg c.jpg")

        one = client.batch((url for url in URLS), priority="high")
        other = client.batch(archive, priority="high")

        assert (5, 3) == (one.total, other.total)
        assert {"image_urls": list(URLS), "priority": "high"} == service.seen[0][4]
        assert {"priority": "high"} == service.seen[1][3]

    @pytest.mark.parametrize(
        "private", [{"subject": "model 7"}, {"callback_url": "https://ours.example/done?for=7"}]
    )
    def test_what_is_private_is_not_in_the_address_of_an_archive(
        self, client, service, tmp_path, private
    ):
        """Proxies and logs write addresses down."""
        archive = tmp_path / "pictures.zip"
        archive.write_text("a.jpg")

        client.batch(archive, **private)

        assert {} == service.seen[0][3]
        assert {name: [value] for name, value in private.items()} == service.seen[0][4]

    @pytest.mark.parametrize("events", [True, False])
    def test_progress_is_told_until_it_is_over(self, client, service, events):
        """By events, or by asking where there are none."""
        service.events = events
        batch = client.batch(URLS)

        seen = list(client.batch_progress(batch.id))

        finished = [batch.finished for batch in seen]
        assert sorted(set(finished)) == finished
        assert 5 == finished[-1]
        assert [False] * (len(seen) - 1) + [True] == [batch.is_over for batch in seen]
        assert {"done": 4, "dead": 1} == seen[-1].counts

    def test_progress_of_a_finished_batch_is_told_once(self, client):
        """So that a loop over it ends."""
        batch = client.batch(URLS)
        list(client.batch_progress(batch.id))

        assert [True] == [batch.is_over for batch in client.batch_progress(batch.id)]

    def test_progress_is_left_early_at_no_cost(self, client):
        """The stream is closed."""
        batch = client.batch(URLS)

        assert batch.id == next(iter(client.batch_progress(batch.id))).id

    def test_events_that_break_off_are_no_loss(self, client, service):
        """The service is asked how far it is, and told again."""
        batch = client.batch(URLS)
        state = json.dumps({**batch.raw, "counts": {"queued": 5}})

        def breaks(request):
            return Response(
                [f"data: {state}\n\ndata: half".encode()],
                headers={"Content-Length": "100000"},
                content_type="text/event-stream",
            )

        service.answers += [reply(batch.raw), breaks]

        assert list(client.batch_progress(batch.id))[-1].is_over

    def test_rows_come_in_order_with_results_and_errors(self, client):
        """One for each photo."""
        batch = client.batch(URLS)
        list(client.batch_progress(batch.id))

        rows = list(client.batch_results(batch.id))

        assert list(URLS) == [row.name for row in rows]
        assert [0, 1, 2, 3, 4] == [row.position for row in rows]
        assert ["studio", None, "natural", "studio", "studio"] == [
            row.result and row.result.label for row in rows
        ]
        assert ("dead", "corrupt") == (rows[1].state, rows[1].error_code)

    def test_rows_that_break_off_go_on_where_they_stopped(self, client, service):
        """None twice, none missing, and a line separator of Unicode is no end of a line."""
        batch = client.batch([*URLS, "https://pictures.example/\u2028\x85 odd"])
        list(client.batch_progress(batch.id))
        whole = service._rows(None, None, str(batch.id)).get_data()

        def cut(end):
            return Response(
                [whole[:end]],
                headers={"Content-Length": str(len(whole))},
                content_type="application/x-ndjson",
            )

        at = whole.index(b"\n")
        service.answers += [cut(at // 2), cut(at + 10), cut(2 * at), cut(len(whole) - 3)]

        rows = list(client.batch_results(batch.id))

        assert [0, 1, 2, 3, 4, 5] == [row.position for row in rows]
        assert "https://pictures.example/\u2028\x85 odd" == rows[5].name

    def test_rows_that_always_break_off_are_an_error_in_the_end(self, client, service):
        """Not an endless loop, and not a short list."""
        batch = client.batch(URLS)
        service.answers += [Response([b"{"], headers={"Content-Length": "100"}) for _ in range(10)]

        with pytest.raises(RemoteError) as caught:
            list(client.batch_results(batch.id))

        assert "service_unreachable" == caught.value.code


def test_paths_of_archives_are_not_taken_for_addresses(client, tmp_path):
    """A text is a path there, since one address is no batch."""
    (tmp_path / "a.zip").write_text("a.jpg")

    assert 1 == client.batch(str(tmp_path / "a.zip")).total
    with pytest.raises(UnreadableError):
        client.batch(Path("nowhere.zip"))
