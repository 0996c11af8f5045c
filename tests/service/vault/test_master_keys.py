"""Where master keys come from, what they open, and that nobody ever sees them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import os
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.store.store_examples import at_once
from studio_detector.errors import BusyError, ConfigError, OutputError
from studio_detector.service.settings import ServiceSettings
from studio_detector.service.store import DataKey
from studio_detector.service.vault.envelope import DamagedError
from studio_detector.service.vault.key_wrapper import LocalKey
from studio_detector.service.vault.master_keys import (
    MASTER_KEY_FILE,
    MasterKeys,
    new_master_key,
    open_master_keys,
)

DATA_KEY = b"k" * 32
NAMES = DataKey(tenant="default", image_hash="ab" * 32, blob="cd" * 32, wrapped="", master_id="")
SCALED = {"broker_url": "redis://127.0.0.1:1/0", "database_url": "sqlite:///shared.db"}


def text_of(byte):
    """A key as people write it."""
    return base64.b64encode(bytes([byte]) * 32).decode()


def local(*bytes_):
    return MasterKeys(tuple(LocalKey(bytes([byte]) * 32) for byte in bytes_))


class Hook:
    """A key management system: it holds the key, and says which it is."""

    def __init__(self, key_id="kms/1", *, error=None):
        self.key_id = key_id
        self.error = error
        self.contexts = []

    def wrap(self, data, context):
        self._note(context)
        return b"wrapped:" + data

    def unwrap(self, data, context):
        self._note(context)
        return data.removeprefix(b"wrapped:")

    def _note(self, context):
        self.contexts.append(context)
        if self.error is not None:
            raise self.error


class TestWrapping:
    def test_a_key_that_was_wrapped_is_unwrapped(self):
        """By the same master key."""
        masters = local(1)
        wrapped = masters.wrapped(DATA_KEY, NAMES)

        assert DATA_KEY == masters.unwrapped(wrapped)
        assert (NAMES.blob, masters.newest_id) == (wrapped.blob, wrapped.master_id)
        assert DATA_KEY not in base64.b64decode(wrapped.wrapped)

    def test_others_who_know_the_form_can_unwrap_it(self):
        """HKDF's expansion of RFC 5869 makes the key, AES-256-GCM wraps."""
        wrapped = base64.b64decode(local(1).wrapped(DATA_KEY, NAMES).wrapped)
        context = f"default|{NAMES.image_hash}".encode()
        info = b"studio-detector/data-key/" + context + b"\x01"
        key = hmac.digest(b"\x01" * 32, info, hashlib.sha256)

        assert DATA_KEY == AESGCM(key).decrypt(wrapped[:12], wrapped[12:], context)

    def test_a_master_key_keeps_its_name(self):
        """It stands in databases."""
        expected = hashlib.sha256(b"studio-detector/master-key-id\0" + b"\x01" * 32).hexdigest()

        assert expected[:16] == local(1).newest_id
        assert local(1).newest_id != local(2).newest_id

    @pytest.mark.parametrize("names", [{"tenant": "other"}, {"image_hash": "cd" * 32}])
    def test_a_key_fits_its_own_picture_alone(self, names):
        """Whoever copies a row gains nothing."""
        wrapped = local(1).wrapped(DATA_KEY, NAMES)
        moved = replace(wrapped, **names)

        with pytest.raises(DamagedError):
            local(1).unwrapped(moved)

    @pytest.mark.parametrize("text", ["", "AAAA", "no base64!", "é", text_of(0)])
    def test_a_changed_row_is_damaged(self, text):
        """Never another key."""
        wrapped = local(1).wrapped(DATA_KEY, NAMES)
        changed = replace(wrapped, wrapped=text)

        with pytest.raises(DamagedError):
            local(1).unwrapped(changed)

    def test_an_old_key_opens_what_it_wrapped_and_the_newest_wraps(self):
        """That is a rotation."""
        old = local(1).wrapped(DATA_KEY, NAMES)
        both = local(2, 1)

        assert DATA_KEY == both.unwrapped(old)
        assert local(2).newest_id == both.wrapped(DATA_KEY, NAMES).master_id

    def test_an_unknown_master_key_is_named(self):
        """And what to do; it opens nothing."""
        wrapped = local(1).wrapped(DATA_KEY, NAMES)

        with pytest.raises(ConfigError, match="master_keys") as caught:
            local(2).unwrapped(wrapped)

        assert "master_key_missing" == caught.value.code
        assert wrapped.master_id in caught.value.message


class TestHook:
    def test_it_wraps_in_the_place_of_a_key_of_ours(self):
        """And is told whose key it is."""
        hook = Hook()
        masters = MasterKeys((), hook)
        wrapped = masters.wrapped(DATA_KEY, NAMES)

        assert "kms/1" == masters.newest_id == wrapped.master_id
        assert DATA_KEY == masters.unwrapped(wrapped)
        assert [f"default|{NAMES.image_hash}".encode()] * 2 == hook.contexts

    def test_keys_of_ours_go_on_opening_what_they_wrapped(self):
        """While pictures move to the hook."""
        old = local(1).wrapped(DATA_KEY, NAMES)
        hook = Hook()

        assert DATA_KEY == MasterKeys(local(1).local, hook).unwrapped(old)
        assert [] == hook.contexts

    def test_it_opens_what_it_wrapped_before_its_own_rotation(self):
        """It knows its older keys; we do not."""
        wrapped = MasterKeys((), Hook("kms/1")).wrapped(DATA_KEY, NAMES)

        assert DATA_KEY == MasterKeys((), Hook("kms/2")).unwrapped(wrapped)

    @pytest.mark.parametrize(
        ("error", "expected", "code"),
        [
            (LookupError("no key"), ConfigError, "master_key_missing"),
            (ValueError("no fit"), DamagedError, None),
            (TimeoutError("s3cr3t"), BusyError, "storage_unavailable"),
            (RuntimeError("s3cr3t"), BusyError, "storage_unavailable"),
        ],
    )
    def test_what_it_raises_is_told_apart(self, error, expected, code):
        """A system that is away is asked again, and what it says is not repeated."""
        wrapped = MasterKeys((), Hook()).wrapped(DATA_KEY, NAMES)

        with pytest.raises(expected) as caught:
            MasterKeys((), Hook(error=error)).unwrapped(wrapped)

        assert code == getattr(caught.value, "code", None)
        assert "s3cr3t" not in str(caught.value)

    def test_a_hook_that_cannot_wrap_is_away(self):
        """So nothing is kept as it is instead."""
        with pytest.raises(BusyError) as caught:
            MasterKeys((), Hook(error=OSError("s3cr3t"))).wrapped(DATA_KEY, NAMES)

        assert "storage_unavailable" == caught.value.code
        assert "s3cr3t" not in caught.value.message


class TestOpening:
    def test_keys_of_the_settings_come_first_to_last(self, tmp_path):
        """And no file is made."""
        settings = ServiceSettings(master_keys=(text_of(2), text_of(1)))

        assert local(2, 1) == open_master_keys(settings, tmp_path)
        assert [] == [*tmp_path.iterdir()]

    def test_without_any_one_is_made_and_stays(self, tmp_path):
        """For this user alone."""
        first = open_master_keys(ServiceSettings(), tmp_path)

        assert first == open_master_keys(ServiceSettings(), tmp_path)
        assert 0o600 == (tmp_path / MASTER_KEY_FILE).stat().st_mode & 0o777

    def test_processes_that_start_together_make_one(self, tmp_path):
        """On a folder that they share."""
        found = at_once(8, lambda _: open_master_keys(ServiceSettings(), tmp_path))

        assert 1 == len(set(found))

    def test_the_file_may_hold_older_keys_below(self, tmp_path):
        """The rotation of a service that has nothing set."""
        (tmp_path / MASTER_KEY_FILE).write_text(f"{text_of(2)}\n{text_of(1)}\n")
        (tmp_path / MASTER_KEY_FILE).chmod(0o600)

        assert local(2, 1) == open_master_keys(ServiceSettings(), tmp_path)

    @pytest.mark.parametrize("hook", [None, Hook()])
    def test_a_key_in_the_file_goes_on_opening(self, tmp_path, hook):
        """When others are set, or a hook wraps."""
        (tmp_path / MASTER_KEY_FILE).write_text(text_of(1))
        (tmp_path / MASTER_KEY_FILE).chmod(0o600)
        set_keys = (text_of(2),) if hook is None else ()
        old = local(1).wrapped(DATA_KEY, NAMES)

        masters = open_master_keys(ServiceSettings(master_keys=set_keys), tmp_path, hook)

        assert DATA_KEY == masters.unwrapped(old)
        assert masters.newest_id != old.master_id

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "short",
            base64.b64encode(b"s" * 16).decode(),
            base64.b64encode(b"s" * 31).decode(),
            base64.b64encode(b"s" * 33).decode(),
            "s3cr3t" * 10,
            text_of(1)[:-1],
            text_of(1) + "!",
        ],
    )
    def test_what_is_no_key_is_refused_without_being_shown(self, tmp_path, text):
        """By a setting and in the file."""
        (tmp_path / MASTER_KEY_FILE).write_text(text or "-")
        (tmp_path / MASTER_KEY_FILE).chmod(0o600)

        for settings in (ServiceSettings(master_keys=(text,)), ServiceSettings()):
            with pytest.raises(ConfigError, match="openssl rand -base64 32") as caught:
                open_master_keys(settings, tmp_path)
            assert "config_invalid_value" == caught.value.code
            assert not text or text not in caught.value.message

    def test_an_empty_file_is_no_key(self, tmp_path):
        """It is not taken for permission to keep pictures as they are."""
        (tmp_path / MASTER_KEY_FILE).touch(mode=0o600)

        with pytest.raises(ConfigError, match="no master key"):
            open_master_keys(ServiceSettings(), tmp_path)

    def test_a_file_that_cannot_be_made_is_said(self, tmp_path):
        """With the setting that makes it needless."""
        (tmp_path / MASTER_KEY_FILE).mkdir()

        with pytest.raises(OutputError, match="set master_keys") as caught:
            open_master_keys(ServiceSettings(), tmp_path)

        assert "output_failed" == caught.value.code

    def test_machines_that_share_a_bucket_must_share_a_key(self, tmp_path):
        """Or none could read what another has kept."""
        settings = ServiceSettings(blobs_url="s3://bucket", **SCALED)

        with pytest.raises(ConfigError, match="set master_keys") as caught:
            open_master_keys(settings, tmp_path)

        assert "config_invalid_value" == caught.value.code
        assert [] == [*tmp_path.iterdir()]
        assert open_master_keys(settings, tmp_path, Hook()).hook is not None

    def test_a_key_in_the_folder_of_one_of_many_machines_is_warned_of(self, tmp_path, caplog):
        """The folder may be shared, and may not."""
        with caplog.at_level(logging.WARNING):
            open_master_keys(ServiceSettings(**SCALED), tmp_path)

        assert "set master_keys" in caplog.text

    def test_nothing_shows_a_key(self, tmp_path):
        """Neither the objects nor the settings."""
        text = new_master_key()
        settings = ServiceSettings(master_keys=(text,))
        masters = open_master_keys(settings, tmp_path)
        raw = base64.b64decode(text)

        for shown in (repr(masters), str(masters.local[0])):
            assert text not in shown
            assert repr(raw)[2:-1] not in shown
            assert raw.hex() not in shown


def test_new_keys_are_by_chance():
    """32 bytes each."""
    keys = {new_master_key() for _ in range(50)}

    assert 50 == len(keys)
    assert {32} == {len(base64.b64decode(key)) for key in keys}


def test_a_file_that_others_may_read_is_warned_of(tmp_path, caplog):
    """Whatever the umask was when it was copied."""
    if os.name != "posix":
        pytest.skip("this system has other rights")
    (tmp_path / MASTER_KEY_FILE).write_text(text_of(1))
    (tmp_path / MASTER_KEY_FILE).chmod(0o644)

    open_master_keys(ServiceSettings(), tmp_path)

    assert "chmod 600" in caplog.text
