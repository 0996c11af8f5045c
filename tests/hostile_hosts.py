"""Hosts on loopback that answer by a script, well or badly, and settings that reach them."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading

from studio_detector.service.settings import ServiceSettings

PICTURE = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8


def loopback_settings(**changes):
    """Settings that allow loopback and every port, and wait only shortly."""
    return ServiceSettings(
        **{
            "fetch_private": ("127.0.0.0/8",),
            "fetch_ports": ("*",),
            "fetch_timeout_s": 5.0,
            "fetch_connect_timeout_s": 2.0,
            "callback_timeout_s": 5.0,
            **changes,
        }
    )


def answer(body=PICTURE, *, status="200 OK", headers=(), length=None):
    """A whole answer, its length declared truly or as given."""
    lines = [f"HTTP/1.1 {status}", *headers]
    if length is not False:
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def at(httpserver, path):
    """An address at a server of `pytest_httpserver`, by number: names may be IPv6, too."""
    return f"http://127.0.0.1:{httpserver.port}{path}"


def resolves_to(*addresses):
    """A resolver that gives these for every name."""

    def resolve(*_):
        return addresses

    return resolve


class RawHost:
    """A host whose scripts get the bare connection: ``script(connection, request, host)``.

    The first connection is served by the first script and so on; the last one serves all that
    follow. `ended` is set when the test is over, so that slow scripts wait on it.
    """

    def __init__(self, *scripts, tls=None, address="127.0.0.1", port=0):
        self.requests = []
        self.connections = 0
        self.ended = threading.Event()
        self._scripts = scripts
        self._tls = tls
        self._socket = socket.create_server(
            (address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET
        )
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended.set()
        # Closing alone would leave the thread in accept().
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def url(self, path="/photo.jpg", *, host="127.0.0.1", scheme="http"):
        return f"{scheme}://{host}:{self.port}{path}"

    def _accept(self):
        while not self.ended.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            script = self._scripts[min(self.connections, len(self._scripts) - 1)]
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection, script), daemon=True).start()

    def _serve(self, connection, script):
        with contextlib.suppress(OSError, ssl.SSLError), connection:
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection:
                request = read_request(connection)
                self.requests.append(request)
                script(connection, request, self)


def read_request(connection):
    """One request, with its body if it has one."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def sends(*pieces):
    """A script that sends these bytes and closes."""

    def script(connection, request, host):
        for piece in pieces:
            connection.sendall(piece)

    return script


def drips(start, piece=b"x", *, every_s=0.02):
    """A script that sends a start, then one piece after another until the test is over."""

    def script(connection, request, host):
        connection.sendall(start)
        while not host.ended.wait(every_s):
            connection.sendall(piece)

    return script


def stays_silent(connection, request, host):
    """A script that never answers."""
    host.ended.wait(60)
