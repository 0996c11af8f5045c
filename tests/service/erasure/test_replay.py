"""A database that was restored from a backup forgets again what was erased since."""

from __future__ import annotations

import shutil
from functools import partial

import pytest

from kept_pictures import file, sha256
from service.erasure.conftest import TAGS, bytes_kept, eraser_of, stored
from service_workers import open_parts
from studio_detector.config.load import settings_from_values
from studio_detector.errors import BusyError
from studio_detector.pipeline.settings import Settings
from studio_detector.service.audit.log import AuditLog, NoAudit
from studio_detector.service.erasure.journal import JOURNAL_FILE, Journal
from studio_detector.service.intake.watch import JobWatch
from studio_detector.service.intake.wishes import Wishes
from studio_detector.service.parts import open_parts as open_service
from studio_detector.service.secret import ServiceSecret
from studio_detector.service.settings import ServiceSettings

BASE = Settings(model="rules")


class Backed:
    """A service whose database and pictures can be copied and put back.

    Attributes:
        parts: Open now.
    """

    def __init__(self, folder):
        self._folder = folder
        self._backup = folder.parent / "backup"
        self.parts = open_parts(folder)

    @property
    def eraser(self):
        return eraser_of(self.parts, self._folder)

    def back_up(self):
        self.parts.store.erasures.scrub()
        shutil.copytree(self._folder, self._backup, ignore=shutil.ignore_patterns(JOURNAL_FILE))

    def restore(self):
        """Everything as it was, but for the journal, which lies elsewhere."""
        self.parts.close()
        for old in self._folder.glob("service.db*"):
            old.unlink()
        shutil.rmtree(self._folder / "pictures")
        shutil.copytree(self._backup, self._folder, dirs_exist_ok=True)
        self.parts = open_parts(self._folder)


@pytest.fixture
def backed(tmp_path):
    (tmp_path / "data").mkdir()
    backed = Backed(tmp_path / "data")
    yield backed
    backed.parts.close()


def _accept(backed, word, tag="anna"):
    (job,) = backed.parts.accept(word, subject=TAGS.hashed("default", tag))
    claimed = backed.parts.store.jobs.claim(job.id, "me")
    backed.parts.store.jobs.fail(job.id, claimed.lease_token, "corrupt", "it is", is_passing=False)
    return job


@pytest.mark.parametrize("way", ["picture", "job", "subject", "tenant"])
def test_what_was_erased_after_the_backup_is_erased_again(backed, tmp_path, way):
    job = _accept(backed, b"good 1")
    backed.back_up()
    {
        "picture": lambda: backed.eraser.picture("default", job.image_hash),
        "job": lambda: backed.eraser.job("default", job.id),
        "subject": lambda: backed.eraser.subject("default", "anna"),
        "tenant": lambda: backed.eraser.everything("default"),
    }[way]()
    assert stored(backed.parts) == {}
    backed.restore()
    assert stored(backed.parts)
    assert bytes_kept(tmp_path / "data")

    assert backed.eraser.replay() == 1

    assert stored(backed.parts) == {}
    assert bytes_kept(tmp_path / "data") == []
    assert backed.eraser.replay() == 0


def test_what_was_erased_before_the_backup_is_not_erased_again(backed):
    job = _accept(backed, b"good 1")
    backed.eraser.picture("default", job.image_hash)
    _accept(backed, b"good 1")
    backed.back_up()
    backed.restore()
    assert backed.eraser.replay() == 0
    assert len(stored(backed.parts)["jobs"]) == 1


def test_what_was_sent_anew_since_the_erasure_stays(backed):
    """Also where the journal of another machine is replayed late."""
    _accept(backed, b"good 1")
    backed.back_up()
    backed.eraser.subject("default", "anna")
    backed.restore()
    again = _accept(backed, b"good 1")
    assert len(stored(backed.parts)["jobs"]) == 2

    assert backed.eraser.replay() == 1

    assert [row.id for row in stored(backed.parts)["jobs"]] == [again.id]
    assert backed.parts.blobs.get(f"default/{again.image_hash}") == b"good 1"


def test_an_erasure_that_a_crash_cut_short_is_finished_by_the_next_start(backed, monkeypatch):
    """It is in the journal before anything is erased."""
    for number in range(3):
        _accept(backed, f"good {number}".encode())
    eraser = backed.eraser

    def crash(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(type(backed.parts.store.erasures), "erase", crash)
        with pytest.raises(KeyboardInterrupt):
            eraser.everything("default")
    assert len(stored(backed.parts)["jobs"]) == 3
    assert backed.eraser.replay() == 1
    assert stored(backed.parts) == {}


def test_journals_of_several_machines_are_replayed_together(backed, tmp_path):
    first, second = _accept(backed, b"good 1"), _accept(backed, b"good 2")
    backed.back_up()
    files = [tmp_path / "one.jsonl", tmp_path / "two.jsonl"]
    for path, job in zip(files, (first, second), strict=True):
        eraser = eraser_of(backed.parts, tmp_path, journal=Journal(path), audit=NoAudit())
        eraser.picture("default", job.image_hash)
    backed.restore()
    given = [erasure for path in files for erasure in Journal(path).read()]
    assert backed.eraser.replay([*given, *given]) == 2
    assert stored(backed.parts) == {}


def test_a_service_that_starts_on_a_restored_database_forgets_before_it_answers(tmp_path):
    def opened():
        return open_service(
            ServiceSettings(workers=1, keep_pictures_s=600.0),
            BASE,
            tmp_path / "data",
            partial(settings_from_values, BASE, place="variants.toml"),
            serves=True,
        )

    def post(parts, number):
        wishes = Wishes(subject="anna")
        return parts.intake.picture(file(number), wishes, tenant="default").id

    with opened() as parts:
        post(parts, 1)
    shutil.copyfile(tmp_path / "data" / "studio.db", tmp_path / "backup.db")
    with opened() as parts:
        parts.eraser.picture("default", sha256(file(1)))
        kept = post(parts, 2)
    assert not list((tmp_path / "data").glob("studio.db-*"))
    shutil.copyfile(tmp_path / "backup.db", tmp_path / "data" / "studio.db")
    with opened() as parts:
        assert parts.store.jobs.find("default").items == ()
        assert parts.store.results.find("default").items == ()
        assert [noted.kind for noted in parts.store.erasures.find()] == ["picture"]
        acts = [row.action for row in parts.store.audit.after(0, 999)]
        assert "again.picture" in acts
        assert post(parts, 1) != kept


class NoPlace(NoAudit):
    """A log that cannot be written on."""

    def act(self, _entry):
        raise BusyError("the log is away", code="store_unavailable")


def test_what_could_not_be_told_to_the_log_is_erased_again_and_told(backed, tmp_path):
    """No erasure is done for good without a row about it."""
    job = _accept(backed, b"good 1")
    eraser = eraser_of(backed.parts, tmp_path / "data", audit=NoPlace())

    with pytest.raises(BusyError):
        eraser.picture("default", job.image_hash)

    assert [] == backed.parts.store.erasures.find()
    assert 1 == backed.eraser.replay()
    assert stored(backed.parts) == {}


def test_a_process_that_dies_after_the_last_part_has_told_the_log(backed, tmp_path, monkeypatch):
    """The row is written with that part, and not after what follows."""
    job = _accept(backed, b"good 1")
    log = AuditLog(backed.parts.store.audit, ServiceSecret("s" * 32))
    eraser = eraser_of(backed.parts, tmp_path / "data", audit=log)

    def crash(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(JobWatch, "erased", crash)
        with pytest.raises(KeyboardInterrupt):
            eraser.picture("default", job.image_hash)

    acts = [row.action for row in backed.parts.store.audit.after(0, 999)]
    assert ["erased.picture"] == acts
    assert 1 == len(backed.parts.store.erasures.find())
