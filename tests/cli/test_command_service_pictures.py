"""Rotating master keys, keeping pictures and loading hooks from the command line."""

from __future__ import annotations

import base64
import json
import sys

import click
import pytest

from kept_pictures import sha256
from studio_detector.cli.service.master_key_hook import load_hook
from studio_detector.cli.service.options import KEEPING, service_settings
from studio_detector.errors import (
    EXIT_ALL_FAILED,
    EXIT_OK,
    EXIT_SOME_FAILED,
    EXIT_USAGE,
    ConfigError,
)
from studio_detector.service.blobs import FolderBlobs, blob_key
from studio_detector.service.parts import open_store_of
from studio_detector.service.settings import ServiceSettings
from studio_detector.service.vault.open import open_vault

OLD, NEW = (base64.b64encode(bytes([byte]) * 32).decode() for byte in (1, 2))
VARIABLE = "STUDIO_DETECTOR_MASTER_KEYS"
HOOK = """
class Wrapper:
    key_id = "kms"
    def wrap(self, data, context):
        return context + data
    def unwrap(self, data, context):
        return data[len(context):]

def make():
    return Wrapper()

def make_nothing():
    return object()

def fails():
    raise RuntimeError("the s3cr3t of the key system")
"""


@pytest.fixture
def put(tmp_path):
    """Keep a picture under master keys."""

    def put(data, *keys):
        store = open_store_of(ServiceSettings(), tmp_path / "data")
        blobs = open_vault(
            ServiceSettings(master_keys=keys),
            tmp_path / "data",
            FolderBlobs(tmp_path / "data" / "pictures"),
            store,
        )
        blobs.put(blob_key("default", sha256(data)), data)
        assert data == blobs.get(blob_key("default", sha256(data)))
        store.close()

    return put


@pytest.fixture
def rewrap(run, tmp_path):
    """Run ``pictures rewrap`` with master keys, the newest first."""

    def rewrap(*words, keys):
        return run(
            *("pictures", "rewrap", "--data-dir", tmp_path / "data", *words),
            env={VARIABLE: ",".join(keys)},
        )

    return rewrap


@pytest.fixture
def hooks(tmp_path, monkeypatch):
    """A module with hooks, where modules are found."""
    (tmp_path / "hooks_of_tests.py").write_text(HOOK)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "hooks_of_tests"
    sys.modules.pop("hooks_of_tests", None)


class TestRewrap:
    def test_it_says_what_it_did(self, put, rewrap):
        """And a trial what it would do."""
        put(b"one", OLD)
        put(b"two", OLD)
        put(b"three", NEW)

        tried = rewrap("--dry-run", keys=[NEW, OLD])
        done = rewrap(keys=[NEW, OLD])
        again = rewrap("--format", "json", keys=[NEW])

        assert (EXIT_OK, EXIT_OK, EXIT_OK) == (tried.exit_code, done.exit_code, again.exit_code)
        assert tried.stdout.startswith("2 pictures would be put under the master key ")
        assert done.stdout.startswith("2 pictures put under the master key ")
        assert done.stdout.endswith("; 1 had it already\n")
        found = json.loads(again.stdout)
        assert (0, 3, {}, 0) == tuple(
            found[name] for name in ("rewrapped", "current", "missing", "damaged")
        )
        assert found["master_key"] in done.stdout

    def test_a_missing_master_key_is_told_and_fails(self, put, rewrap):
        """All or some of it."""
        put(b"one", OLD)

        nothing = rewrap(keys=[NEW])
        put(b"two", NEW)
        some = rewrap(keys=[NEW])

        assert (EXIT_ALL_FAILED, EXIT_SOME_FAILED) == (nothing.exit_code, some.exit_code)
        assert "1 picture under the master key " in some.stdout
        assert "which is not in master_keys" in some.stdout

    def test_a_key_that_is_none_is_told_without_being_shown(self, put, rewrap):
        """On neither stream."""
        put(b"one", OLD)

        result = rewrap(keys=["s3cr3t-that-is-no-key"])

        assert EXIT_USAGE == result.exit_code
        assert "openssl rand -base64 32" in result.stderr
        assert "s3cr3t" not in result.stdout + result.stderr

    def test_it_rotates_the_key_in_the_folder(self, put, run, tmp_path):
        """Where nothing is set: a new line above the old one."""
        put(b"one")
        file = tmp_path / "data" / "master_key"
        file.write_text(f"{NEW}\n{file.read_text()}")

        result = run("pictures", "rewrap", "--data-dir", tmp_path / "data")

        assert EXIT_OK == result.exit_code
        assert "1 picture put under" in result.stdout
        file.write_text(NEW)
        put(b"one")


class TestHook:
    def test_a_hook_is_found_by_its_name(self, hooks, put, run, tmp_path):
        """And takes pictures over from a key of ours."""
        put(b"one", OLD)

        result = run(
            *("pictures", "rewrap", "--data-dir", tmp_path / "data"),
            *("--set", f"service.master_key_hook={hooks}:make"),
            env={VARIABLE: OLD},
        )

        assert EXIT_OK == result.exit_code
        assert "1 picture put under the master key kms" in result.stdout

    def test_without_a_name_there_is_none(self):
        """The usual case."""
        assert load_hook(None) is None

    @pytest.mark.parametrize(
        ("name", "told"),
        [
            ("no.such.module:make", "No module named"),
            ("{hooks}:nothing", "nothing"),
            ("{hooks}", "package.module:name"),
            ("", "package.module:name"),
            ("{hooks}:make_nothing", "without key_id, wrap, unwrap"),
            ("{hooks}:fails", "RuntimeError"),
        ],
    )
    def test_what_is_no_hook_is_a_wrong_setting(self, hooks, name, told):
        """What the hook itself says is not repeated."""
        with pytest.raises(ConfigError, match="master_key_hook") as caught:
            load_hook(name.format(hooks=hooks))

        assert "config_invalid_value" == caught.value.code
        assert told in caught.value.message
        assert "s3cr3t" not in caught.value.message


class TestKeeping:
    @pytest.mark.parametrize(
        ("words", "seconds"),
        [([], 0.0), (["--keep-pictures", "2"], 172_800.0), (["--keep-pictures", "0.5"], 43_200.0)],
    )
    def test_it_is_given_in_days(self, words, seconds):
        """And the setting is in seconds; by default nothing is kept."""
        seen = []

        @click.command()
        @service_settings(KEEPING)
        def command(*, chosen):
            seen.append(chosen.resolve().service.keep_pictures_s)

        command.main(words, standalone_mode=False)

        assert [seconds] == seen

    @pytest.mark.parametrize("command", ["serve", "worker"])
    @pytest.mark.parametrize("days", ["-1", "soon"])
    def test_what_is_no_number_of_days_is_refused(self, run, command, days):
        """Before anything is opened."""
        result = run(command, "--keep-pictures", days)

        assert EXIT_USAGE == result.exit_code
        assert "--keep-pictures" in result.stderr
