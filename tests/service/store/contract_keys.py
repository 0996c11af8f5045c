"""What every store promises about keys and nonces."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from service.store.store_examples import TENANT, at_once
from studio_detector.errors import RequestError
from studio_detector.service.store.keys import ApiKey

HOUR = timedelta(hours=1)


def new_key(clock, key_id="k1", **changes):
    """A key of the moment."""
    values = {
        "id": key_id,
        "tenant": TENANT,
        "name": "Büro",
        "role": "analyst",
        "secret_hash": "mark$" + "0f" * 32,
        "created_at": clock(),
    }
    return ApiKey(**(values | changes))


class KeysContract:
    """Keys and nonces."""

    def test_a_key_is_found_as_it_was_made(self, store, clock):
        key = new_key(
            clock, scopes=("analyse", "read"), expires_at=clock() + HOUR, last_used_at=clock()
        )
        assert store.keys.create(key) == key
        assert store.keys.find("k1") == store.keys.get("k1") == key

    def test_a_key_that_signs_has_a_public_half_alone(self, store, clock):
        key = new_key(clock, secret_hash=None, public_key="AAAA")
        store.keys.create(key)
        assert store.keys.get("k1") == key

    @pytest.mark.parametrize("both", [{"public_key": "AAAA"}, {"secret_hash": None}])
    def test_a_key_of_both_kinds_or_none_is_not_kept(self, store, clock, both):
        with pytest.raises(Exception, match="api_keys_one_kind"):
            store.keys.create(new_key(clock, **both))
        assert store.keys.find("k1") is None

    @pytest.mark.parametrize("key_id", ["nobody", "", "x" * 10_000, "a\0b", "' OR 1=1 --"])
    def test_there_is_no_other_key(self, store, clock, key_id):
        store.keys.create(new_key(clock))
        assert store.keys.find(key_id) is None
        with pytest.raises(RequestError) as caught:
            store.keys.get(key_id)
        assert caught.value.code == "key_unknown"

    def test_keys_are_listed_by_tenant_the_newest_first(self, store, clock):
        for number, tenant in enumerate(("a", "b", "a")):
            store.keys.create(new_key(clock, f"k{number}", tenant=tenant))
            clock.move(1)
        assert [key.id for key in store.keys.find_all()] == ["k2", "k1", "k0"]
        assert [key.id for key in store.keys.find_all("a")] == ["k2", "k0"]

    def test_a_revoked_key_stays_revoked_from_the_first_time_on(self, store, clock):
        store.keys.create(new_key(clock))
        first = clock()
        assert store.keys.get("k1").is_live(first)
        assert store.keys.revoke("k1", first).revoked_at == first
        clock.move(60)
        assert store.keys.revoke("k1", clock()).revoked_at == first
        assert not store.keys.get("k1").is_live(clock())
        with pytest.raises(RequestError):
            store.keys.revoke("k2", first)

    def test_a_key_expires_at_its_moment(self, clock):
        key = new_key(clock, expires_at=clock() + HOUR)
        assert key.is_live(clock() + HOUR - timedelta(microseconds=1))
        assert not key.is_live(clock() + HOUR)

    def test_a_rotated_key_lives_on_for_the_grace(self, store, clock):
        store.keys.create(new_key(clock))
        new = new_key(clock, "k2", replaces="k1")
        old = store.keys.rotate(new, old_expires_at=clock() + HOUR)
        assert old.expires_at == clock() + HOUR
        assert store.keys.get("k1") == old
        assert store.keys.get("k2") == new

    def test_rotation_never_makes_a_key_live_longer(self, store, clock):
        store.keys.create(new_key(clock, expires_at=clock() + HOUR / 2))
        old = store.keys.rotate(new_key(clock, "k2", replaces="k1"), old_expires_at=clock() + HOUR)
        assert old.expires_at == clock() + HOUR / 2

    @pytest.mark.parametrize("state", ["missing", "revoked", "expired", "rotated"])
    def test_only_a_live_key_is_rotated_and_once(self, store, clock, state):
        key = new_key(clock, expires_at=clock() + HOUR if state == "expired" else None)
        if state != "missing":
            store.keys.create(key)
        if state == "revoked":
            store.keys.revoke("k1", clock())
        if state == "expired":
            clock.move(3601)
        if state == "rotated":
            store.keys.rotate(new_key(clock, "k3", replaces="k1"), old_expires_at=clock() + HOUR)
        with pytest.raises(RequestError) as caught:
            store.keys.rotate(new_key(clock, "k2", replaces="k1"), old_expires_at=clock() + HOUR)
        assert caught.value.code == "key_unknown"
        assert store.keys.find("k2") is None

    def test_of_many_rotations_at_once_one_succeeds(self, store, clock):
        store.keys.create(new_key(clock))
        outcomes = at_once(
            6,
            lambda number: store.keys.rotate(
                new_key(clock, f"n{number}", replaces="k1"), old_expires_at=clock() + HOUR
            ),
        )
        assert sum(isinstance(outcome, ApiKey) for outcome in outcomes) == 1
        assert len(store.keys.find_all()) == 2

    def test_of_many_first_keys_at_once_one_is_kept(self, store, clock):
        assert not store.keys.first_exists()
        made = at_once(6, lambda number: store.keys.create_first(new_key(clock, f"f{number}")))
        assert sorted(made) == [False] * 5 + [True]
        assert store.keys.first_exists()
        assert len(store.keys.find_all()) == 1

    def test_a_revoked_key_is_no_reason_for_another_first_one(self, store, clock):
        store.keys.create(new_key(clock))
        store.keys.revoke("k1", clock())
        assert not store.keys.create_first(new_key(clock, "k2"))

    def test_a_last_use_is_written_once_in_a_while(self, store, clock):
        store.keys.create(new_key(clock))
        first = clock()
        minute = timedelta(seconds=60)
        store.keys.used("k1", first, unless_since=first - minute)
        clock.move(59)
        store.keys.used("k1", clock(), unless_since=clock() - minute)
        assert store.keys.get("k1").last_used_at == first
        clock.move(2)
        store.keys.used("k1", clock(), unless_since=clock() - minute)
        assert store.keys.get("k1") == replace(
            new_key(clock), created_at=first, last_used_at=clock()
        )

    def test_a_nonce_is_good_once_for_each_key(self, store, clock):
        until = clock() + HOUR
        assert store.nonces.take("k1", "n", until)
        assert not store.nonces.take("k1", "n", until)
        assert store.nonces.take("k2", "n", until)
        assert store.nonces.take("k1", "N", until)

    def test_of_many_who_use_a_nonce_at_once_one_succeeds(self, store, clock):
        until = clock() + HOUR
        outcomes = at_once(8, lambda _: store.nonces.take("k1", "n", until))
        assert sorted(outcomes) == [False] * 7 + [True]

    def test_nonces_are_forgotten_once_expired(self, store, clock):
        store.nonces.take("k1", "short", clock() + HOUR)
        store.nonces.take("k1", "long", clock() + 2 * HOUR)
        assert store.nonces.forget(clock() + HOUR) == 0
        assert store.nonces.forget(clock() + HOUR * 1.5) == 1
        assert store.nonces.take("k1", "short", clock() + HOUR)
        assert not store.nonces.take("k1", "long", clock() + HOUR)
