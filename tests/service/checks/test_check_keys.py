"""Keys that are missing, foreign, old or about to expire are told before they are missed."""

from __future__ import annotations

import base64
import os
from datetime import timedelta
from pathlib import Path

import pytest

from service.checks.conftest import NOW
from studio_detector.service.access.api_keys import ApiKeys
from studio_detector.service.access.roles import Role
from studio_detector.service.secret import ServiceSecret
from studio_detector.service.settings import ServiceSettings
from studio_detector.service.store import DataKey, open_store
from studio_detector.service.vault.master_keys import MASTER_KEY_FILE, open_master_keys

SECRET = "a secret that is long enough to be taken"
ASKS = {"auth": "keys", "service_secret": SECRET, "sandbox": "off"}
DAY_S = 86_400.0


def master_key(number):
    """The base64 of a key."""
    return base64.b64encode(bytes([number]) * 32).decode()


@pytest.fixture
def at(database):
    """The store of the embedded database at a moment; closed after the test."""
    opened = []

    def at(moment):
        opened.append(open_store(f"sqlite:///{database}", clock=lambda: moment))
        return opened[-1]

    yield at
    for store in opened:
        store.close()


@pytest.mark.usefixtures("database")
class TestApiKeys:
    def found(self, check, **changes):
        return check(ServiceSettings(**(ASKS | changes)))["keys"]

    def test_none_is_no_fault(self, check):
        """The first is made at the first start."""
        assert ("ok", True) == (
            self.found(check).state,
            "prints an admin's key" in self.found(check).text,
        )
        assert "nobody is asked" in self.found(check, auth="open").text

    def test_a_good_one_is_good(self, check, at):
        keys = ApiKeys(at(NOW), ServiceSecret(SECRET))
        keys.create(role=Role.ADMIN)

        assert ("ok", "1 live, 0 expired, 0 revoked") == (
            self.found(check).state,
            self.found(check).text,
        )

    def test_nobody_who_may_administer_is_told(self, check, at):
        """Unless tokens or an open door stand for keys."""
        store = at(NOW)
        keys = ApiKeys(store, ServiceSecret(SECRET))
        store.keys.revoke(keys.create(role=Role.ADMIN).key.id, NOW)
        keys.create(role=Role.OPERATOR)

        assert "warning" == self.found(check).state
        assert "1 live, 0 expired, 1 revoked; none is an admin's" in self.found(check).text
        assert "ok" == self.found(check, auth="open").state
        tokens = {"jwt_issuer": "x", "jwt_audience": "y", "jwt_keys": "https://example.com/keys"}
        assert "ok" == self.found(check, **tokens).state

    @pytest.mark.parametrize(("days", "state"), [(13, "warning"), (15, "ok")])
    def test_one_that_expires_soon_is_named(self, check, at, days, state):
        keys = ApiKeys(at(NOW), ServiceSecret(SECRET))
        key = keys.create(role=Role.ADMIN, expires_in_s=days * DAY_S).key
        found = self.found(check)

        assert state == found.state
        assert (state == "warning") == (key.id in found.text)

    def test_one_that_has_expired_is_counted(self, check, at):
        keys = ApiKeys(at(NOW - timedelta(days=3)), ServiceSecret(SECRET))
        keys.create(role=Role.ADMIN)
        keys.create(expires_in_s=DAY_S)

        assert "1 live, 1 expired, 0 revoked" == self.found(check).text

    def test_an_old_one_is_named(self, check, at):
        keys = ApiKeys(at(NOW - timedelta(days=366)), ServiceSecret(SECRET))
        made = [keys.create(role=Role.ADMIN).key.id for _ in range(5)]
        found = self.found(check)

        assert "warning" == found.state
        assert 3 == sum(key_id in found.text for key_id in made)
        assert "and 2 more" in found.text

    def test_one_of_another_secret_fails(self, check, at, data_dir):
        """Nobody who sends it would be let in."""
        key = ApiKeys(at(NOW), ServiceSecret(SECRET)).create(role=Role.ADMIN).key
        found = self.found(check, service_secret="another one that is as long as it must be")

        assert "failed" == found.state
        assert key.id in found.text
        assert "ok" == self.found(check, service_secret=None).state
        assert not (data_dir / "service_secret").exists()


@pytest.mark.usefixtures("database")
class TestMasterKeys:
    def found(self, check, *keys, hook=None, now=NOW, **changes):
        settings = ServiceSettings(sandbox="off", master_keys=keys, **changes)
        return check(settings, hook=hook, now=now)["master keys"]

    def wrap(self, store, *keys, images=1):
        """Keep keys of pictures under the first of these, as the service does."""
        masters = open_master_keys(ServiceSettings(master_keys=keys), Path("/nowhere"))
        store.data_keys.note_master(masters.newest_id)
        for number in range(images):
            names = DataKey(
                tenant="default",
                image_hash=f"{number:02x}" * 32,
                blob=f"{number:02x}" * 32,
                wrapped="",
                master_id="",
            )
            store.data_keys.take([masters.wrapped(os.urandom(32), names)])
        return masters.newest_id

    def test_none_is_no_fault_and_none_is_made(self, check, data_dir):
        assert "none yet" in self.found(check).text
        assert not (data_dir / MASTER_KEY_FILE).exists()

    def test_the_one_in_the_folder_is_read(self, check, data_dir):
        (data_dir / MASTER_KEY_FILE).write_text(master_key(1))
        (data_dir / MASTER_KEY_FILE).chmod(0o600)

        assert "ok" == self.found(check).state
        assert "has not been used yet" in self.found(check).text

    def test_it_tells_how_long_a_key_is_in_use(self, check, at):
        store = at(NOW)
        newest = self.wrap(store, master_key(1), images=2)

        found = self.found(check, master_key(1), now=NOW + timedelta(days=30))
        assert ("ok", f"the newest, {newest}, wraps 2 pictures, in use for 30 days") == (
            found.state,
            found.text,
        )
        old = self.found(check, master_key(1), now=NOW + timedelta(days=400))
        assert "warning" == old.state
        assert "400 days" in old.text

    def test_pictures_under_a_key_that_is_missing_fail(self, check, at):
        """They could not be opened."""
        gone = self.wrap(at(NOW), master_key(1), images=3)
        found = self.found(check, master_key(2))

        assert "failed" == found.state
        assert "3 kept pictures cannot be opened" in found.text
        assert gone in found.text

    def test_pictures_under_an_older_key_are_to_be_rewrapped(self, check, at):
        self.wrap(at(NOW), master_key(1), images=3)
        found = self.found(check, master_key(2), master_key(1))

        assert "warning" == found.state
        assert "older ones 3; studio-detector pictures rewrap" in found.text

    def test_pictures_as_they_are_are_told(self, check):
        assert "warning" == self.found(check, encrypt_pictures=False).state

    def test_a_key_that_is_none_fails(self, check):
        """And is not shown."""
        found = self.found(check, "hunter2")

        assert "failed" == found.state
        assert "hunter2" not in found.text

    def test_a_hook_that_gives_back_another_key_fails(self, check):
        """Pictures would be lost at once."""

        class Hook:
            key_id = "kms/one"

            def wrap(self, data, _context):
                return data

            def unwrap(self, data, _context):
                return bytes(reversed(data))

        assert "does not unwrap" in self.found(check, hook=Hook()).text

    def test_a_hook_that_works_is_good(self, check):
        class Hook:
            key_id = "kms/one"

            def wrap(self, data, _context):
                return data[::-1]

            unwrap = wrap

        assert "ok" == self.found(check, hook=Hook()).state

    def test_a_hook_that_is_away_fails(self, check):
        class Hook:
            key_id = "kms/one"

            def wrap(self, _data, _context):
                raise ConnectionError("hunter2")

            unwrap = wrap

        found = self.found(check, hook=Hook())
        assert "failed" == found.state
        assert "ConnectionError" in found.text
        assert "hunter2" not in found.text
