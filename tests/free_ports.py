"""Ports for servers that tests start as processes."""

from __future__ import annotations

import random
import socket

# Below those that systems give to whoever wants any: between finding a port free and the start
# of a server on it, another test's connection would be given it.
_FIRST, _LAST = 20_000, 32_000
_CHANCE = random.SystemRandom()


def free_port():
    """A port of this machine that nobody listens on."""
    while True:
        port = _CHANCE.randint(_FIRST, _LAST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
