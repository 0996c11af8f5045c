"""Keys of a service, made and taken back from the command line."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from service.access.access_examples import bearer, head_of
from studio_detector.errors import (
    EXIT_ALL_FAILED,
    EXIT_OK,
    EXIT_SOME_FAILED,
    EXIT_USAGE,
    AccessError,
)
from studio_detector.service.access.api_keys import ApiKeys
from studio_detector.service.access.open import open_authenticator
from studio_detector.service.access.roles import SCOPES, Role, Scope
from studio_detector.service.access.signing_keys import read_public
from studio_detector.service.secret import ServiceSecret, open_secret
from studio_detector.service.settings import ServiceSettings


@pytest.fixture
def recognise(store, folder):
    """Who a running service takes the bearer of a key for."""
    opened = []

    def recognise(key):
        secret = open_secret(ServiceSettings(), folder)
        authenticator = open_authenticator(ServiceSettings(), store, secret)
        opened.append(authenticator)
        return authenticator.authenticate(head_of(bearer(key))).principal

    yield recognise
    for authenticator in opened:
        authenticator.close()


@pytest.fixture
def keys(run, folder, store):
    """Run a command under ``keys`` on that store."""

    def keys(command, *words):
        return run("keys", command, "--data-dir", folder, *words)

    return keys


def as_data(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def audited(store):
    """Acts of the command line in the audit log, the oldest first."""
    return [
        (row.action, row.object, row.tenant)
        for row in store.audit.after(0, 100)
        if row.actor == "command-line"
    ]


class TestCreate:
    def test_the_key_is_all_that_is_printed(self, keys, store, recognise):
        """So that it can go into a file or a variable without being cut out."""
        result = keys("create", "--tenant", "acme", "--name", "cron", "--role", "operator")

        assert EXIT_OK == result.exit_code
        (key,) = store.keys.find_all()
        text = result.stdout.removesuffix("\n")
        assert text.startswith(f"sk_{key.id}_")
        assert text not in result.stderr
        assert key.id in result.stderr
        assert ("acme", "cron", "operator") == (key.tenant, key.name, key.role)
        assert SCOPES[Role.OPERATOR] == recognise(text).scopes
        assert [("key.created", key.id, "acme")] == audited(store)

    def test_json_says_everything(self, keys, store):
        """In one line."""
        (said,) = as_data(
            keys("create", "--scope", "read", "--expires-in", "30", "--format", "json")
        )

        (key,) = store.keys.find_all()
        assert said["key"].startswith(f"sk_{said['id']}_")
        assert {
            "kind": "bearer",
            "role": "analyst",
            "scopes": ["read"],
            "state": "live",
        }.items() <= (said.items())
        assert key.expires_at - key.created_at == timedelta(days=30)
        assert key.expires_at.isoformat() == said["expires_at"]

    def test_of_a_pair_the_private_half_is_printed(self, keys, store):
        """The public one is kept."""
        result = keys("create", "--signing")

        (key,) = store.keys.find_all()
        private = load_pem_private_key(result.stdout.encode(), password=None)
        assert private.public_key() == read_public(key.public_key)
        assert key.id in result.stderr

        (said,) = as_data(keys("create", "--signing", "--format", "json"))
        assert said["kind"] == "signing"
        assert load_pem_private_key(said["private_key"].encode(), password=None)

    @pytest.mark.parametrize(
        "words",
        [
            ("--role", "viewer", "--scope", "erase"),
            ("--tenant", "Acme Inc."),
            ("--expires-in", "0"),
            ("--expires-in", "-1"),
            ("--expires-in", "nan"),
            ("--name", "a\nb"),
            ("--role", "emperor"),
            ("--scope", "everything"),
        ],
    )
    def test_what_cannot_be_a_key_is_refused(self, keys, store, words):
        """And nothing is printed that could be taken for one."""
        result = keys("create", *words)

        assert EXIT_USAGE == result.exit_code
        assert "" == result.stdout
        assert not store.keys.first_exists()

    def test_keys_of_another_secret_are_told_of(self, keys, store):
        """Whoever makes one here would wonder why the service does not know it."""
        other = ApiKeys(store, ServiceSecret("t" * 40)).create()

        result = keys("create")

        assert EXIT_OK == result.exit_code
        assert "another service_secret" in result.stderr
        assert other.key.id in result.stderr


class TestList:
    def test_keys_are_listed_without_their_secrets(self, keys, store):
        """Also those that open nothing any more."""
        secret = keys("create", "--name", "one").stdout.strip()
        keys("create", "--signing", "--tenant", "acme")
        (acme, one) = store.keys.find_all()
        keys("revoke", one.id)

        result = keys("list")

        header, first, second = result.stdout.splitlines()
        assert header.startswith("key")
        assert [acme.id, "acme", "signing", "live"] == [
            word for word in first.split() if word in {acme.id, "acme", "signing", "live"}
        ]
        assert second.startswith(one.id)
        assert "revoked" in second
        assert secret not in result.stdout

    def test_lines_of_json_say_more(self, keys):
        """Every line for itself; one tenant alone on request."""
        keys("create")
        keys("create", "--tenant", "acme", "--role", "viewer")

        both = as_data(keys("list", "--format", "jsonl"))
        (acme,) = as_data(keys("list", "--format", "jsonl", "--tenant", "acme"))

        assert [said["tenant"] for said in both] == ["acme", "default"]
        assert both[0] == acme
        assert not {"key", "private_key", "secret_hash"} & acme.keys()

    def test_what_others_wrote_is_harmless_on_a_terminal(self, keys, store):
        """Somebody may have written it into the database by hand."""
        ApiKeys(store, ServiceSecret("t" * 40)).create(name="x")
        with store._db._engine.begin() as connection:
            connection.exec_driver_sql("UPDATE api_keys SET name = 'b' || char(27) || '[2J'")

        assert "\x1b" not in keys("list").stdout


class TestRotate:
    def test_both_keys_are_good_for_the_grace(self, keys, store, recognise):
        """Then the old one expires."""
        old = keys("create", "--tenant", "acme", "--scope", "read").stdout.strip()
        (key,) = store.keys.find_all()

        result = keys("rotate", key.id, "--grace", "2")

        new = result.stdout.strip()
        assert recognise(new).scopes == recognise(old).scopes == {Scope.READ}
        found = {key.id: key for key in store.keys.find_all()}
        left = found[key.id].expires_at - store.clock()
        assert timedelta(hours=1.9) < left <= timedelta(hours=2)
        assert key.id in result.stderr
        replacing = next(found[name] for name in found if name != key.id)
        assert replacing.replaces == key.id
        assert ("key.rotated", f"{key.id} {replacing.id}", "acme") in audited(store)

    def test_without_grace_the_old_one_is_over(self, keys, store, recognise):
        """For keys that leaked."""
        old = keys("create").stdout.strip()
        (key,) = store.keys.find_all()
        keys("rotate", key.id, "--grace", "0")

        with pytest.raises(AccessError):
            recognise(old)

    def test_a_key_that_is_not_there_is_not_rotated(self, keys, store):
        """And nothing is printed."""
        result = keys("rotate", "nobody")

        assert EXIT_USAGE == result.exit_code
        assert "" == result.stdout
        assert "keys list" in result.stderr
        assert [] == audited(store)


class TestRevoke:
    def test_a_revoked_key_opens_nothing(self, keys, store, recognise):
        """Its id is printed."""
        text = keys("create").stdout.strip()
        (key,) = store.keys.find_all()
        recognise(text)

        result = keys("revoke", key.id)

        assert f"{key.id}\n" == result.stdout
        assert ("key.revoked", key.id, "default") in audited(store)
        with pytest.raises(AccessError):
            recognise(text)

    def test_one_that_is_not_there_does_not_spare_the_others(self, keys, store):
        """The exit status tells."""
        keys("create")
        (key,) = store.keys.find_all()

        assert EXIT_SOME_FAILED == keys("revoke", "nobody", key.id).exit_code
        assert store.keys.get(key.id).revoked_at is not None
        assert EXIT_ALL_FAILED == keys("revoke", "nobody").exit_code
