"""``POST /analyse``: every form of a picture, waiting, idempotency, refusals."""

from __future__ import annotations

import hashlib
import json
import threading
import time

import pytest

from api_service import API, picture

URL = "https://example.com/a.png"


class TestForms:
    def test_a_raw_body_is_a_picture(self, served):
        """Answered with a job and its address."""
        answer = served.post()

        job = answer.json()
        assert 202 == answer.status_code
        assert f"{API}/jobs/{job['id']}" == answer.headers["location"]
        assert hashlib.sha256(picture()).hexdigest() == job["image_hash"]
        assert int(answer.headers["content-length"]) == len(answer.content)

    def test_octets_are_a_picture_too(self, served):
        """Since many clients know no better name."""
        answer = served.post(headers={"Content-Type": "application/octet-stream"})

        assert 202 == answer.status_code

    def test_a_form_has_a_picture_and_wishes(self, idle):
        """Phases may be named several times; details bring all phases."""
        answer = idle.http.post(
            f"{API}/analyse",
            files={"file": ("a", picture())},
            data={
                "priority": "high",
                "phases": ["lighting", "frequency"],
                "options": json.dumps({"near_duplicates": True}),
            },
        )

        job = answer.json()
        assert ("high", "all", True) == (job["priority"], job["phases"], job["near_duplicates"])

    def test_an_address_is_fetched(self, serve):
        """And the picture analysed like any other."""
        with serve(pictures={URL: picture("good 5")}) as service:
            answer = service.http.post(
                f"{API}/analyse",
                params={"wait": 30},
                json={"image_url": URL, "priority": "high", "phases": ["lighting", "frequency"]},
            )

            assert 200 == answer.status_code
            assert hashlib.sha256(picture("good 5")).hexdigest() == answer.json()["image_hash"]
            assert "all" == answer.json()["phases"]

    @pytest.mark.parametrize(
        ("sent", "policy"),
        [
            ("auto", "auto"),
            ("all", "all"),
            ("lighting", "lighting"),
            ("frequency", "all"),
            (["lighting"], "lighting"),
            (["detail"], "all"),
            (["frequency", "lighting"], "all"),
            (["lighting", "detail"], "all"),
            (["auto"], "auto"),
        ],
    )
    def test_phases_have_several_names(self, serve, sent, policy):
        """Names of phases and words for policies."""
        with serve(works=False, pictures={URL: b""}) as idle:
            answer = idle.http.post(f"{API}/analyse", json={"image_url": URL, "phases": sent})

            assert policy == answer.json()["phases"]

    def test_wishes_stand_in_the_address_of_a_raw_body(self, idle):
        """Several phases with commas or by repeating."""
        for query in ("phases=lighting,detail", "phases=lighting&phases=detail"):
            answer = idle.post(path=f"/analyse?priority=high&{query}")

            assert ("high", "all") == (answer.json()["priority"], answer.json()["phases"])

    def test_the_body_goes_before_the_address(self, serve):
        """What the body leaves out is taken from the address."""
        query = "priority=high&phases=lighting"
        with serve(works=False, pictures={URL: b""}) as idle:
            for more in (
                {"files": {"file": ("a", picture())}, "data": {"phases": "all"}},
                {"json": {"image_url": URL, "phases": "all"}},
            ):
                job = idle.http.post(f"{API}/analyse?{query}", **more).json()

                assert ("high", "all") == (job["priority"], job["phases"])


class TestWaiting:
    def test_who_waits_gets_the_result(self, served):
        """Flat, with the job and how it came by it."""
        answer = served.post(params={"wait": 30})

        result = answer.json()
        assert (200, "analysed", True) == (
            answer.status_code,
            result["answer"],
            result["is_studio"],
        )
        assert answer.headers["location"].endswith(result["job_id"])
        assert "preference-applied" not in answer.headers
        assert result["id"] == served.get(f"/results/{result['id']}").json()["id"]

    def test_the_result_is_the_one_that_is_stored(self, served):
        """To the last digit, though the store is not asked for it."""
        answer = served.post(params={"wait": 30}).json()

        stored = served.get(f"/results/{answer['id']}").json()
        assert stored == {name: answer[name] for name in stored}

    def test_the_store_is_not_asked_for_the_result(self, served, monkeypatch):
        """The worker that stored it hands it over."""
        monkeypatch.setattr(type(served.parts.store.results), "get", None)
        answers = []
        waiting = threading.Thread(
            target=lambda: answers.append(served.post("slow 1", params={"wait": 30}))
        )
        waiting.start()
        while not (served.parts.watch._waiting and served.parts.watch._waiting.by_job):
            assert waiting.is_alive()
        served.parts.children.gate.set()
        waiting.join(30)

        assert [200] == [answer.status_code for answer in answers]

    def test_a_preference_is_confirmed(self, served):
        """And shortened to what the service allows."""
        answer = served.post(headers={"Prefer": "respond-async, wait=9999"})

        assert (200, "wait=60") == (answer.status_code, answer.headers["preference-applied"])

    def test_the_same_picture_again_is_answered_at_once(self, served):
        """Even without any time to wait."""
        first = served.done()
        again = served.post(params={"wait": 0})

        assert 200 == again.status_code
        assert (first["id"], "cached") == (again.json()["id"], again.json()["answer"])
        assert 1 == len(served.parts.children.asked)

    def test_when_the_time_is_up_the_job_is_answered(self, idle):
        """As if nobody had waited."""
        begun = time.monotonic()
        answer = idle.post(params={"wait": 0.3})

        assert (202, "queued") == (answer.status_code, answer.json()["state"])
        assert 0.25 < time.monotonic() - begun < 10

    def test_a_dead_job_is_a_problem_with_its_code(self, served):
        """So that whoever waits sees one kind of error."""
        answer = served.post("corrupt 1", params={"wait": 30})

        problem = answer.json()
        assert (422, "corrupt") == (answer.status_code, problem["code"])
        assert "application/problem+json" == answer.headers["content-type"]
        assert "dead" == served.get(f"/jobs/{problem['job_id']}").json()["state"]

    def test_many_wait_while_others_are_answered(self, serve):
        """Those who wait hold no thread."""
        with serve(works=False) as idle:
            wait = {"params": {"wait": 60}}
            waiting = [
                threading.Thread(target=idle.post, args=(f"good {n}",), kwargs=wait)
                for n in range(40)
            ]
            for thread in waiting:
                thread.start()
            while len(idle.get("/jobs").json()["items"]) < len(waiting):
                assert all(thread.is_alive() for thread in waiting)

            assert 200 == idle.http.get("/livez").status_code
            assert 202 == idle.post("good 41").status_code
            assert all(thread.is_alive() for thread in waiting)

            # Whoever waits for what has not begun is answered at the end.
            idle.parts.draining.set()
            for thread in waiting:
                thread.join(30)
            assert not any(thread.is_alive() for thread in waiting)


class TestIdempotency:
    def test_the_same_key_gives_the_same_job(self, idle):
        """However often it is sent."""
        headers = {"Idempotency-Key": "k1"}

        ids = {idle.post(headers=headers).json()["id"] for _ in range(3)}

        assert 1 == len(ids)

    def test_another_picture_under_the_same_key_is_a_conflict(self, idle):
        """Since one of the two would be lost."""
        headers = {"Idempotency-Key": "k1"}
        idle.post("good 1", headers=headers)

        answer = idle.post("good 2", headers=headers)

        assert (422, "idempotency_conflict") == (answer.status_code, answer.json()["code"])

    @pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
    def test_a_key_that_is_none_is_refused(self, idle, key):
        """With its place."""
        answer = idle.post(headers={"Idempotency-Key": key})

        assert "header.Idempotency-Key" == answer.json()["errors"][0]["place"]


class TestRefusals:
    @pytest.mark.parametrize(
        ("query", "place"),
        [
            ("wait=-1", "query.wait"),
            ("wait=nan", "query.wait"),
            ("wait=soon", "query.wait"),
            ("priority=urgent", "query.priority"),
            ("priority=high&priority=high", "query.priority"),
            ("phases=shadow", "query.phases"),
            ("options={", "query.options"),
            ("options={%22near%22:1}", "query.options.near"),
            ("priorty=high", "query.priorty"),
            ("variant=", "query.variant"),
        ],
    )
    def test_what_does_not_fit_is_named_with_its_place(self, idle, query, place):
        """So that it can be mended."""
        answer = idle.post(path=f"/analyse?{query}")

        problem = answer.json()
        assert (422, "request_invalid") == (answer.status_code, problem["code"])
        assert any(error["place"].startswith(place) for error in problem["errors"]), problem

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"[]",
            b"{}",
            b'{"image_url": 3}',
            b'{"image_url": "https://example.com/a.png", "prio": 1}',
            b'{"image_url": "https://example.com/a.png", "phases": []}',
            b'{"image_url": "https://example.com/a.png", "phases": ["auto", "all"]}',
            b'{"image_url": "https://example.com/a.png", "phases": ["auto", "lighting"]}',
            b"\xff\xfe",
            b"[" * 100_000 + b"]" * 10,
        ],
    )
    def test_json_that_does_not_fit_is_refused(self, idle, body):
        """Never with a defect of ours."""
        answer = idle.http.post(
            f"{API}/analyse", content=body[:60_000], headers={"Content-Type": "application/json"}
        )

        assert (422, "request_invalid") == (answer.status_code, answer.json()["code"])

    def test_a_form_without_a_file_says_how_to_send_one(self, idle):
        """With the option of curl that people forget."""
        boundary = "xyz"
        part = 'Content-Disposition: form-data; name="a"'
        body = f"--{boundary}\r\n{part}\r\n\r\nb\r\n--{boundary}--\r\n"
        answer = idle.http.post(
            f"{API}/analyse",
            content=body.encode(),
            headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
        )

        assert 422 == answer.status_code
        assert "curl -F file=@" in answer.json()["detail"]

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            ("multipart/form-data", b"x"),
            ("multipart/form-data; boundary=abc", b"no form at all"),
            ("multipart/form-data; boundary=abc", b"--abc\r\nnonsense\r\n\r\nx\r\n--abc--"),
            (
                "multipart/form-data; boundary=abc",
                b"--abc\r\nContent-Disposition: form-data\r\n\r\n",
            ),
        ],
    )
    def test_a_broken_form_is_refused(self, idle, kind, body):
        """As a request that does not fit."""
        answer = idle.http.post(f"{API}/analyse", content=body, headers={"Content-Type": kind})

        assert (422, "request_invalid") == (answer.status_code, answer.json()["code"])

    @pytest.mark.parametrize(
        ("charset", "status"),
        [
            ("UTF-8", 202),
            ("utf8", 202),
            ("undefined", 422),  # a codec of Python that fails on every text
            ("utf-7", 422),  # gives halves of characters
            ("raw_unicode_escape", 422),
            ("no-such-thing", 422),
        ],
    )
    def test_the_text_of_a_form_is_utf_8(self, idle, charset, status):
        """The sender does not choose among the codecs of Python."""
        named = 'Content-Disposition: form-data; name="'
        body = (
            (
                f'--x\r\n{named}options"\r\n\r\n{{"near_duplicates": true}}\r\n'
                f'--x\r\n{named}variant"\r\n\r\n{"default" if status == 202 else "+2AA-"}\r\n'
                f'--x\r\n{named}file"; filename="a.png"\r\n\r\n'
            ).encode()
            + picture("good 1")
            + b"\r\n--x--\r\n"
        )
        kind = f"multipart/form-data; boundary=x; charset={charset}"
        answer = idle.http.post(f"{API}/analyse", content=body, headers={"Content-Type": kind})

        assert status == answer.status_code, answer.text

    @pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
    def test_other_bodies_are_refused(self, idle, kind):
        """With what is taken instead."""
        answer = idle.post(headers={"Content-Type": kind})

        assert (415, "body_unsupported") == (answer.status_code, answer.json()["code"])
        assert "multipart/form-data" in answer.json()["detail"]

    def test_what_is_no_picture_is_refused_at_once(self, idle):
        """No job is made of it."""
        answer = idle.http.post(
            f"{API}/analyse", content=b"no picture", headers={"Content-Type": "image/png"}
        )

        assert (415, "unsupported_format") == (answer.status_code, answer.json()["code"])
        assert [] == idle.get("/jobs").json()["items"]

    def test_an_address_that_may_not_be_fetched_is_refused_at_once(self, idle):
        """Instead of a job that dies later."""
        answer = idle.http.post(f"{API}/analyse", json={"image_url": "http://127.0.0.1/"})

        assert (422, "fetch_refused") == (answer.status_code, answer.json()["code"])

    def test_an_unknown_variant_is_named(self, idle):
        """With those there are."""
        answer = idle.post(params={"variant": "nobody"})

        assert (400, "unknown_variant") == (answer.status_code, answer.json()["code"])

    def test_a_full_backlog_says_when_to_come_again(self, serve):
        """429 with Retry-After."""
        with serve(works=False, max_backlog=1) as idle:
            assert 202 == idle.post("good 1").status_code
            time.sleep(0.3)  # the backlog is counted four times a second

            answer = idle.post("good 2")

            assert (429, "backlog_full") == (answer.status_code, answer.json()["code"])
            assert int(answer.headers["retry-after"]) >= 1


class TestSize:
    def test_an_announced_length_is_refused_before_the_body_is_read(self, serve):
        """413 at once."""
        with serve(works=False, max_upload_bytes=1000) as idle:
            answer = idle.http.post(
                f"{API}/analyse", content=picture() * 500, headers={"Content-Type": "image/png"}
            )

            assert (413, "limit_file_size") == (answer.status_code, answer.json()["code"])

    def test_a_body_of_unknown_length_is_refused_once_it_is_too_long(self, serve):
        """It is not read any further."""
        given = []

        def pieces():
            for _ in range(10_000):
                given.append(1)
                yield b"x" * 1000

        with serve(works=False, max_upload_bytes=5000) as idle:
            answer = idle.http.post(
                f"{API}/analyse", content=pieces(), headers={"Content-Type": "image/png"}
            )

            assert (413, "limit_file_size") == (answer.status_code, answer.json()["code"])

    def test_a_form_is_bounded_by_its_file(self, serve):
        """What stands around the file does not count."""
        with serve(works=False, max_upload_bytes=1000) as idle:
            fits = picture("good 1").ljust(1000)
            assert 202 == idle.http.post(f"{API}/analyse", files={"file": ("a", fits)}).status_code

            answer = idle.http.post(f"{API}/analyse", files={"file": ("a", fits + b"x")})

            assert (413, "limit_file_size") == (answer.status_code, answer.json()["code"])

    def test_a_large_upload_comes_whole(self, serve):
        """Also when it is too large for memory."""
        data = picture("good 1 ").ljust(9 * 1024 * 1024, b"x")
        with serve(works=False) as idle:
            answer = idle.http.post(f"{API}/analyse", files={"file": ("a", data)})

            assert hashlib.sha256(data).hexdigest() == answer.json()["image_hash"]
