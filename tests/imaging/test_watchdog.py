"""A deadline that acts from outside, and a clock that can be stopped."""

from __future__ import annotations

import threading

import pytest

from studio_detector.imaging.watchdog import Watchdog


@pytest.fixture
def bitten():
    return threading.Event()


@pytest.fixture
def watchdog(bitten):
    found = Watchdog(bitten.set)
    yield found
    found.close()


def test_it_bites_when_time_is_up(watchdog, bitten):
    """Once, and says so."""
    with watchdog.deadline(0.02):
        assert bitten.wait(30)

    assert watchdog.has_bitten


def test_it_leaves_alone_who_is_done(watchdog, bitten):
    """And a later, longer block as well."""
    with watchdog.deadline(0.02):
        pass
    with watchdog.deadline(30):
        assert not bitten.wait(0.1)

    assert not watchdog.has_bitten


def test_suspended_time_does_not_count(watchdog, bitten):
    """However long it lasts; what was left is left."""
    with watchdog.deadline(0.2):
        with watchdog.suspended():
            assert not bitten.wait(0.5)
        assert not watchdog.has_bitten
        assert bitten.wait(30)


def test_time_goes_on_after_a_suspension_that_fails(watchdog, bitten):
    """Whatever was raised in it."""
    with watchdog.deadline(0.1):
        with pytest.raises(ZeroDivisionError), watchdog.suspended():
            raise ZeroDivisionError
        assert bitten.wait(30)


def test_a_suspension_outside_a_deadline_starts_none(watchdog, bitten):
    """There is no time to count."""
    with watchdog.suspended():
        pass

    assert not bitten.wait(0.05)
