"""What is noted is written in a moment, kept while the database is away, and never lost unsaid."""

from __future__ import annotations

import logging
import threading

import pytest

from service.audit.audit_examples import SECRET, Place, entry
from studio_detector.errors import BusyError
from studio_detector.service.audit.log import AuditLog, NoAudit
from studio_detector.service.audit.open import open_audit
from studio_detector.service.settings import ServiceSettings
from studio_detector.service.store.audit import AuditEnd

AWAY = BusyError("the database is away", code="store_unavailable")


class Rows:
    """Stands for the table: goes away, comes back, and can be waited for."""

    def __init__(self):
        self.rows = []
        self.parts = []
        self.error = None
        self.changed = threading.Condition()
        self._head = None

    def append(self, make, written):
        with self.changed:
            if self.error is not None:
                raise self.error
            end = self.rows[-1] if self.rows else None
            rows, self._head = make(
                AuditEnd(head=self._head, seq=end.seq if end else 0, seal=end.seal if end else "")
            )
            self.rows += rows
            self.parts.append(len(rows))
            self.changed.notify_all()
        written(self._head)

    def wait_for(self, count):
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.rows) >= count, timeout=30)

    def objects(self):
        return [row.object for row in self.rows]


def noted(count, at=0):
    return [entry(number) for number in range(at, at + count)]


@pytest.fixture
def table():
    return Rows()


@pytest.fixture
def make(table):
    made = []

    def make_log(**options):
        made.append(AuditLog(table, SECRET, **({"rest_s": 0.01} | options)))
        return made[-1]

    yield make_log
    table.error = None
    for log in made:
        log.close()


def test_what_is_noted_is_written_in_order_by_a_thread(table, make):
    log = make()
    log.start()
    for one in noted(5):
        log.note(one)
    table.wait_for(5)
    for one in noted(5, at=5):
        log.note(one)
    table.wait_for(10)
    assert table.objects() == [one.object for one in noted(10)]


def test_accesses_wait_for_one_another(table, make):
    """A transaction for each would cost more than the requests."""
    log = make(rest_s=3600.0)
    log.start()
    for one in noted(199):
        log.note(one)
    assert table.rows == []
    log.note(entry(199))
    table.wait_for(200)
    assert len(table.parts) <= 2


def test_an_act_is_written_before_it_returns(table, make):
    log = make(rest_s=3600.0)
    log.act(entry(1, action="key.created"))
    assert [row.action for row in table.rows] == ["key.created"]


def test_an_act_that_cannot_be_written_fails(table, make):
    table.error = AWAY
    with pytest.raises(BusyError):
        make().act(entry())


def test_what_waits_is_written_at_the_end(table, make):
    log = make(rest_s=3600.0)
    log.start()
    for one in noted(3):
        log.note(one)
    log.close()
    assert len(table.rows) == 3


def test_what_was_noted_without_a_thread_is_written_at_the_end(table, make):
    log = make()
    log.note(entry())
    log.close()
    assert len(table.rows) == 1


@pytest.mark.parametrize("error", [AWAY, RuntimeError("on purpose")])
def test_entries_wait_until_the_database_is_back(table, make, error, monkeypatch):
    monkeypatch.setattr("studio_detector.service.audit.log._AGAIN_S", 0.01)
    log = make()
    table.error = error
    log.start()
    for one in noted(500):
        log.note(one)
    table.error = None
    table.wait_for(500)
    assert table.objects() == [one.object for one in noted(500)]


@pytest.mark.parametrize("error", [None, AWAY])
def test_what_is_noted_while_others_are_written_comes_after_them(table, make, error):
    log = make()
    append = table.append

    def append_and_note(*more):
        table.append = append
        log.note(entry(1))
        if error is not None:
            raise error
        append(*more)

    table.append = append_and_note
    log.note(entry(0))
    log.close()
    assert table.objects() == [one.object for one in noted(2)]


def test_what_is_lost_is_counted_and_said(table, make, caplog):
    log = make(most_waiting=10)
    table.error = AWAY
    with caplog.at_level(logging.ERROR):
        for one in noted(17):
            log.note(one)
    assert len(caplog.records) == 1
    table.error = None
    log.close()
    assert [(row.action, row.object) for row in table.rows[10:]] == [("audit.lost", "7")]
    log.note(entry())
    log.close()
    assert len(table.rows) == 12


def test_what_cannot_be_written_at_the_end_is_said(table, make, caplog):
    log = make(closing_s=0.0)
    for one in noted(3):
        log.note(one)
    table.error = AWAY
    log.close()
    assert "3 entries of the audit log were lost" in caplog.text


def test_the_setting_turns_the_log_off(tmp_path):
    place = Place(f"sqlite:///{tmp_path}/audit.db")
    assert isinstance(open_audit(ServiceSettings(), place.store, SECRET), AuditLog)
    log = open_audit(ServiceSettings(audit=False), place.store, SECRET)
    assert isinstance(log, NoAudit)
    log.start()
    log.note(entry())
    log.act(entry())
    log.close()
    assert place.rows() == []
    place.close()
