"""An embedded service is tried without being touched."""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
from types import SimpleNamespace

import pytest

from service.store.earlier_tables import build
from studio_detector.imaging.codecs import Codec
from studio_detector.imaging.sandbox import Confinement
from studio_detector.service.access.api_keys import ApiKeys
from studio_detector.service.checks import decoding, folder, run
from studio_detector.service.checks.database import check_clock
from studio_detector.service.secret import ServiceSecret
from studio_detector.service.settings import ServiceSettings
from studio_detector.service.store.tables import SCHEMA_VERSION

PARTS = [
    *("folder", "database", "tables", "clock", "broker", "cache", "rates", "pictures"),
    *("keys", "master keys", "codecs", "sandbox"),
]


def tree(above):
    """Every file and folder with its bytes and rights."""
    return {
        str(path): (
            path.stat().st_mode,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None,
        )
        for path in sorted(above.rglob("*"))
    }


def test_before_the_first_start_nothing_is_wrong_and_nothing_is_made(check, tmp_path):
    """Not even the folder."""
    found = check(folder=tmp_path / "not" / "yet")

    assert PARTS == list(found)
    assert {"sandbox": "warning"} == {
        part: one.state for part, one in found.items() if one.state != "ok"
    }
    assert [] == [path for path in tmp_path.iterdir() if path.name == "not"]
    assert "not there yet" in found["folder"].text


def test_a_service_that_rests_is_as_it_was(check, database, data_dir):
    """Names, bytes and rights of all its files."""
    before = tree(data_dir)
    found = check()

    assert before == tree(data_dir)
    assert found["database"].text.startswith("SQLite 3.")
    assert f"version {SCHEMA_VERSION}, the newest" == found["tables"].text
    assert "GiB free" in found["folder"].text


def test_a_service_that_runs_is_checked_beside_it(check, store):
    """And what it wrote last is seen."""
    ApiKeys(store, ServiceSecret("a secret that is long enough to be taken")).create()

    assert "1 live" in check()["keys"].text
    assert "ok" == check()["database"].state
    store.ping()


def test_older_tables_are_told_and_left_as_they_are(check, data_dir):
    """What needs newer ones is not tried."""
    path = data_dir / "studio.db"
    build(f"sqlite:///{path}", "0001")
    found = check()

    assert "warning" == found["tables"].state
    assert re.search(rf"0001 is older than {SCHEMA_VERSION}.*backup", found["tables"].text)
    assert {"skipped"} == {found["keys"].state, found["master keys"].state}
    assert found == check()


def test_newer_tables_fail(check, store, database):
    """The service would not start with them."""
    store.close()
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    found = check()["tables"]

    assert "failed" == found.state
    assert "9999" in found.text
    assert SCHEMA_VERSION in found.text


def test_what_depends_on_a_database_that_fails_is_not_tried(check, data_dir):
    (data_dir / "studio.db").write_bytes(b"no database" * 100)
    found = check()

    assert "failed" == found["database"].state
    assert {"skipped"} == {found[part].state for part in ("tables", "clock", "keys")}
    assert "ok" == found["pictures"].state


class TestFolder:
    def test_one_that_others_may_look_into_is_told(self, data_dir):
        data_dir.chmod(0o750)
        (data_dir / "master_key").touch(mode=0o644)
        (data_dir / "service_secret").touch(mode=0o600)
        found = folder.check_folder(data_dir)

        assert "warning" == found.state
        assert f"chmod go= {data_dir} {data_dir / 'master_key'}" in found.text
        data_dir.chmod(0o700)
        (data_dir / "master_key").chmod(0o600)
        assert "ok" == folder.check_folder(data_dir).state

    def test_a_file_in_its_place_fails(self, tmp_path):
        (tmp_path / "file").touch()

        assert "failed" == folder.check_folder(tmp_path / "file").state
        assert "failed" == folder.check_folder(tmp_path / "file" / "below").state

    def test_one_that_may_not_be_written_fails(self, data_dir, monkeypatch):
        monkeypatch.setattr(os, "access", lambda *_: False)

        assert "failed" == folder.check_folder(data_dir).state
        assert "cannot be made" in folder.check_folder(data_dir / "new").text

    def test_a_full_disk_is_told(self, data_dir, monkeypatch):
        monkeypatch.setattr(folder.shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))

        assert "0.0 GiB free" in folder.check_folder(data_dir).text
        assert "warning" == folder.check_folder(data_dir).state


def test_pictures_that_cannot_be_written_fail(check, data_dir):
    (data_dir / "pictures").touch()
    found = check()["pictures"]

    assert "failed" == found.state
    assert "cannot be written" in found.text


def test_the_folder_of_pictures_is_tried_and_nothing_stays(check, data_dir):
    (data_dir / "pictures").mkdir()

    assert "one was written and read" in check()["pictures"].text
    assert [] == list((data_dir / "pictures").iterdir())


class TestClock:
    class Looking:
        has_clock = True

        def __init__(self, lead_s):
            self.lead_s = lead_s

        def clock_lead_s(self):
            return self.lead_s

    @pytest.mark.parametrize(
        ("lead_s", "words"), [(7.26, "7.3 s behind"), (-3600, "3,600.0 s ahead")]
    )
    def test_one_that_is_off_is_told(self, lead_s, words):
        found = check_clock(self.Looking(lead_s))

        assert "warning" == found.state
        assert words in found.text

    @pytest.mark.parametrize("lead_s", [0.012, -4.9])
    def test_one_that_is_near_will_do(self, lead_s):
        assert "ok" == check_clock(self.Looking(lead_s)).state


class TestDecoding:
    def test_a_format_that_an_extra_decodes_is_no_fault(self, monkeypatch):
        known = (Codec("JPEG", "jpg 9"), Codec("HEIC", None, "install the extra heic"))
        monkeypatch.setattr(decoding, "codecs", lambda: known)

        assert "ok" == decoding.check_codecs().state
        assert "install the extra heic" in decoding.check_codecs().text

    def test_a_format_that_pillow_lacks_is_told(self, monkeypatch):
        monkeypatch.setattr(decoding, "codecs", lambda: (Codec("AVIF", None, "none"),))

        assert "warning" == decoding.check_codecs().state

    @pytest.mark.parametrize(
        ("confinement", "sandbox", "state"),
        [
            (Confinement(landlock_abi=4, has_seccomp=True), "auto", "ok"),
            (Confinement(landlock_abi=4, has_seccomp=True), "require", "ok"),
            (Confinement(has_seccomp=True), "auto", "warning"),
            (Confinement(has_seccomp=True), "require", "failed"),
            (Confinement(), "off", "warning"),
        ],
    )
    def test_the_sandbox_is_judged_by_what_the_settings_want(
        self, monkeypatch, confinement, sandbox, state
    ):
        monkeypatch.setattr(decoding.IsolatedLoader, "start", lambda _: confinement)

        assert state == decoding.check_sandbox(ServiceSettings(sandbox=sandbox)).state


def test_a_check_that_breaks_stops_no_other(check, monkeypatch):
    """And its words, which may hold a secret, are not repeated."""

    def broken():
        raise ZeroDivisionError("hunter2")

    monkeypatch.setattr(run, "check_codecs", broken)
    found = check()

    assert PARTS == list(found)
    assert "failed" == found["codecs"].state
    assert "ZeroDivisionError" in found["codecs"].text
    assert "hunter2" not in found["codecs"].text
