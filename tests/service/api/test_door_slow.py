"""Callers who are slow, or many, over real connections: none holds anything for ever."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import select
import socket
import threading
import time

import pytest
from starlette.requests import Request

from api_service import API
from studio_detector.errors import AccessError
from studio_detector.service.api import export
from studio_detector.service.api.connections import Connections
from studio_detector.service.api.pieces import Pace, pieces_of
from studio_detector.service.api.server import serve as run_server

#: Longer than anything here takes by itself.
PATIENCE_S = 30
HOST = b"Host: 127.0.0.1\r\n"
POST = f"POST {API}/analyse HTTP/1.1\r\n".encode() + HOST + b"Content-Type: image/png\r\n"


@contextlib.contextmanager
def listening(service):
    """A server in a thread; makes connections to it."""
    found = []
    ready = threading.Event()

    def on_ready(address):
        found.append(int(address.rpartition(":")[2]))
        ready.set()

    thread = threading.Thread(target=run_server, args=(service.parts, "127.0.0.1", 0, on_ready))
    thread.start()
    assert ready.wait(PATIENCE_S)

    def connect(**options):
        connection = socket.socket()
        connection.settimeout(PATIENCE_S)
        for name, value in options.items():
            connection.setsockopt(socket.SOL_SOCKET, getattr(socket, name), value)
        connection.connect(("127.0.0.1", found[0]))
        return connection

    try:
        yield connect
    finally:
        service.parts.draining.set()
        thread.join(PATIENCE_S)


@pytest.fixture
def hasty(serve):
    """A service that waits for nobody longer than a moment."""
    with (
        serve(works=False, body_timeout_s=0.4, header_timeout_s=0.4) as service,
        listening(service) as connect,
    ):
        yield connect


def received(connection):
    """Everything until the end of the connection."""
    parts = []
    with contextlib.suppress(ConnectionError):
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def trickled(connection, piece, pause_s=0.05):
    """Send a piece again and again until the connection is closed; whether that came to be."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        try:
            connection.sendall(piece)
            connection.settimeout(pause_s)
            with contextlib.suppress(TimeoutError):
                if not connection.recv(65536):
                    return True
        except ConnectionError:
            return True
    return False


class TestBodies:
    def test_a_body_that_stops_is_not_waited_for(self, hasty):
        """408, and the connection is free."""
        with hasty() as connection:
            connection.sendall(POST + b"Content-Length: 1000\r\n\r\n\x89PNG")

            answer = received(connection)

        assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        assert b'"code":"request_timeout"' in answer
        assert b"connection: close" in answer.lower()

    def test_nor_one_of_a_form_or_an_archive(self, hasty):
        """They are read elsewhere."""
        for kind, path in (
            (b"multipart/form-data; boundary=x", b"analyse"),
            (b"application/zip", b"batches"),
            (b"application/json", b"batches"),
        ):
            with hasty() as connection:
                connection.sendall(
                    b"POST /api/v1/%s HTTP/1.1\r\n%sContent-Type: %s\r\n" % (path, HOST, kind)
                    + b"Transfer-Encoding: chunked\r\n\r\n3\r\n--x\r\n"
                )

                assert received(connection).startswith(b"HTTP/1.1 408"), kind

    def test_a_body_that_only_drips_is_too_slow(self):
        """Though it never rests."""
        read = []

        async def work():
            async def receive():
                await asyncio.sleep(0.005)
                return {"type": "http.request", "body": b"x", "more_body": True}

            request = Request({"type": "http", "headers": [], "method": "POST"}, receive)
            pace = Pace(rest_s=PATIENCE_S, bytes_per_s=10_000, grace_s=0.1)
            read.extend([len(piece) async for piece in pieces_of(request, 10**9, pace)])

        with pytest.raises(AccessError, match="less than 10000 bytes a second") as caught:
            asyncio.run(work())

        assert "request_timeout" == caught.value.code
        assert [] == read

    def test_where_we_are_slow_ourselves_nobody_is_blamed(self):
        """A full disk, or a busy one, is not the sender's."""

        async def work():
            left = [b"x"] * 20

            async def receive():
                return {"type": "http.request", "body": left.pop(), "more_body": bool(left)}

            request = Request({"type": "http", "headers": [], "method": "POST"}, receive)
            pace = Pace(rest_s=PATIENCE_S, bytes_per_s=10_000, grace_s=0.05)
            count = 0
            async for _ in pieces_of(request, 100, pace):
                await asyncio.sleep(0.01)
                count += 1
            return count

        assert 20 == asyncio.run(work())

    def test_what_comes_after_the_answer_is_not_taken_for_ever(self, hasty):
        """A body that nobody wanted, and bytes that are no request."""
        for request, rest in (
            (b"GET /livez HTTP/1.1\r\n%sContent-Length: 99999999\r\n\r\n" % HOST, b"x" * 10),
            (b"GET /livez HTTP/1.1\r\n%s\r\n" % HOST, b"\r\n"),
        ):
            with hasty() as connection:
                connection.sendall(request)
                assert connection.recv(65536).startswith(b"HTTP/1.1 200")

                assert trickled(connection, rest), rest

    def test_who_is_refused_is_not_told_to_go_on(self, serve):
        """A caller who asks before sending is answered without having sent."""
        with (
            serve(works=False, auth="keys") as service,
            listening(service) as connect,
            connect() as connection,
        ):
            connection.sendall(
                POST + b"Expect: 100-continue\r\nContent-Length: 50000000\r\n"
                b"Connection: close\r\n\r\n"
            )

            answer = received(connection)

        assert answer.startswith(b"HTTP/1.1 401 Unauthorized\r\n")
        assert b"100 Continue" not in answer


@pytest.fixture
def talkative(serve, monkeypatch):
    """A service that is as hasty, and has an answer of 6 MB."""
    with serve(works=False, body_timeout_s=0.4, body_bytes_per_s=1000) as service:
        monkeypatch.setattr(service.parts.store, "schema_version", lambda: "x" * 6_000_000)
        with listening(service) as connect:
            yield connect


class TestReaders:
    REQUEST = f"GET {API}/version HTTP/1.1\r\n".encode() + HOST

    @pytest.mark.skipif(not hasattr(select, "poll"), reason="needs poll")
    def test_an_answer_that_nobody_reads_is_given_up(self, talkative):
        """It would lie in our memory for ever."""
        with talkative(SO_RCVBUF=4096) as connection:
            connection.sendall(self.REQUEST + b"\r\n")
            watched = select.poll()
            watched.register(connection, 0)

            # The system tells of the end of the connection without a byte being read.
            assert watched.poll(PATIENCE_S * 1000)

    @pytest.mark.skipif(not hasattr(select, "poll"), reason="needs poll")
    def test_nor_is_one_without_end_written_for_nobody(self, serve, monkeypatch):
        """It would hold a connection and a place in a queue of threads."""
        monkeypatch.setattr(export, "batch_pieces", lambda *_: itertools.repeat(b"x" * 65536))
        with serve(works=False, body_timeout_s=0.4) as service, listening(service) as connect:
            sent = {"image_urls": ["https://example.com/a"]}
            batch = service.http.post(f"{API}/batches", json=sent).json()["id"]
            with connect(SO_RCVBUF=4096) as connection:
                connection.sendall(
                    f"GET {API}/batches/{batch}/results HTTP/1.1\r\n".encode() + HOST + b"\r\n"
                )
                watched = select.poll()
                watched.register(connection, 0)

                assert watched.poll(PATIENCE_S * 1000)

    def test_who_reads_slowly_but_reads_gets_it_all(self, talkative):
        """A line may be bad: longer in all than anybody may rest, but never at once."""
        with talkative(SO_RCVBUF=65536) as connection:
            connection.sendall(self.REQUEST + b"Connection: close\r\n\r\n")
            parts = []
            while part := connection.recv(400_000):
                parts.append(part)
                threading.Event().wait(0.05)

        assert len(b"".join(parts)) > 6_000_000


class TestConnections:
    def test_one_address_has_half_of_all(self, serve):
        """The others are for others; one that is closed is free again."""
        with serve(works=False, max_connections=4) as service, listening(service) as connect:
            request = b"GET /livez HTTP/1.1\r\n%s\r\n" % HOST
            with connect() as first, connect() as second:
                for connection in (first, second):
                    connection.sendall(request)
                    assert connection.recv(65536).startswith(b"HTTP/1.1 200")
                with connect() as third:
                    assert received(third).startswith(b"HTTP/1.1 503 Service Unavailable")
            answers = []
            until = time.monotonic() + PATIENCE_S
            while b"HTTP/1.1 200" not in answers and time.monotonic() < until:
                with connect() as again, contextlib.suppress(ConnectionError):
                    again.sendall(request)
                    answers.append(again.recv(12))

        assert b"HTTP/1.1 200" == answers[-1]

    def test_proxies_have_as_many_as_there_are(self):
        """They bring the callers of many addresses."""
        connections = Connections(4, lambda address: address == "10.0.0.1")

        of_proxy = [connections.enter("10.0.0.1") for _ in range(5)]
        for who in of_proxy[:4]:
            connections.leave(who)
        of_one = [connections.enter(address) for address in ("9.9.9.9", "9.9.9.9", "9.9.9.9")]
        of_host = [connections.enter(f"2001:db8::{n}") for n in range(3)]

        assert 4 == sum(who is not None for who in of_proxy)
        assert 2 == sum(who is not None for who in of_one)
        assert 2 == sum(who is not None for who in of_host)

    def test_headers_are_counted(self, hasty):
        """Thousands of short ones would be short enough."""
        with hasty() as connection:
            connection.sendall(b"GET /livez HTTP/1.1\r\n" + HOST + b"a:b\r\n" * 300 + b"\r\n")

            assert received(connection).startswith(b"HTTP/1.1 400 Bad Request")
