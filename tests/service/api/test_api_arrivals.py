"""Archives that are sent as they are, are taken in while they come."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import threading
import time

import pytest

from api_service import API, picture
from door_examples import ask
from service.intake.packed import gzipped, tarred, zipped
from studio_detector.service.api import arrivals, routes
from studio_detector.service.intake.arriving import Arriving
from studio_detector.service.intake.intake import Intake

MIB = 1024 * 1024
TAR = {"Content-Type": "application/x-tar"}
FOUR = tuple((f"{n}.png", picture(f"good {n}")) for n in range(4))


def large(count=12):
    """A tar of more than is held in memory on its way."""
    return tarred(*((f"{n}.png", picture(f"good {n} ") + bytes(MIB)) for n in range(count)))


def cut(stream, size=64 * 1024):
    """The pieces of a body."""
    data = stream.getvalue()
    return [data[at : at + size] for at in range(0, len(data), size)]


def sent(service, stream, **headers):
    return service.http.post(
        f"{API}/batches", content=stream.getvalue(), headers={**TAR, **headers}
    )


@pytest.fixture
def laid_aside(monkeypatch):
    """Which bodies were laid aside as files before they were read."""
    spool, noted = routes.batches.spool_body, []

    async def note(pieces, folder):
        file = await spool(pieces, folder)
        noted.append(file)
        return file

    monkeypatch.setattr(routes.batches, "spool_body", note)
    return noted


class TestWhichOnes:
    @pytest.mark.parametrize("packed", [tarred, gzipped])
    @pytest.mark.parametrize("kind", ["application/x-tar", "application/octet-stream"])
    def test_a_tar_lies_in_no_file(self, idle, laid_aside, packed, kind):
        """By its bytes, whatever it is said to be."""
        answer = sent(idle, packed(*FOUR), **{"Content-Type": kind})

        assert (202, 4) == (answer.status_code, answer.json()["total"])
        assert [] == laid_aside

    def test_a_zip_has_to_be_there_as_a_whole(self, idle, laid_aside):
        answer = sent(idle, zipped(*FOUR))

        assert (202, 4) == (answer.status_code, answer.json()["total"])
        assert 1 == len(laid_aside)

    @pytest.mark.parametrize("packed", [tarred, zipped])
    def test_a_repeated_request_is_neither_refused_nor_counted(self, serve, packed):
        """What it is, its last byte tells; so it is read before anything else."""
        with serve(works=False, max_backlog=4) as service:
            first = sent(service, packed(*FOUR), **{"Idempotency-Key": "k"})
            again = sent(service, packed(*FOUR), **{"Idempotency-Key": "k"})
            other = sent(service, packed(*FOUR[1:]), **{"Idempotency-Key": "k"})
            new = sent(service, packed(*FOUR), **{"Idempotency-Key": "another"})

        assert (202, 202) == (first.status_code, again.status_code)
        assert first.json()["id"] == again.json()["id"]
        assert (422, "idempotency_conflict") == (other.status_code, other.json()["code"])
        assert (429, "backlog_full") == (new.status_code, new.json()["code"])

    def test_slow_senders_do_not_hold_up_others(self, idle, laid_aside):
        """Two may take the time they like; the others are laid aside, as zips are."""
        may_end = asyncio.Event()

        async def slow():
            pieces = cut(tarred(*FOUR), 2000)

            async def receive():
                if len(pieces) == 1:
                    await may_end.wait()
                piece = pieces.pop(0)
                return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

            told = []

            async def send(message):
                told.append(message.get("status"))

            await idle.app(_scope(), receive, send)
            return told[0]

        portal, room = idle.http.portal, idle.app.state.room.arrivals
        senders = [portal.start_task_soon(slow) for _ in range(2)]
        until = time.monotonic() + 30
        while not room.locked():
            assert time.monotonic() < until
            time.sleep(0.01)
        third = sent(idle, tarred(*FOUR))
        assert not any(sender.done() for sender in senders)
        portal.call(may_end.set)

        assert [202] * 3 == [third.status_code, *(sender.result(30) for sender in senders)]
        assert 1 == len(laid_aside)


class TestEnds:
    def test_bytes_that_come_one_by_one_are_not_held_one_by_one(self, idle, monkeypatch):
        """An object for each would take many times their memory."""
        sizes = []
        feed = Arriving.feed

        def note(self, piece):
            sizes.append(len(piece))
            return feed(self, piece)

        monkeypatch.setattr(Arriving, "feed", note)
        packed = tarred(("a.png", picture("good 1") + bytes(300_000)))

        answer = ask(idle, "POST", f"{API}/batches", headers=TAR, body=cut(packed, 3))

        assert 202 == answer.status
        assert sum(sizes) == len(packed.getvalue())
        assert len(sizes) < 10

    def test_much_comes_whole_through_little(self, idle):
        """Piece by piece, none lost and none twice."""
        answer = sent(idle, large())

        assert (202, 12) == (answer.status_code, answer.json()["total"])
        assert 12 == len({job["image_hash"] for job in idle.get("/jobs?limit=100").json()["items"]})

    @pytest.mark.parametrize("pieces", [1, 30, 150])
    def test_who_goes_away_has_handed_in_nothing(self, idle, pieces):
        """And holds no room any longer, nor a thread."""
        body = cut(large())[:pieces]
        for _ in range(5):
            with contextlib.suppress(Exception):
                _gone(idle, body)

        assert [] == idle.get("/jobs").json()["items"]
        assert not idle.app.state.room.arrivals.locked()
        assert 0 == idle.app.state.room.uploads._disk.held
        assert 202 == sent(idle, tarred(*FOUR)).status_code
        names = {thread.name for thread in threading.enumerate()}
        assert not any(name.startswith(("signs-of-life", "keeping")) for name in names)

    @pytest.mark.parametrize(
        ("stream", "status", "code"),
        [
            (io.BytesIO(b"!" + large(2).getvalue()[1:]), 422, "request_invalid"),
            (tarred(("a.txt", bytes(2 * MIB))), 422, "request_invalid"),
            (io.BytesIO(bytes(2 * MIB)), 415, "body_unsupported"),
            (io.BytesIO(b""), 415, "body_unsupported"),
        ],
        ids=["damaged", "without pictures", "no archive", "empty"],
    )
    def test_a_refusal_comes_once_all_was_sent(self, idle, stream, status, code):
        """Most senders read no answer before."""
        body = cut(stream, 1000) or [b""]
        answer = ask(idle, "POST", f"{API}/batches", headers=TAR, body=body)

        assert (status, code) == (answer.status, json.loads(answer.body)["code"])
        assert [] == body

    def test_what_is_too_much_is_refused_as_a_whole(self, serve):
        """Though its first pictures were kept before anybody knew."""
        with serve(works=False, max_batch_upload_bytes=3 * MIB) as service:
            answer = service.http.post(f"{API}/batches", content=iter(cut(large())), headers=TAR)
            jobs = service.get("/jobs").json()["items"]

        assert (413, "limit_file_size") == (answer.status_code, answer.json()["code"])
        assert [] == jobs

    def test_where_no_thread_can_be_had_nobody_waits_for_it(self, idle, monkeypatch):
        """Nor is the place of the request lost."""

        async def no_thread(*_, **__):
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(arrivals, "call", no_thread)
        body = cut(large())
        for _ in range(3):
            answer = ask(idle, "POST", f"{API}/batches", headers=TAR, body=list(body))
            assert 500 == answer.status

        assert not idle.app.state.room.arrivals.locked()

    def test_a_request_that_is_cut_off_leaves_no_thread(self, idle, monkeypatch):
        """As it is when the service ends at once."""
        ended = threading.Event()
        real = Intake.archive

        def noted(self, *given, **named):
            try:
                return real(self, *given, **named)
            finally:
                ended.set()

        monkeypatch.setattr(Intake, "archive", noted)

        async def cut_off():
            async def receive():
                if pieces:
                    return {"type": "http.request", "body": pieces.pop(0), "more_body": True}
                await asyncio.sleep(60)
                return {"type": "http.disconnect"}

            pieces = cut(tarred(*FOUR), 1000)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.3):
                    await idle.app(_scope(), receive, _nothing)

        idle.http.portal.call(cut_off)

        assert ended.wait(30)
        assert not idle.app.state.room.arrivals.locked()
        assert [] == idle.get("/jobs").json()["items"]


async def _nothing(_):
    """Nobody hears the answer."""


def _scope():
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": f"{API}/batches",
        "raw_path": f"{API}/batches".encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"testserver"), (b"content-type", b"application/x-tar")],
        "client": ("testclient", 50000),
        "server": ("testserver", 80),
        "state": {},
    }


def _gone(service, body):
    """Send pieces, and then be gone."""
    pieces = list(body)

    async def run():
        async def receive():
            if not pieces:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": pieces.pop(0), "more_body": True}

        await service.app(_scope(), receive, _nothing)

    service.http.portal.call(run)


def test_the_pictures_are_those_that_were_sent(served):
    """With the verdicts of each."""
    packed = gzipped(*FOUR)

    batch = sent(served, packed).json()["id"]
    until = time.monotonic() + 30
    while served.get(f"/batches/{batch}").json()["finished_at"] is None:
        assert time.monotonic() < until
        time.sleep(0.02)

    rows = served.get(f"/batches/{batch}/results").text.splitlines()
    assert [name for name, _ in FOUR] == [json.loads(row)["name"] for row in rows]
