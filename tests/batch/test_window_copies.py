"""Copies of one photo that come and go while others are looked up: nobody waits for ever."""

from __future__ import annotations

import pytest

from studio_detector.batch.window import OF_THE_RUN, Ticket, Window

DIGEST = "a" * 64
ROW = {"label": "studio", "confidence": 0.9}


class Seen:
    """Remembers nothing; lets something happen while it is asked."""

    def __init__(self):
        self.meanwhile = None

    def get(self, sha256):
        del sha256
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()

    def put(self, sha256, row):
        pass


def test_a_copy_that_leaves_does_not_take_the_followers_of_a_later_one_along():
    """A and B are done; C leads and looks in the memory while D follows and B leaves."""
    seen = Seen()
    window = Window(8, seen)
    a, b, c, d = (Ticket(name, name) for name in "ABCD")
    for ticket in (a, b, c, d):
        window.admit(ticket)
    window.claim(a, DIGEST, 1)
    window.claim(b, DIGEST, 1)
    window.settle(a, ROW)
    window.next_row()

    def meanwhile():
        window.claim(d, DIGEST, 1)
        window.next_row()

    seen.meanwhile = meanwhile
    if window.claim(c, DIGEST, 1):
        window.settle(c, ROW)
    window.next_row()

    assert d.row is not None


@pytest.mark.parametrize("code", ["not_found", "no_permission", "read_failed", "crashed"])
def test_what_befell_one_path_is_not_told_of_its_copies(code):
    assert code in OF_THE_RUN
