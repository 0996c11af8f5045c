"""Keys are recognised, remembered for seconds, and refused alike for every reason."""

from __future__ import annotations

import hmac
import logging
import sqlite3

import pytest

from studio_detector.errors import AccessError, BusyError
from studio_detector.service.access import key_text, known_keys
from studio_detector.service.access.api_keys import ApiKeys
from studio_detector.service.access.key_hashes import KeyHashes
from studio_detector.service.access.key_text import new_id, new_key
from studio_detector.service.access.known_keys import REMEMBERED_S, KnownKeys
from studio_detector.service.access.last_uses import WRITTEN_EVERY_S, LastUses
from studio_detector.service.access.roles import SCOPES, Role
from studio_detector.service.secret import ServiceSecret


class Seconds:
    """A monotonic clock that stands still until it is moved."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class CountedKeys:
    """The keys of the store, counting what is asked."""

    def __init__(self, keys):
        self._keys = keys
        self.asked = []
        self.is_away = False

    def find(self, key_id):
        self.asked.append(key_id)
        if self.is_away:
            raise BusyError("the database gave no answer", code="store_unavailable")
        return self._keys.find(key_id)


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
def counted(store):
    return CountedKeys(store.keys)


@pytest.fixture
def known(counted, secret, uses, clock, seconds):
    return KnownKeys(counted, KeyHashes(secret), uses, clock=clock, monotonic=seconds)


def refusal(known, text):
    with pytest.raises(AccessError) as caught:
        known.recognise(text)
    assert caught.value.code == "unauthenticated"
    return caught.value.message


def test_a_key_says_who_has_it(known, api_keys):
    issued = api_keys.create(tenant="acme", role=Role.OPERATOR)
    principal = known.recognise(issued.secret)
    assert principal.tenant == "acme"
    assert principal.actor == f"key:{issued.key.id}"
    assert principal.scopes == SCOPES[Role.OPERATOR]


def test_a_key_is_remembered_for_some_seconds(known, api_keys, counted, seconds):
    text = api_keys.create().secret
    assert known.recall(text) is None
    principal = known.recognise(text)
    assert known.recall(text) == principal
    assert len(counted.asked) == 1
    seconds.now += REMEMBERED_S
    assert known.recall(text) is None


def test_a_revoked_key_is_refused_within_those_seconds(known, api_keys, store, seconds):
    issued = api_keys.create()
    known.recognise(issued.secret)
    store.keys.revoke(issued.key.id, store.clock())
    refusal(known, issued.secret)
    assert known.recall(issued.secret) is not None
    seconds.now += REMEMBERED_S
    assert known.recall(issued.secret) is None
    refusal(known, issued.secret)


def test_an_expired_key_is_refused_at_once_though_remembered(known, api_keys, clock):
    issued = api_keys.create(expires_in_s=60)
    known.recognise(issued.secret)
    clock.move(60)
    assert known.recall(issued.secret) is None
    refusal(known, issued.secret)


def test_memory_holds_no_key_and_has_a_bound(known, api_keys, monkeypatch):
    monkeypatch.setattr(known_keys, "_MOST_REMEMBERED", 3)
    texts = [api_keys.create().secret for _ in range(5)]
    for text in texts:
        known.recognise(text)
    assert [known.recall(text) is not None for text in texts] == [False, False, True, True, True]
    assert not [text for text in texts if text in str(known._remembered)]


def test_every_refusal_says_the_same(known, api_keys, clock, store):
    good = api_keys.create()
    revoked = api_keys.create()
    store.keys.revoke(revoked.key.id, store.clock())
    expired = api_keys.create(expires_in_s=1)
    clock.move(2)
    signing = api_keys.create(is_signing=True)
    texts = [
        "sk_",
        good.secret[:-1] + ("a" if good.secret[-1] != "a" else "b"),
        new_key(new_id()).text,
        new_key(good.key.id).text,
        new_key(signing.key.id).text,
        revoked.secret,
        expired.secret,
        ApiKeys(store, ServiceSecret("t" * 40)).create().secret,
    ]
    assert len({refusal(known, text) for text in texts}) == 1
    assert all(text not in refusal(known, text) for text in texts)


def test_a_key_that_was_typed_wrong_costs_no_question_to_the_database(known, api_keys, counted):
    text = api_keys.create().secret
    for place in range(3, len(text)):
        typed = text[:place] + ("a" if text[place] != "a" else "b") + text[place + 1 :]
        refusal(known, typed)
    assert counted.asked == []


@pytest.mark.parametrize("case", ["unknown", "wrong", "signing", "revoked", "good"])
def test_the_same_work_is_done_whatever_the_key(known, api_keys, store, counted, monkeypatch, case):
    """Time must not tell which ids there are: nothing here measures it, it counts the work."""
    compared, hashed = [], []
    compare, digest = hmac.compare_digest, hmac.digest
    good, signing, revoked = (
        api_keys.create(),
        api_keys.create(is_signing=True),
        api_keys.create(),
    )
    store.keys.revoke(revoked.key.id, store.clock())
    text = {
        "unknown": new_key(new_id()).text,
        "wrong": new_key(good.key.id).text,
        "signing": new_key(signing.key.id).text,
        "revoked": revoked.secret,
        "good": good.secret,
    }[case]
    monkeypatch.setattr(hmac, "compare_digest", lambda *two: compared.append(two) or compare(*two))
    monkeypatch.setattr(hmac, "digest", lambda *given: hashed.append(given) or digest(*given))
    if case == "good":
        known.recognise(text)
    else:
        refusal(known, text)
    assert len(counted.asked) == 1
    assert len(hashed) == 1
    ((kept, sent),) = compared
    assert len(kept) == len(sent)


def test_keys_of_two_tenants_do_not_open_each_others(known, api_keys):
    a, b = api_keys.create(tenant="a"), api_keys.create(tenant="b")
    assert known.recognise(a.secret).tenant == "a"
    assert known.recognise(b.secret).tenant == "b"
    mixed = a.secret[:16] + b.secret[16:]
    refusal(known, mixed)


def test_a_row_moved_to_another_id_opens_nothing(known, api_keys, store, tmp_path):
    """The hash is of the whole key, so that a row is worth nothing under another name."""
    mine, admins = api_keys.create(role=Role.VIEWER), api_keys.create(role=Role.ADMIN)
    with sqlite3.connect(tmp_path / "store.sqlite") as connection:
        connection.execute(
            "UPDATE api_keys SET secret_hash = (SELECT secret_hash FROM api_keys WHERE id = ?) "
            "WHERE id = ?",
            (mine.key.id, admins.key.id),
        )
    connection.close()
    body = mine.secret.replace(mine.key.id, admins.key.id)[:-6]
    moved = body + key_text._check(body)
    assert key_text.read_key(moved).id == admins.key.id
    refusal(known, moved)
    assert known.recognise(mine.secret).scopes == SCOPES[Role.VIEWER]


def test_while_the_database_is_away_the_remembered_go_on(known, api_keys, counted):
    text = api_keys.create().secret
    known.recognise(text)
    counted.is_away = True
    assert known.recall(text) is not None
    with pytest.raises(BusyError) as caught:
        known.recognise(new_key(new_id()).text)
    assert caught.value.code == "store_unavailable"


def test_uses_are_noted_once_a_minute(known, api_keys, store, uses, clock):
    issued = api_keys.create()
    first = clock()
    known.recognise(issued.secret)
    clock.move(WRITTEN_EVERY_S - 1)
    known.recognise(issued.secret)
    uses.close()
    assert store.keys.get(issued.key.id).last_used_at == first
    others = LastUses(store.keys)
    others.note(store.keys.get(issued.key.id), clock())
    clock.move(1)
    others.note(store.keys.get(issued.key.id), clock())
    others.close()
    assert store.keys.get(issued.key.id).last_used_at == clock()


def test_a_refused_key_is_not_noted_as_used(known, api_keys, store, uses):
    issued = api_keys.create()
    refusal(known, new_key(issued.key.id).text)
    uses.close()
    assert store.keys.get(issued.key.id).last_used_at is None


def test_that_a_use_cannot_be_noted_disturbs_nobody(
    known, api_keys, store, uses, monkeypatch, caplog
):
    def away(*_, **__):
        raise BusyError("the database gave no answer", code="store_unavailable")

    monkeypatch.setattr(store.keys, "used", away)
    issued = api_keys.create()
    with caplog.at_level(logging.INFO):
        assert known.recognise(issued.secret).actor == f"key:{issued.key.id}"
        uses.close()
    assert "was not noted" in caplog.text


def test_whoever_is_late_is_still_recognised(known, api_keys, uses, store):
    """Also when the process is about to end, and notes nothing more."""
    issued = api_keys.create()
    uses.close()
    assert known.recognise(issued.secret).actor == f"key:{issued.key.id}"
    assert store.keys.get(issued.key.id).last_used_at is None


def test_a_key_of_another_secret_is_told_of_once(known, store, caplog):
    issued = ApiKeys(store, ServiceSecret("t" * 40)).create()
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            refusal(known, issued.secret)
    (record,) = caplog.records
    assert issued.key.id in record.getMessage()
    assert issued.secret not in record.getMessage()
