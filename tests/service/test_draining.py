"""How long what runs may take once the end has begun."""

from __future__ import annotations

from studio_detector.service.draining import Draining


class Clock:
    now = 50.0

    def __call__(self):
        return self.now


def test_all_of_the_time_is_left_until_the_end_begins():
    """However long the process has run."""
    clock = Clock()
    draining = Draining(20.0, monotonic=clock)

    clock.now += 1_000

    assert (False, 20.0) == (draining.is_set(), draining.left_s())


def test_the_time_is_spent_once():
    """By whoever waits, one after the other; a second call begins nothing anew."""
    clock = Clock()
    draining = Draining(20.0, monotonic=clock)

    draining.set()
    clock.now += 15
    draining.set()

    assert (True, 5.0) == (draining.is_set(), draining.left_s())
    clock.now += 15
    assert 0.0 == draining.left_s()


def test_a_hurry_leaves_none():
    """A second signal says so."""
    draining = Draining(20.0)
    draining.set()

    draining.hurry.set()

    assert 0.0 == draining.left_s()
