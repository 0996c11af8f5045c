"""The audit log of a service from the command line, and what the command line writes into it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from service.audit.audit_examples import entry
from service.store.store_examples import accept_one, new_job
from studio_detector.errors import EXIT_ALL_FAILED, EXIT_OK, EXIT_USAGE
from studio_detector.service.audit.log import AuditLog
from studio_detector.service.secret import open_secret
from studio_detector.service.settings import ServiceSettings


@pytest.fixture
def log(store, folder):
    return AuditLog(store.audit, open_secret(ServiceSettings(), folder))


@pytest.fixture
def audit(run, folder):
    """Run a command under ``audit`` on that store."""

    def audit(command, *words):
        return run("audit", command, "--data-dir", folder, *words)

    return audit


@pytest.fixture
def tamper(folder):
    """Change the database behind the back of the service."""

    def tamper(statement):
        with closing(sqlite3.connect(folder / "studio.db")) as connection, connection:
            for name in ("audit_log_no_update", "audit_log_no_delete"):
                connection.execute(f"DROP TRIGGER {name}")
            connection.execute(statement)

    return tamper


def test_a_log_in_order_is_said_to_be(audit, log):
    for number in range(3):
        log.act(entry(number))

    head = audit("head")
    anchor = head.stdout.strip()
    verified = audit("verify", "--anchor", anchor)

    assert (EXIT_OK, EXIT_OK) == (head.exit_code, verified.exit_code)
    assert f"3 rows in order; the end is {anchor}\n" == verified.stdout


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE audit_log SET actor = 'nobody' WHERE seq = 2", "row 2 is not as it was written"),
        ("DELETE FROM audit_log WHERE seq = 2", "row 2 is missing"),
        ("DELETE FROM audit_log WHERE seq >= 2", "row 2 is missing, and so is all"),
    ],
)
@pytest.mark.parametrize("command", ["verify", "head"])
def test_tampering_is_said_with_its_place(audit, log, tamper, command, statement, said):
    for number in range(4):
        log.act(entry(number))
    tamper(statement)

    found = audit(command)

    assert (EXIT_ALL_FAILED, "") == (found.exit_code, found.stdout)
    assert said in found.stderr


def test_an_older_copy_of_the_log_is_found_by_an_anchor(audit, log):
    log.act(entry())
    anchor = f"5:{'a' * 64}"

    assert EXIT_OK == audit("verify").exit_code
    found = audit("verify", "--anchor", anchor)
    assert EXIT_ALL_FAILED == found.exit_code
    assert "row 2 is missing" in found.stderr
    assert EXIT_USAGE == audit("verify", "--anchor", "5").exit_code


def test_another_secret_is_thought_of(audit, log, monkeypatch):
    log.act(entry())
    monkeypatch.setenv("STUDIO_DETECTOR_SERVICE_SECRET", "another one, and it is long enough")

    found = audit("verify")

    assert EXIT_ALL_FAILED == found.exit_code
    assert "service_secret" in found.stderr
    assert "another one" not in found.stderr


def test_the_log_is_listed_from_the_newest(audit, log):
    for number in range(3):
        log.act(entry(number, tenant="b" if number == 1 else "default", actor=f"key:\x1b{number}"))

    lines = audit("list").stdout.splitlines()
    assert ["row", "3", "2", "1"] == [line.split()[0] for line in lines]
    assert "\\x1b" in lines[1]
    assert 2 == len(audit("list", "--tenant", "b").stdout.splitlines())
    assert 2 == len(audit("list", "--limit", "1").stdout.splitlines())


def test_the_log_is_exported_whole(audit, log, store):
    for number in range(3):
        log.act(entry(number))

    rows = [json.loads(line) for line in audit("export").stdout.splitlines()]

    assert [row.seal for row in store.audit.after(0, 9)] == [row["seal"] for row in rows]
    assert entry().at.isoformat() == rows[0]["at"]
    (last,) = audit("export", "--after", "2").stdout.splitlines()
    assert rows[2] == json.loads(last)


def test_retrying_and_purging_jobs_is_written_down(run, folder, store):
    running = accept_one(store, new_job())
    store.jobs.cancel("default", running.id)

    assert EXIT_OK == run("jobs", "retry", "--data-dir", folder, str(running.id)).exit_code
    store.jobs.cancel("default", running.id)
    purged = run("jobs", "purge", "--data-dir", folder, "--state", "cancelled", "--older-than", 0)
    assert EXIT_OK == purged.exit_code

    rows = store.audit.after(0, 9)
    assert [
        ("command-line", "job.retried", "default", str(running.id)),
        ("command-line", "jobs.purged", "", f"{purged.stdout.strip()} cancelled for 0 days"),
    ] == [(row.actor, row.action, row.tenant, row.object) for row in rows]


def test_rescoring_is_written_down(run, folder, store):
    assert EXIT_OK == run("rescore", "--data-dir", folder).exit_code
    assert ["results.rescored"] == [row.action for row in store.audit.after(0, 9)]


@pytest.mark.parametrize(
    "words", [("jobs", "purge", "--state", "dead"), ("jobs", "retry", "--all-dead"), ("rescore",)]
)
def test_who_has_another_secret_changes_nothing_and_spoils_no_log(
    run, audit, folder, log, words, monkeypatch
):
    """A laptop that reaches the database of a service, but was not given its secret."""
    log.act(entry())
    monkeypatch.setenv("STUDIO_DETECTOR_SERVICE_SECRET", "another one, and it is long enough")
    done = run(*words, "--data-dir", folder)
    assert EXIT_ALL_FAILED == done.exit_code
    assert "service_secret" in done.stderr
    monkeypatch.delenv("STUDIO_DETECTOR_SERVICE_SECRET")
    assert EXIT_OK == audit("verify").exit_code


def test_a_log_that_is_off_is_not_written(run, folder, store):
    purge = ("jobs", "purge", "--data-dir", folder, "--state", "dead", "--set")
    assert EXIT_OK == run(*purge, "service.audit=false").exit_code
    assert [] == store.audit.after(0, 9)
