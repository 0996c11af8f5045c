"""The window between one consumer and the workers, driven step by step in one thread."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pool_photos import SeenInMemory, code
from studio_detector.batch.window import Ticket, Window

GOOD = {"path": None, "confidence": 0.75}
CRASHED = {"path": None, "error": {"code": "crashed", "message": "it did"}}


def _digest(content):
    return f"{content:064x}"


class TestCopies:
    """One of several equal photos is analysed; in the end each has its row."""

    @given(data=st.data())
    def test_any_order_of_work_gives_the_same_rows(self, data):
        """Workers read, finish and crash in any order; rows never tell, and nothing is stuck."""
        contents = data.draw(st.lists(st.integers(0, 2), min_size=1, max_size=10))
        window = Window(len(contents), seen := SeenInMemory())
        tickets = [Ticket(str(index), b"x") for index in range(len(contents))]
        content_of = dict(zip(map(id, tickets), contents, strict=True))
        for ticket in tickets:
            window.admit(ticket)
        assert not window.has_room

        analysed, working, waiting = [], [], list(tickets)
        while waiting or working or not window._tasks.empty():
            while not window._tasks.empty():
                ticket = window.take()
                if ticket not in waiting:
                    waiting.append(ticket)
            ready = [(ticket, "read") for ticket in waiting]
            ready += [(ticket, "finish") for ticket in working]
            ticket, step = data.draw(st.sampled_from(ready))
            content = content_of[id(ticket)]
            if step == "read":
                waiting.remove(ticket)
                if window.claim(ticket, _digest(content), 1):
                    working.append(ticket)
            else:
                working.remove(ticket)
                analysed.append(content)
                window.settle(ticket, {**GOOD, "content": content})

        rows = [window.next_row() for _ in contents]
        assert [str(index) for index in range(len(contents))] == [row["path"] for row in rows]
        assert contents == [row["content"] for row in rows]
        assert sorted(set(contents)) == sorted(analysed)
        firsts = [str(contents.index(content)) for content in contents]
        assert firsts == [row.get("duplicate_of", row["path"]) for row in rows]
        assert {_digest(content) for content in contents} == set(seen.rows)
        assert {} == window._copies
        assert 0 == window._waiting_bytes
        assert window.is_empty

    def test_copies_that_wait_for_a_crash_are_handed_out_again(self):
        """Each gets its own try, and the row of the crash belongs to one."""
        window = Window(3, SeenInMemory())
        tickets = [Ticket(name, name) for name in "abc"]
        for ticket in tickets:
            window.admit(ticket)
            window.take()
        assert [True, False, False] == [window.claim(ticket, _digest(1), 1) for ticket in tickets]
        window.settle(tickets[0], CRASHED)
        assert tickets[1:] == [window.take(), window.take()]
        assert [True, False] == [window.claim(ticket, _digest(1), 1) for ticket in tickets[1:]]
        window.settle(tickets[1], GOOD)

        rows = [window.next_row() for _ in "abc"]
        assert ["crashed", None, None] == [code(row) for row in rows]
        assert [None, None, "b"] == [row.get("duplicate_of") for row in rows]

    def test_a_file_that_changed_between_two_tries_frees_its_copies(self):
        """They are not tied to bytes that are no more."""
        window = Window(2, SeenInMemory())
        changing, copy = Ticket("changing", "x"), Ticket("copy", "y")
        for ticket in (changing, copy):
            window.admit(ticket)
            window.take()
        assert window.claim(changing, _digest(1), 1)
        assert not window.claim(copy, _digest(1), 1)
        assert window.claim(changing, _digest(2), 1)
        assert copy is window.take()
        assert window.claim(copy, _digest(1), 1)
        window.settle(changing, GOOD)
        window.settle(copy, GOOD)

        assert [_digest(2), _digest(1)] == [window.next_row()["sha256"] for _ in "ab"]

    def test_being_asked_again_after_a_crash_is_no_copy_of_itself(self):
        """The second try of the same photo is wanted."""
        window = Window(1, SeenInMemory())
        ticket = Ticket("a", "a")
        window.admit(ticket)

        assert window.claim(ticket, _digest(1), 1)
        assert window.claim(ticket, _digest(1), 1)


class TestBounds:
    """What may be in flight."""

    def test_bytes_that_wait_are_bounded_besides_their_number(self, monkeypatch):
        """Large members of an archive; one is always let in, and room comes back."""
        monkeypatch.setattr("studio_detector.batch.window._MOST_WAITING_BYTES", 10)
        window = Window(100, None)
        ticket = Ticket("a", bytes(50))
        assert window.has_room
        window.admit(ticket)
        assert not window.has_room
        window.settle(ticket, GOOD)

        assert window.has_room
        assert ticket.source is None

    def test_a_failure_of_the_run_comes_behind_finished_rows(self):
        """The first of several is told."""
        window = Window(2, None)
        for name in "ab":
            window.admit(Ticket(name, name))
        window.settle(window.take(), GOOD)
        window.fail(ZeroDivisionError("first"))
        window.fail(KeyError("second"))

        assert "a" == window.next_row()["path"]
        with pytest.raises(ZeroDivisionError, match="first"):
            window.next_row()
