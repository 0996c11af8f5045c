"""Parts of a worker with what erases beside them."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from picture_files import picture_files
from service_workers import open_parts
from studio_detector.service.audit.log import NoAudit
from studio_detector.service.erasure.erase import Eraser
from studio_detector.service.erasure.journal import JOURNAL_FILE, Journal
from studio_detector.service.intake.subject_tags import SubjectTags
from studio_detector.service.intake.watch import JobWatch
from studio_detector.service.queues.leases import Leases
from studio_detector.service.queues.patience import Patience
from studio_detector.service.queues.work import run_job
from studio_detector.service.store.tables import METADATA

TAGS = SubjectTags(b"a key of tests")
_TELLING = {"erasures", "audit_log", "audit_head", "master_keys"}


def eraser_of(parts, folder, **others):
    """What erases from parts; its journal lies in the folder."""
    made = {
        "store": parts.store,
        "blobs": parts.blobs,
        "cache": parts.cache,
        "similar": parts.similar,
        "watch": JobWatch(parts.store),
        "journal": Journal(folder / JOURNAL_FILE),
        "audit": NoAudit(),
        "tags": TAGS,
    }
    return Eraser(**(made | others))


def stored(parts):
    """Table -> rows, of those that have any and do not tell of erasures."""
    found = {
        table.name: parts.store._db.read(lambda tx, table=table: tx.execute(select(table)).all())
        for table in METADATA.sorted_tables
        if table.name not in _TELLING
    }
    return {name: rows for name, rows in found.items() if rows}


def bytes_kept(folder):
    """Files of pictures."""
    return picture_files(folder / "pictures")


@pytest.fixture
def parts(tmp_path):
    parts = open_parts(tmp_path)
    yield parts
    parts.close()


@pytest.fixture
def eraser(parts, tmp_path):
    return eraser_of(parts, tmp_path)


@pytest.fixture
def run(parts):
    """Try a job once."""
    leases = Leases(parts.store.jobs, parts.settings.lease_s)
    patience = Patience(threading.Event(), most_s=0.1)
    return lambda job: run_job(parts, leases, patience, job.id)


@pytest.fixture
def nothing_left(parts, tmp_path):
    """Make sure that there is nothing of any picture."""

    def check():
        assert stored(parts) == {}
        assert bytes_kept(tmp_path) == []
        assert not parts.cache._entries
        parts.similar.catch_up(parts.store.results.hashes_after)
        assert len(parts.similar) == 0

    return check
