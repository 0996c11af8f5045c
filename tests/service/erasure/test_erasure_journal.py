"""The journal: what was written is read again, whatever happened to the file in between."""

from __future__ import annotations

import json
import os
import stat
import sys
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.store.store_examples import at_once
from studio_detector.errors import OutputError
from studio_detector.service.erasure.journal import Journal
from studio_detector.service.records import Erasure

HASH = "0a" * 32
_OBJECTS = {
    "picture": st.text("0123456789abcdef", min_size=64, max_size=64),
    "job": st.uuids().map(str),
    "subject": st.text("0123456789abcdef", min_size=64, max_size=64),
    "tenant": st.just(""),
}
_MOMENTS = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001 - given a zone below
    datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
ERASURES = st.sampled_from(sorted(_OBJECTS)).flatmap(
    lambda kind: st.builds(
        Erasure,
        id=st.uuids(),
        tenant=st.from_regex(r"[a-z0-9][a-z0-9._-]{0,63}", fullmatch=True),
        kind=st.just(kind),
        object=_OBJECTS[kind],
        erased_at=_MOMENTS,
    )
)


def erasure(**changes):
    known = {
        "id": uuid4(),
        "tenant": "default",
        "kind": "picture",
        "object": HASH,
        "erased_at": datetime(2026, 11, 30, 12, tzinfo=UTC),
    }
    return Erasure(**(known | changes))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "erasures.jsonl"


@given(many=st.lists(ERASURES, max_size=5))
def test_what_was_added_is_read_in_its_order(tmp_path_factory, many):
    journal = Journal(tmp_path_factory.mktemp("journal") / "erasures.jsonl")
    for one in many:
        journal.add(one)
    assert list(journal.read()) == many


def test_a_journal_that_was_never_written_is_empty(path):
    assert list(Journal(path).read()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such rights")
def test_nobody_else_may_read_it(path):
    Journal(path).add(erasure())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_it_is_on_the_disk_before_anything_is_erased(path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(os.fstat(handle)))
    Journal(path).add(erasure())
    # As it was when it was synced, with its line; and the folder, in which its name is new.
    assert path.stat().st_size in [told.st_size for told in synced if stat.S_ISREG(told.st_mode)]
    assert any(stat.S_ISDIR(told.st_mode) for told in synced) or os.name != "posix"


def test_a_line_that_a_power_failure_cut_spoils_no_other(path, caplog):
    first, second = erasure(), erasure()
    journal = Journal(path)
    journal.add(first)
    whole = path.read_bytes()
    journal.add(erasure())
    path.write_bytes(path.read_bytes()[: len(whole) + 20])
    journal.add(second)
    assert list(journal.read()) == [first, second]
    assert "line 2 of" in caplog.text


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "everything"},
        {"kind": 7},
        {"id": "no id"},
        {"object": "../../etc/passwd"},
        {"object": None},
        {"tenant": "../other"},
        {"erased_at": "yesterday"},
        {"kind": "job", "object": HASH},
    ],
)
def test_what_is_no_line_of_ours_is_left_out(path, change):
    """Somebody may have edited the file; nothing outside of the pictures is named by it."""
    journal = Journal(path)
    journal.add(erasure())
    line = json.loads(path.read_text())
    path.write_text(json.dumps(line | change) + "\n[]\nnull\n\n" + "[" * 10_000 + "\n")
    assert list(journal.read()) == []


@given(junk=st.binary(max_size=200))
def test_any_bytes_are_read_without_a_defect(tmp_path_factory, junk):
    path = tmp_path_factory.mktemp("junk") / "erasures.jsonl"
    path.write_bytes(junk)
    assert list(Journal(path).read()) == []


def test_a_moment_without_a_zone_is_taken_as_utc(path):
    Journal(path).add(erasure())
    path.write_text(path.read_text().replace("+00:00", ""))
    (found,) = Journal(path).read()
    assert found.erased_at == datetime(2026, 11, 30, 12, tzinfo=UTC)


def test_many_write_at_once_and_no_line_is_torn(path):
    journal = Journal(path)
    many = [erasure(erased_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(n)) for n in range(32)]
    at_once(32, lambda number: journal.add(many[number]))
    assert {one.id for one in journal.read()} == {one.id for one in many}
    assert all(isinstance(one.id, UUID) for one in journal.read())


def test_what_cannot_be_written_or_read_is_said(tmp_path):
    with pytest.raises(OutputError, match="nothing was erased"):
        Journal(tmp_path / "missing" / "erasures.jsonl").add(erasure())
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(OutputError, match="cannot be read"):
        list(Journal(tmp_path / "folder.jsonl").read())


def test_a_line_that_a_full_disk_cut_is_said_and_spoils_no_other(path, monkeypatch):
    journal, write = Journal(path), os.write
    journal.add(erasure())
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda handle, data: write(handle, data[:20]))
        with pytest.raises(OutputError, match="nothing was erased"):
            journal.add(erasure())
    last = erasure()
    journal.add(last)
    assert [one.id for one in journal.read()][1:] == [last.id]
