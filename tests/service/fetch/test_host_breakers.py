"""A host that fails again and again is left alone; others are not."""

from __future__ import annotations

import threading
from contextlib import suppress

import pytest

from studio_detector.errors import FetchError
from studio_detector.service.fetch import breakers as breakers_module
from studio_detector.service.fetch.breakers import HostBreakers
from studio_detector.service.fetch.faults import away, failed, refused


class Clock:
    """Seconds that go on when a test says so."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breakers(clock):
    return HostBreakers(failures=3, pause_s=30.0, clock=clock)


def ends(breakers, host, error=None, *, is_alive=None):
    """Let one request end as told; True if it was let through."""
    try:
        with breakers.watch(host) as watch:
            watch.is_alive = is_alive
            if error is not None:
                raise error
    except FetchError as caught:
        return caught is error
    return True


def test_failures_in_a_row_close_a_host_and_no_other(breakers):
    for _ in range(3):
        assert ends(breakers, "a", away("gone"))
    assert not ends(breakers, "a")
    assert ends(breakers, "b", is_alive=True)
    assert breakers.left_alone() == 1


def test_the_refusal_is_passing_and_says_when_to_come_again(breakers):
    for _ in range(3):
        ends(breakers, "a", away("gone"))
    with pytest.raises(FetchError, match="left alone") as caught, breakers.watch("a"):
        pytest.fail("the request was let through")
    assert caught.value.code == "fetch_failed"
    assert caught.value.is_passing
    assert caught.value.retry_after_s == 30.0


def test_a_success_in_between_begins_the_count_again(breakers):
    for _ in range(4):
        ends(breakers, "a", away("gone"))
        ends(breakers, "a", away("gone"))
        ends(breakers, "a", is_alive=True)
    assert ends(breakers, "a", is_alive=True)


def test_an_answer_that_is_no_picture_counts_as_a_living_host(breakers):
    """404 is an answer: the host works, the picture is not there."""
    for _ in range(9):
        assert ends(breakers, "a", failed("404"), is_alive=True)
    assert breakers.left_alone() == 0


def test_a_status_noted_as_bad_counts_without_an_error(breakers):
    for _ in range(3):
        assert ends(breakers, "a", is_alive=False)
    assert not ends(breakers, "a")


def test_a_host_that_breaks_off_after_a_good_start_has_failed(breakers):
    for _ in range(3):
        assert ends(breakers, "a", away("broke off"), is_alive=True)
    assert not ends(breakers, "a")


def test_a_refused_address_says_nothing_about_the_host(breakers):
    for _ in range(2):
        ends(breakers, "a", away("gone"))
    for _ in range(9):
        assert ends(breakers, "a", refused("private"))
    ends(breakers, "a", away("gone"))
    assert not ends(breakers, "a")


def test_after_the_pause_one_request_finds_out(breakers, clock):
    for _ in range(3):
        ends(breakers, "a", away("gone"))
    clock.now = 31.0
    with breakers.watch("a") as watch:
        assert not ends(breakers, "a")
        watch.is_alive = True
    assert ends(breakers, "a", is_alive=True)
    assert breakers.left_alone() == 0


def test_a_host_that_fails_after_the_pause_is_left_alone_again(breakers, clock):
    for _ in range(3):
        ends(breakers, "a", away("gone"))
    clock.now = 31.0
    assert ends(breakers, "a", away("gone"))
    assert not ends(breakers, "a")
    clock.now = 62.0
    assert ends(breakers, "a", is_alive=True)


def test_a_list_of_hosts_does_not_fill_the_memory(breakers, monkeypatch):
    monkeypatch.setattr(breakers_module, "MOST_HOSTS", 10)
    for place in range(100):
        for _ in range(3):
            ends(breakers, f"h{place}", away("gone"))
    assert breakers.left_alone() == 10
    assert not ends(breakers, "h99")


def test_only_hosts_that_failed_are_remembered(breakers):
    for place in range(100):
        ends(breakers, f"h{place}", is_alive=True)
    assert len(breakers._failing) == 0


def test_threads_that_fail_together_close_a_host(breakers):
    barrier = threading.Barrier(8)

    def fail():
        with suppress(FetchError), breakers.watch("a"):
            barrier.wait(10)
            raise away("gone")

    threads = [threading.Thread(target=fail) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not ends(breakers, "a")


def test_the_log_does_not_say_which_host_it_was(breakers, caplog):
    """Names of hosts may be names of people, and a log is not erased."""
    caplog.set_level("INFO")
    for _ in range(3):
        ends(breakers, "anna.example", away("gone"))
    assert "a host failed 3 times" in caplog.text
    assert "anna" not in caplog.text
