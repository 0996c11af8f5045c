"""A connection to a server that tests can cut, refuse and freeze."""

from __future__ import annotations

import contextlib
import socket
import threading
from urllib.parse import urlsplit, urlunsplit


class TcpProxy:
    """Passes bytes between its port and a server, as long as it is told to.

    Attributes:
        port: Where it listens on 127.0.0.1; the same after `restore`.
    """

    def __init__(self, host, port):
        self._server = (host, port)
        self._lock = threading.Lock()
        self._sockets = set()
        self._passing = threading.Event()
        self._passing.set()
        self._listener = None
        self.port = 0
        self._listen()

    @classmethod
    def before(cls, url):
        """A proxy before the server of an address, and the address through it."""
        parts = urlsplit(url)
        proxy = cls(parts.hostname, parts.port)
        login = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
        through = parts._replace(netloc=f"{login}127.0.0.1:{proxy.port}")
        return proxy, urlunsplit(through)

    def refuse(self):
        """Cut every connection and refuse new ones, as if the server were stopped."""
        with self._lock:
            listener, self._listener = self._listener, None
        if listener is not None:
            # Closing alone would leave a thread in accept().
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.cut()

    def cut(self):
        """Cut every connection; new ones are taken."""
        with self._lock:
            sockets, self._sockets = self._sockets, set()
        for one in sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def freeze(self):
        """Take connections and bytes, and pass nothing on, as if the machine were gone."""
        self._passing.clear()

    def restore(self):
        """Pass everything again."""
        self._passing.set()
        with self._lock:
            if self._listener is not None:
                return
        self._listen()

    def close(self):
        """End everything."""
        self._passing.set()
        self.refuse()

    def _listen(self):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(128)
        self.port = listener.getsockname()[1]
        with self._lock:
            self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(self._server, timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            for one in (near, far):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                if self._listener is not listener:
                    near.close()
                    far.close()
                    return
                self._sockets |= {near, far}
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._passing.wait()
                target.sendall(data)
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        with self._lock:
            self._sockets -= {source, target}
