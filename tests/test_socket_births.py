"""A leak is of use only to who learns where it began."""

from __future__ import annotations

import re
import socket


def test_an_open_socket_says_where_it_was_opened():
    """Python's warning of one that was not closed repeats it."""
    with socket.socket() as one:
        assert re.search(r"opened in \S+test_socket_births\.py::test_an_open", repr(one))
        assert re.search(r"\(call\): \S+/test_socket_births\.py:\d+ test_an_open", repr(one))


def test_the_two_ends_of_a_connection_do_too():
    """Also the one that was accepted."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as near,
        server.accept()[0] as far,
    ):
        assert re.search(r" create_connection < \S+:\d+ test_the_two_ends", repr(near))
        assert re.search(r" accept < \S+:\d+ test_the_two_ends", repr(far))


def test_one_that_is_closed_looks_as_ever():
    """And works as ever."""
    one = socket.socket()
    one.close()

    assert "[closed]" in repr(one)
    assert "opened in" not in repr(one)
    assert one._closed is True
