"""However many send at once, memory and disk are bounded, and nobody holds all of it."""

from __future__ import annotations

import asyncio
import gc
import json
import time

import pytest

from api_service import API, PNG, picture
from door_examples import ask, bearer, key
from studio_detector.errors import BusyError
from studio_detector.service.api.uploads import IN_MEMORY_BYTES, Uploads

KIND = {"Content-Type": "image/png"}
MIB = 1024 * 1024


def run(work):
    return asyncio.run(work)


class TestRoom:
    def test_so_much_is_let_in_and_no_more(self):
        """A thousand at once, each of 60 MB: as many as there is room for."""

        async def work():
            uploads = Uploads(100 * MIB, 600_000_000, is_shared=False, patience_s=0.05)
            inside, most, turned_away = 0, 0, 0
            all_had_their_turn = asyncio.Event()

            async def send():
                nonlocal inside, most, turned_away
                try:
                    async with uploads.admitted("t", 60_000_000):
                        inside += 1
                        most = max(most, inside)
                        await all_had_their_turn.wait()
                        inside -= 1
                except BusyError as error:
                    turned_away += 1
                    if inside + turned_away == 1000:
                        all_had_their_turn.set()
                    return error.code
                return "sent"

            ends = await asyncio.gather(*(send() for _ in range(1000)))
            return most, ends

        most, ends = run(work())

        assert 10 == most
        assert 10 == ends.count("sent")
        assert 990 == ends.count("uploads_full")

    def test_who_waits_comes_in_as_soon_as_there_is_room(self):
        """All of them, one after the other, where they are patient."""

        async def work():
            uploads = Uploads(10, 10, is_shared=False, patience_s=30)
            order = []

            async def send(n):
                async with uploads.admitted("t", 6):
                    order.append(n)
                    await asyncio.sleep(0)

            await asyncio.gather(*(send(n) for n in range(50)))
            return order

        assert list(range(50)) == sorted(run(work()))

    def test_small_ones_need_no_disk_and_large_ones_little_memory(self):
        """They lie where they belong."""

        async def work():
            uploads = Uploads(IN_MEMORY_BYTES, 10**9, is_shared=False, patience_s=0.01)
            async with uploads.admitted("t", IN_MEMORY_BYTES // 2):
                with pytest.raises(BusyError):
                    async with uploads.admitted("t", 10**8):
                        pass
                async with uploads.admitted("t", IN_MEMORY_BYTES // 2):
                    pass
            async with uploads.admitted("t", 10**8):
                with pytest.raises(BusyError):
                    async with uploads.admitted("t", 1):
                        pass

        run(work())

    def test_what_is_larger_than_all_there_is_comes_in_alone(self):
        """Rather than never."""

        async def work():
            uploads = Uploads(10, 10, is_shared=False, patience_s=0.01)
            async with uploads.admitted("t", 10**9):
                with pytest.raises(BusyError) as caught:
                    async with uploads.admitted("t", 1):
                        pass
            return caught.value

        assert run(work()).retry_after_s > 0

    def test_one_tenant_has_half_at_most(self):
        """The other half is there for others, at once."""

        async def work():
            uploads = Uploads(100, 100, is_shared=True, patience_s=0.01)
            async with uploads.admitted("a", 30), uploads.admitted("a", 20):
                with pytest.raises(BusyError):
                    async with uploads.admitted("a", 1):
                        pass
                async with uploads.admitted("b", 50):
                    pass

        run(work())

    def test_room_is_given_back_whatever_happens(self):
        """Errors and callers who hang up included."""

        async def work():
            uploads = Uploads(10, 10, is_shared=False, patience_s=0.01)
            with pytest.raises(ZeroDivisionError):
                async with uploads.admitted("t", 10):
                    raise ZeroDivisionError
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01), uploads.admitted("t", 10):
                    await asyncio.sleep(60)
            async with uploads.admitted("t", 10):
                pass

        run(work())


class TestService:
    def test_an_upload_without_room_is_refused_before_it_is_read(self, serve, monkeypatch):
        """With a time to come again."""
        with serve(works=False, max_upload_memory_bytes=1000) as service:
            monkeypatch.setattr(service.app.state.room.uploads, "_patience_s", 0.01)
            held = service.app.state.room.uploads.admitted("default", 900)
            service.http.portal.call(held.__aenter__)

            refused = ask(
                service, "POST", f"{API}/analyse", headers={**KIND, "Content-Length": "500"}
            )
            batch = ask(
                service, "POST", f"{API}/batches",
                headers={"Content-Type": "application/json", "Content-Length": "500"},
            )  # fmt: skip
            service.http.portal.call(held.__aexit__, None, None, None)
            taken = service.post("good 1")

        for answer in (refused, batch):
            assert (429, "uploads_full") == (answer.status, json.loads(answer.body)["code"])
            assert int(answer.headers["retry-after"]) >= 1
            assert 0 == answer.reads
        assert 202 == taken.status_code

    def test_what_is_too_large_is_told_so_at_once(self, serve):
        """Room would be no help."""
        with serve(works=False, max_upload_memory_bytes=10, max_upload_bytes=100) as service:
            held = service.app.state.room.uploads.admitted("default", 10)
            service.http.portal.call(held.__aenter__)
            answer = ask(
                service, "POST", f"{API}/analyse", headers={**KIND, "Content-Length": "99999999"}
            )
            service.http.portal.call(held.__aexit__, None, None, None)

        assert (413, 0) == (answer.status, answer.reads)

    def test_who_waits_for_the_result_holds_no_bytes(self, serve):
        """Or a thousand who wait would hold a thousand pictures."""
        gone, found = [], []

        class Bytes(bytes):
            def __del__(self):
                gone.append(len(self))

        with serve(works=False) as service:
            uploads = service.app.state.room.uploads
            body = [Bytes(picture("good 1") + bytes(1000))]

            async def look(*_, known, **__):
                until = time.monotonic() + 5
                # The thread that kept the picture lets go of it a moment after its answer.
                while not gone and time.monotonic() < until:
                    gc.collect()
                    await asyncio.sleep(0.01)
                found.append((uploads._memory.held, list(gone)))
                return known

            service.parts.watch.wait = look
            sent = {**KIND, "Content-Length": str(len(body[0]))}
            size = len(body[0])
            answer = ask(service, "POST", f"{API}/analyse?wait=5", headers=sent, body=body)

        assert 202 == answer.status
        assert (0, [size]) == found[0]

    def test_tenants_share_the_room(self, serve, monkeypatch):
        """Where keys tell them apart."""
        with serve(works=False, auth="keys", max_upload_memory_bytes=1000) as service:
            uploads = service.app.state.room.uploads
            monkeypatch.setattr(uploads, "_patience_s", 0.01)
            sent = {
                tenant: {**bearer(key(service, tenant=tenant)), **KIND, "Content-Length": "20"}
                for tenant in ("a", "b")
            }
            held = uploads.admitted("a", 500)
            service.http.portal.call(held.__aenter__)
            answers = {
                tenant: ask(
                    service, "POST", f"{API}/analyse", body=[PNG + b"good 1"], headers=headers
                ).status
                for tenant, headers in sent.items()
            }
            service.http.portal.call(held.__aexit__, None, None, None)

        assert {"a": 429, "b": 202} == answers
