"""Batches over HTTP: addresses and archives in, progress and files out."""

from __future__ import annotations

import csv
import io
import json
import tarfile
import threading
import zipfile

import pyarrow.parquet as pq
import pytest

from api_service import API, NOWHERE, picture
from studio_detector.client.lines import Events

HOSTILE = ("=1+1.png", "+a.png", "-a.png", "@a.png", "plain.png")


def zipped(pictures):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in pictures.items():
            archive.writestr(name, data)
    return packed.getvalue()


def tarred(pictures):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, data in pictures.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return packed.getvalue()


def handed_in(service, pictures, **options):
    """Name of a batch of an archive."""
    answer = service.http.post(
        f"{API}/batches", files={"file": ("shoot.zip", zipped(pictures))}, data=options
    )
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


def finished(service, batch_id):
    """The batch after its last event."""
    events = service.get(f"/batches/{batch_id}/events")
    return json.loads(list(Events().take(events.content))[-1])


class TestComingIn:
    def test_addresses_with_names(self, serve):
        """Those that may not be fetched are dead jobs."""
        known = "https://example.com/a.png"
        with serve(pictures={known: picture("good 1")}) as service:
            answer = service.http.post(
                f"{API}/batches",
                json={"image_urls": [known, {"url": "http://127.0.0.1/", "name": "mine"}]},
            )

            batch = answer.json()
            assert (202, f"{API}/batches/{batch['id']}") == (
                answer.status_code,
                answer.headers["location"],
            )
            assert {"done": 1, "dead": 1} == finished(service, batch["id"])["counts"]
            rows = service.get(f"/batches/{batch['id']}/results").text.splitlines()
            assert [(known, "done"), ("mine", "dead")] == [
                (row["name"], row["state"]) for row in map(json.loads, rows)
            ]

    @pytest.mark.parametrize(
        ("kind", "pack"),
        [
            ("application/zip", zipped),
            ("application/x-tar", tarred),
            ("application/gzip", tarred),
            ("application/octet-stream", zipped),
        ],
    )
    def test_archives_as_they_are(self, served, kind, pack):
        """Named by their kind or not."""
        body = pack({f"{n}.png": picture(f"good {n}") for n in range(3)})

        answer = served.http.post(
            f"{API}/batches?priority=high", content=body, headers={"Content-Type": kind}
        )

        assert {"done": 3} == finished(served, answer.json()["id"])["counts"]
        jobs = served.get("/jobs", params={"batch_id": answer.json()["id"]}).json()["items"]
        assert {"high"} == {job["priority"] for job in jobs}

    def test_archives_in_forms_with_wishes(self, served):
        """One member is broken."""
        pictures = {"a.png": picture("good 1"), "b.png": picture("corrupt 1")}

        batch = handed_in(served, pictures, phases=["lighting"])

        assert {"done": 1, "dead": 1} == finished(served, batch)["counts"]

    def test_many_archives_do_not_delay_a_picture(self, idle, monkeypatch):
        """They have threads of their own, and wait for each other."""
        gate, begun = threading.Event(), threading.Semaphore(0)
        put_all = idle.parts.blobs.put_all

        def slow(_, pictures):
            if any(b"archived" in data for data in pictures.values()):
                begun.release()
                assert gate.wait(30)
            return put_all(pictures)

        monkeypatch.setattr(type(idle.parts.blobs), "put_all", slow)
        answers = []

        def hand_in(number):
            body = zipped({"a.png": picture(f"archived {number}")})
            kind = {"Content-Type": "application/zip"}
            answers.append(idle.http.post(f"{API}/batches", content=body, headers=kind))

        threads = [threading.Thread(target=hand_in, args=(n,)) for n in range(40)]
        for thread in threads:
            thread.start()
        try:
            assert begun.acquire(timeout=10)
            got = []
            posting = threading.Thread(target=lambda: got.append(idle.post("good 1")))
            posting.start()
            posting.join(10)
            assert [202] == [answer.status_code for answer in got]
        finally:
            gate.set()
            for thread in threads:
                thread.join(30)
        assert [202] * 40 == [answer.status_code for answer in answers]

    def test_the_same_key_gives_the_same_batch(self, idle):
        """A batch is not begun twice."""
        body = zipped({"a.png": picture()})
        headers = {"Content-Type": "application/zip", "Idempotency-Key": "k"}

        ids = {
            idle.http.post(f"{API}/batches", content=body, headers=headers).json()["id"]
            for _ in range(2)
        }

        assert 1 == len(ids)

    @pytest.mark.parametrize(
        ("body", "kind", "status", "code"),
        [
            (b"no archive", "application/zip", 415, "body_unsupported"),
            (b"PK\x03\x04 broken", "application/zip", 422, "request_invalid"),
            (zipped({"a.txt": b"text"}), "application/zip", 422, "request_invalid"),
            (b"", "application/zip", 415, "body_unsupported"),
            (b'{"image_urls": []}', "application/json", 422, "request_invalid"),
            (b'{"image_urls": [{"name": "x"}]}', "application/json", 422, "request_invalid"),
            (b"x", "image/png", 415, "body_unsupported"),
        ],
    )
    def test_what_is_no_batch_is_refused(self, idle, body, kind, status, code):
        """And nothing is left of it."""
        answer = idle.http.post(f"{API}/batches", content=body, headers={"Content-Type": kind})

        assert (status, code) == (answer.status_code, answer.json()["code"]), answer.text
        assert [] == idle.get("/jobs").json()["items"]

    def test_too_large_an_archive_is_refused(self, serve):
        """By its announced length, or while it comes."""
        with serve(works=False, max_batch_upload_bytes=5000) as idle:
            for content in (b"PK\x03\x04" * 2000, (b"PK\x03\x04" * 100 for _ in range(100))):
                answer = idle.http.post(
                    f"{API}/batches", content=content, headers={"Content-Type": "application/zip"}
                )

                assert (413, "limit_file_size") == (answer.status_code, answer.json()["code"])


class TestOut:
    def test_rows_are_in_the_order_of_the_archive(self, served):
        """With results, and errors where there are none."""
        names = [f"{n}.png" for n in range(30)]
        pictures = {name: picture(f"good {name}") for name in names}
        pictures["7.png"] = picture("corrupt 7")
        batch = handed_in(served, pictures)
        finished(served, batch)

        answer = served.get(f"/batches/{batch}/results")

        rows = [json.loads(line) for line in answer.text.splitlines()]
        assert "application/x-ndjson" == answer.headers["content-type"]
        assert names == [row["name"] for row in rows]
        assert list(range(30)) == [row["position"] for row in rows]
        assert "corrupt" == rows[7]["error"]["code"]
        assert rows[7]["result"] is None
        assert all(row["result"]["is_studio"] for row in rows if row["position"] != 7)

    def test_no_cell_of_a_table_is_a_formula(self, served):
        """A name chosen by a stranger is opened in a spreadsheet."""
        batch = handed_in(served, {name: picture(f"good {name}") for name in HOSTILE})
        finished(served, batch)

        answer = served.get(f"/batches/{batch}/results?format=csv")

        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert ["'=1+1.png", "'+a.png", "'-a.png", "'@a.png", "plain.png"] == [
            row["name"] for row in rows
        ]
        assert {"true"} == {row["is_studio"] for row in rows}
        assert "attachment" in answer.headers["content-disposition"]

    def test_parquet_has_the_same_rows(self, served):
        """With types, and names as they are."""
        batch = handed_in(served, {name: picture(f"good {name}") for name in HOSTILE})
        finished(served, batch)

        answer = served.get(f"/batches/{batch}/results?format=parquet")

        table = pq.read_table(io.BytesIO(answer.content))
        assert list(HOSTILE) == table["name"].to_pylist()
        assert [0.9] * 5 == table["confidence"].to_pylist()
        assert "timestamp[us, tz=UTC]" == str(table["created_at"].type)

    def test_what_is_not_done_has_no_verdict_yet(self, idle):
        """In every format."""
        batch = handed_in(idle, {"a.png": picture()})

        line = json.loads(idle.get(f"/batches/{batch}/results").text)
        assert ("queued", None, None) == (line["state"], line["result"], line["error"])
        table = idle.get(f"/batches/{batch}/results?format=csv").text.splitlines()
        assert 2 == len(table)

    def test_events_are_batches(self, served):
        """The last one is finished."""
        batch = handed_in(served, {f"{n}.png": picture(f"good {n}") for n in range(5)})

        last = finished(served, batch)

        assert last == served.get(f"/batches/{batch}").json()
        assert (5, {"done": 5}) == (last["total"], last["counts"])
        assert last["finished_at"] is not None


class TestEnd:
    def test_a_batch_is_thrown_away_once_it_is_over(self, served):
        """With its jobs; results stay."""
        batch = handed_in(served, {"a.png": picture()})
        finished(served, batch)
        result = json.loads(served.get(f"/batches/{batch}/results").text)["result"]["id"]

        assert 204 == served.http.delete(f"{API}/batches/{batch}").status_code
        assert 404 == served.get(f"/batches/{batch}").status_code
        assert 200 == served.get(f"/results/{result}").status_code

    def test_not_before(self, idle):
        """Jobs that wait are called off first."""
        batch = handed_in(idle, {"a.png": picture()})

        answer = idle.http.delete(f"{API}/batches/{batch}")

        assert (409, "state_conflict") == (answer.status_code, answer.json()["code"])

    def test_what_is_not_there_is_said(self, idle):
        """By every route that names a batch."""
        for method, path in (("GET", ""), ("GET", "/events"), ("GET", "/results"), ("DELETE", "")):
            answer = idle.http.request(method, f"{API}/batches/{NOWHERE}{path}")

            assert (404, "batch_unknown") == (answer.status_code, answer.json()["code"])
