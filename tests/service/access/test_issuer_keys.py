"""The issuer is asked now and then, spared when it is away, and never asked twice at once."""

from __future__ import annotations

import threading

import pytest

from service.store.store_examples import at_once
from studio_detector.errors import AccessError, FetchError
from studio_detector.service.access.issuer_keys import FRESH_S, PAUSE_S, STALE_S, IssuerKeys


class Load:
    """Gives a key set, or fails."""

    def __init__(self, data):
        self.data = data
        self.failure = None
        self.calls = 0

    def __call__(self):
        self.calls += 1
        if self.failure is not None:
            raise self.failure
        return self.data


@pytest.fixture
def load(issuer):
    return Load(issuer.key_set())


@pytest.fixture
def seconds():
    return [1000.0]


@pytest.fixture
def keys(load, seconds):
    return IssuerKeys(load, ["RS256", "EdDSA"], clock=lambda: seconds[0])


FAILURES = [
    FetchError("id.example answered with status 500", code="fetch_failed"),
    FileNotFoundError("keys.json"),
    ValueError("it is no set"),
]


def test_keys_are_loaded_once_and_remembered(keys, load, seconds):
    assert keys.recall() is None
    found = keys.current()
    seconds[0] += FRESH_S - 1
    assert keys.current() is found
    assert keys.recall() is found
    assert load.calls == 1
    seconds[0] += 1
    assert keys.recall() is None
    assert keys.current() is not found
    assert load.calls == 2


def test_an_unknown_key_has_them_loaded_anew_but_not_often(keys, load, seconds):
    keys.current()
    for _ in range(100):
        keys.renewed()
    assert load.calls == 1
    seconds[0] += PAUSE_S
    for _ in range(100):
        keys.renewed()
    assert load.calls == 2


@pytest.mark.parametrize("failure", FAILURES)
def test_while_the_issuer_is_away_its_keys_go_on_for_a_while(keys, load, seconds, failure):
    found = keys.current()
    load.failure = failure
    seconds[0] += FRESH_S
    assert keys.current() is found
    assert load.calls == 2
    assert keys.recall() is found
    seconds[0] += PAUSE_S - 1
    assert keys.current() is found
    assert load.calls == 2
    seconds[0] += 1
    assert keys.recall() is None
    assert keys.current() is found
    assert load.calls == 3
    seconds[0] += STALE_S
    with pytest.raises(AccessError) as caught:
        keys.current()
    assert caught.value.code == "auth_unavailable"


@pytest.mark.parametrize("failure", FAILURES)
def test_without_keys_tokens_cannot_be_checked_and_the_issuer_is_spared(
    keys, load, seconds, failure
):
    load.failure = failure
    for _ in range(10):
        with pytest.raises(AccessError) as caught:
            keys.current()
        assert caught.value.code == "auth_unavailable"
        assert caught.value.retry_after_s == PAUSE_S
    assert load.calls == 1
    load.failure = None
    seconds[0] += PAUSE_S
    assert keys.current().find("rsa", "RS256") is not None


def test_a_set_that_lost_all_its_keys_does_not_replace_a_good_one(keys, load, seconds):
    found = keys.current()
    load.data = b'{"keys": []}'
    seconds[0] += FRESH_S
    assert keys.current() is found


def test_many_who_come_at_once_ask_once(issuer):
    calls = []
    others = threading.Event()

    def load():
        calls.append(1)
        others.wait(0.2)
        return issuer.key_set()

    keys = IssuerKeys(load, ["RS256"], clock=lambda: 1000.0)
    outcomes = at_once(8, lambda _: keys.current())
    assert len(calls) == 1
    assert len({id(outcome) for outcome in outcomes}) == 1


def test_who_knows_a_key_does_not_wait_for_the_issuer(issuer, seconds):
    started, ended = threading.Event(), threading.Event()

    def load():
        if started.is_set():
            ended.wait(30)
        started.set()
        return issuer.key_set()

    keys = IssuerKeys(load, ["RS256"], clock=lambda: seconds[0])
    found = keys.current()
    seconds[0] += FRESH_S
    slow = threading.Thread(target=keys.current)
    slow.start()
    try:
        # Once the other has begun to ask, what is at hand will do.
        while keys.recall() is None:
            pass
        assert keys.current() is found
    finally:
        ended.set()
        slow.join()
