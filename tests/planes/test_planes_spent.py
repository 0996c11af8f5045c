"""How long planes take is added up wherever they are made."""

from __future__ import annotations

import time

import numpy as np
import pytest

from studio_detector.planes import Planes, colour
from studio_detector.planes.spent import Spent, plane


class Thing:
    def __init__(self):
        self.spent = Spent()
        self.made = []

    @plane
    def slow(self):
        """A plane."""
        self.made.append("slow")
        time.sleep(0.01)
        return 7

    @plane
    def outer(self):
        time.sleep(0.01)
        return self.slow + 1


def test_a_plane_is_made_once_and_its_time_counts_once():
    """Asking again costs nothing."""
    thing = Thing()

    assert (7, 7) == (thing.slow, thing.slow)
    spent = thing.spent.milliseconds
    assert thing.slow == 7

    assert ["slow"] == thing.made
    assert 10 <= spent == thing.spent.milliseconds


def test_a_plane_made_for_another_is_not_counted_twice():
    """The time is that on the clock."""
    thing = Thing()
    begun = time.perf_counter()

    assert 8 == thing.outer

    assert 20 <= thing.spent.milliseconds <= (time.perf_counter() - begun) * 1000


def test_what_fails_is_counted_and_the_next_one_too():
    """The depth is right afterwards."""
    spent = Spent()
    with pytest.raises(ZeroDivisionError), spent:
        _ = 1 / 0
    before = spent.milliseconds
    with spent:
        time.sleep(0.005)

    assert spent.milliseconds >= before + 5


def test_reduced_planes_count_with_those_of_the_picture(monkeypatch):
    """They are the same picture's."""
    made = colour.luma
    monkeypatch.setattr(colour, "luma", lambda rgb: (time.sleep(0.01), made(rgb))[1])
    planes = Planes(np.full((600, 500, 3), 90, np.uint8))

    _ = planes.reduced.luma

    assert 10 <= planes.spent.milliseconds
    assert "Luma" in Planes.luma.__doc__
