"""The head of a request: neither endless nor for ever on its way."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from studio_detector.service.api.server import serve as run_server


@pytest.fixture
def connect(serve):
    """Connections to a server that waits a second for heads."""
    with serve(works=False, header_timeout_s=1.0) as idle:
        yield from _connect(idle)


def _connect(idle):
    found = []
    ready = threading.Event()

    def on_ready(address):
        found.append(int(address.rpartition(":")[2]))
        ready.set()

    thread = threading.Thread(target=run_server, args=(idle.parts, "127.0.0.1", 0, on_ready))
    thread.start()
    assert ready.wait(30)
    yield lambda: socket.create_connection(("127.0.0.1", found[0]), timeout=20)
    idle.parts.draining.set()
    thread.join(30)


def received(connection):
    """Everything until the end of the connection."""
    try:
        return b"".join(iter(lambda: connection.recv(65536), b""))
    except ConnectionResetError:
        return b"reset"


def test_headers_without_end_are_cut_off(connect):
    """Long before they fill the memory."""
    sent = 0
    with connect() as connection:
        try:
            connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n")
            for n in range(10_000):
                line = b"X-%d: %s\r\n" % (n, b"a" * 1000)
                connection.sendall(line)
                sent += len(line)
        except OSError:
            pass

    assert sent < 8_000_000


@pytest.mark.parametrize("head", [b"", b"GET /livez HTTP/1.1\r\nHost:", b"GET"])
def test_a_head_that_does_not_come_is_not_waited_for(connect, head):
    """Nor one that stops in the middle."""
    with connect() as connection:
        connection.sendall(head)
        begun = time.monotonic()

        answer = received(connection)

    if head:
        assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        assert b'"code":"request_timeout"' in answer
    else:
        assert b"" == answer

    assert 0.3 < time.monotonic() - begun < 15


def test_a_connection_is_used_again(connect):
    """The bounds are those of each request, not of the connection."""
    request = b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: %s\r\n\r\n" % (b"a" * 40_000)
    with connect() as connection:
        for pause_s in (0, 0, 0, 1.3):
            # At last idle between two requests for longer than a head may take.
            time.sleep(pause_s)
            connection.sendall(request)
            answer = b""
            while not answer.endswith(b"}"):
                part = connection.recv(65536)
                assert part
                answer += part
            assert answer.startswith(b"HTTP/1.1 200")
