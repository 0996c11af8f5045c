"""``doctor --service``: every part told, in both forms, and the status of the worst."""

from __future__ import annotations

import json
import re
import sqlite3

import pytest

from studio_detector.cli.service import options
from studio_detector.errors import EXIT_OK, EXIT_UNAVAILABLE, EXIT_USAGE
from studio_detector.imaging import IsolatedLoader
from studio_detector.imaging.sandbox import Confinement
from studio_detector.service.store import open_store

CONFINED = Confinement(landlock_abi=4, has_seccomp=True)


@pytest.fixture(autouse=True)
def confined(monkeypatch):
    """No child is started; what it would say is given."""
    monkeypatch.setattr(IsolatedLoader, "start", lambda _: CONFINED)


@pytest.fixture
def doctor(run, tmp_path):
    """Run the command on a folder of this test's own, with the quickest model."""

    def doctor(*arguments, env=None):
        words = ("doctor", "--model", "rules", "--data-dir", tmp_path / "data")
        return run(*words, *arguments, env=env)

    return doctor


def test_without_the_option_no_part_is_tried(doctor):
    result = doctor("--format", "json")

    assert EXIT_OK == result.exit_code
    assert "service" not in json.loads(result.stdout)


def test_every_part_is_told_with_its_state_and_time(doctor, tmp_path):
    result = doctor("--service", "--format", "json")

    service = json.loads(result.stdout)["service"]
    assert EXIT_OK == result.exit_code
    assert {"database", "tables", "broker", "cache", "pictures", "clock", "codecs", "keys"} <= set(
        service
    )
    assert {"ok"} == {part["state"] for part in service.values()}
    assert all(part["text"] and part["took_ms"] >= 0 for part in service.values())
    assert [] == list(tmp_path.iterdir())


def test_people_get_a_line_for_each(doctor):
    lines = doctor("--service").stdout.partition("\nservice\n")[2].splitlines()

    assert 12 == len(lines)
    assert all(re.match(r"  [a-z ]+  ok \(\d+ ms\): \S", line) for line in lines), lines


def test_a_part_that_is_needed_and_fails_decides_the_status(doctor, tmp_path):
    (tmp_path / "data").mkdir(mode=0o700)
    path = tmp_path / "data" / "studio.db"
    open_store(f"sqlite:///{path}").close()
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    result = doctor("--service")

    assert EXIT_UNAVAILABLE == result.exit_code
    assert re.search(r"tables +failed \(\d+ ms\): version 9999 is not known", result.stdout)


def test_servers_that_are_away_are_told_without_secrets(doctor):
    """The broker is needed, the cache is not."""
    environment = {
        "STUDIO_DETECTOR_DATABASE_URL": "postgresql+psycopg://user:hunter2@127.0.0.1:1/name",
        "STUDIO_DETECTOR_BROKER_URL": "redis://user:hunter2@127.0.0.1:1/0",
        "STUDIO_DETECTOR_CACHE_URL": "redis://user:hunter2@127.0.0.1:1/1",
    }
    result = doctor("--service", "--format", "json", env=environment)

    service = json.loads(result.stdout)["service"]
    assert EXIT_UNAVAILABLE == result.exit_code
    assert ["failed", "skipped", "failed", "warning"] == [
        service[part]["state"] for part in ("database", "tables", "broker", "cache")
    ]
    assert "hunter2" not in result.output


def test_a_model_that_cannot_be_used_comes_first(doctor):
    """As without the option."""
    assert EXIT_USAGE == doctor("--service", "--model", "no_such_model").exit_code


def test_the_extra_is_asked_for(doctor, monkeypatch):
    """With the words that install it."""
    monkeypatch.setattr(options, "_PACKAGES", ("no_such_package",))
    result = doctor("--service")

    assert EXIT_USAGE == result.exit_code
    assert "studio-detector[service]" in result.output
    assert EXIT_OK == doctor().exit_code
