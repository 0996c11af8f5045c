"""Keys are made, replaced and taken back, and shown once."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from studio_detector.errors import RequestError
from studio_detector.service.access.api_keys import ApiKeys, first_key
from studio_detector.service.access.principal import Principal, principal_of
from studio_detector.service.access.roles import SCOPES, Role, Scope
from studio_detector.service.access.signing_keys import read_public
from studio_detector.service.secret import ServiceSecret

DAY_S = 86_400.0


def test_the_store_holds_nothing_that_could_be_sent(api_keys, store, tmp_path):
    issued = api_keys.create(name="cron", role=Role.VIEWER)
    database = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert issued.key.id.encode() in database
    assert issued.secret.encode() not in database
    assert issued.secret[16:].encode() not in database
    assert issued.secret not in repr(issued)


def test_of_a_pair_only_the_public_half_is_kept(api_keys, store, tmp_path):
    issued = api_keys.create(is_signing=True)
    private = load_pem_private_key(issued.secret.encode(), password=None)
    assert read_public(issued.key.public_key) == private.public_key()
    assert issued.key.secret_hash is None
    database = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for secret in (private.private_bytes_raw(), issued.secret.split("\n")[1].encode()):
        assert secret not in database


@pytest.mark.parametrize("role", list(Role))
def test_a_key_may_what_its_role_may(api_keys, role):
    key = api_keys.create(tenant="acme", role=role).key
    assert principal_of(key) == Principal(tenant="acme", actor=f"key:{key.id}", scopes=SCOPES[role])


def test_a_key_may_be_given_less(api_keys, store):
    key = api_keys.create(role=Role.ANALYST, scopes={Scope.ANALYSE}).key
    assert principal_of(store.keys.get(key.id)).scopes == {Scope.ANALYSE}


@pytest.mark.parametrize(
    "changes",
    [
        {"scopes": {Scope.ADMINISTER}, "role": Role.ANALYST},
        {"scopes": {Scope.READ, Scope.OPERATE}, "role": Role.VIEWER},
        {"scopes": set()},
        {"tenant": ""},
        {"tenant": "Acme"},
        {"tenant": "../other"},
        {"tenant": "a/b"},
        {"tenant": ".hidden"},
        {"tenant": "a" * 65},
        {"tenant": "a\n"},
        {"name": "x" * 101},
        {"name": "two\nlines"},
        {"expires_in_s": 0},
        {"expires_in_s": -1},
        {"expires_in_s": float("nan")},
        {"expires_in_s": float("inf")},
        {"expires_in_s": 1e12},
    ],
)
def test_what_cannot_be_a_key_is_not_made(api_keys, store, changes):
    with pytest.raises(RequestError) as caught:
        api_keys.create(**changes)
    assert caught.value.code == "request_invalid"
    assert not store.keys.first_exists()


@pytest.mark.parametrize(
    ("role", "scopes", "may"),
    [("emperor", None, set()), ("viewer", "administer read", {Scope.READ}), ("admin", "", set())],
)
def test_what_this_release_does_not_know_permits_nothing(
    api_keys, store, tmp_path, role, scopes, may
):
    """A later release wrote it, or somebody by hand."""
    key = api_keys.create(role=Role.ADMIN).key
    with sqlite3.connect(tmp_path / "store.sqlite") as connection:
        connection.execute("UPDATE api_keys SET role = ?, scopes = ?", (role, scopes))
    connection.close()
    assert principal_of(store.keys.get(key.id)).scopes == may


@pytest.mark.parametrize("is_signing", [False, True])
def test_a_rotated_key_gives_its_place_to_one_like_it(api_keys, store, clock, is_signing):
    old = api_keys.create(
        tenant="acme",
        name="cron",
        role=Role.OPERATOR,
        scopes={Scope.READ},
        expires_in_s=10 * DAY_S,
        is_signing=is_signing,
    )
    clock.move(DAY_S)
    new, left = api_keys.rotate(old.key.id, grace_s=3600)
    assert new.secret != old.secret
    same = ("tenant", "name", "role", "scopes")
    assert [getattr(new.key, name) for name in same] == [getattr(old.key, name) for name in same]
    assert (new.key.public_key is None) == (old.key.public_key is None)
    assert new.key.replaces == old.key.id
    assert new.key.expires_at == clock() + timedelta(days=10)
    assert left.expires_at == clock() + timedelta(hours=1)
    assert store.keys.get(old.key.id).is_live(clock())
    clock.move(3600)
    assert not store.keys.get(old.key.id).is_live(clock())
    assert store.keys.get(new.key.id).is_live(clock())


@pytest.mark.parametrize("grace_s", [-1.0, float("nan"), float("inf"), 1e12])
def test_a_grace_that_no_calendar_has_is_refused(api_keys, store, grace_s):
    key = api_keys.create().key
    with pytest.raises(RequestError) as caught:
        api_keys.rotate(key.id, grace_s=grace_s)
    assert caught.value.code == "request_invalid"
    assert [key] == store.keys.find_all()


def test_a_revoked_key_cannot_be_brought_back_by_rotation(api_keys, store):
    key = api_keys.create().key
    store.keys.revoke(key.id, store.clock())
    with pytest.raises(RequestError) as caught:
        api_keys.rotate(key.id, grace_s=60)
    assert caught.value.code == "key_unknown"


def test_the_first_key_is_an_admins_and_made_once(store, secret):
    text = first_key(store, secret)
    (key,) = store.keys.find_all()
    assert text.startswith(f"sk_{key.id}_")
    assert key.role == "admin"
    assert key.expires_at is None
    assert first_key(store, secret) is None
    assert store.keys.find_all() == [key]


def test_keys_of_another_secret_are_found(api_keys, store):
    with_this = api_keys.create()
    with_that = ApiKeys(store, ServiceSecret("t" * 40)).create()
    revoked = ApiKeys(store, ServiceSecret("t" * 40)).create()
    store.keys.revoke(revoked.key.id, store.clock())
    api_keys.create(is_signing=True)
    assert [key.id for key in api_keys.of_another_secret()] == [with_that.key.id]
    assert with_this.key.id != with_that.key.id
